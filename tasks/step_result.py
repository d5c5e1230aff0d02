"""What a step leaves behind, known by its content, and the record by which the next run finds it again.

A step's key is the digest of its name, of the code it can reach, of the locked versions and of its
inputs by content. The record, written last, makes the step done for that key.
"""

import functools
import sys
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, Generic

import grimp
from pydantic import TypeAdapter
from typing_extensions import TypeVar

import edgeline  # noqa: F401  (its sources are read)
from edgeline.digest import digest_of, folder_digests, sha256_file
from edgeline.files import read_json, write_json
from edgeline.recipe.section import Section
from edgeline.workspace import lock_digest
from tasks.run import Run

R = TypeVar("R", default=Any)


@dataclass(frozen=True)
class StepResult(Generic[R]):
    """A file or folder known by its content, and the report on how it came about."""

    step: str
    path: Path
    digest: str
    parents: tuple[str, ...]
    """Digests of the products it was made from: its lineage, one step back."""
    report: R
    seconds: float
    reused: bool

    @classmethod
    def of(
        cls, step: str, path: Path, parents: tuple[str, ...], report: R, seconds: float
    ) -> "StepResult[R]":
        """What a step has just made."""
        return cls(step, path, identity(path), parents, report, seconds, reused=False)

    def to_json(self, run: Run) -> dict[str, Any]:
        report: Any = self.report
        return {
            "step": self.step,
            "path": run.workspace.relative(self.path),
            "digest": self.digest,
            "parents": list(self.parents),
            "report": asdict(report),
            "seconds": round(self.seconds, 3),
        }


def key_of(name: str, module: str, run: Run, inputs: list[Any]) -> str:
    """Digest of all that the result of a step follows from."""
    return digest_of(
        {
            "step": name,
            "code": code_digest(module),
            "lock": lock_digest(run.root),
            "inputs": described(inputs),
        }
    )


def recall(run: Run, name: str, key: str, report_type: TypeAdapter[R]) -> StepResult[R] | None:
    """The product of an earlier run for the same key, if its files are still what they were.

    A record that is damaged, or that points out of the project, counts as none.
    """
    record = read_json(_record(run, name, key))
    if record is None:
        return None
    try:
        path, digest = run.root / record["path"], str(record["digest"])
        report = report_type.validate_python(record["report"])
        known = (*map(str, record["parents"]),)
        seconds = float(record["seconds"])
    except (KeyError, TypeError, ValueError):
        return None
    inside = path.resolve().is_relative_to(run.root) and path.exists()
    if not inside or identity(path) != digest:
        return None
    return StepResult(name, path, digest, known, report, seconds, reused=True)


def remember(run: Run, product: StepResult, key: str) -> None:
    """Write the record by which `recall` finds the product."""
    write_json(_record(run, product.step, key), product.to_json(run))


def identity(path: Path) -> str:
    """Digest of a file, or of a folder: by its manifest or card if it has one, else by its files."""
    if path.is_file():
        return sha256_file(path)
    lists = [path / name for name in ("manifest.json", "card.json") if (path / name).is_file()]
    return sha256_file(lists[0]) if lists else digest_of(dict(folder_digests(path)))


def parents(inputs: list[Any]) -> tuple[str, ...]:
    """Digests of the products among the inputs of a step, each once."""
    return tuple(
        dict.fromkeys(item.digest for item in _flat(inputs) if isinstance(item, StepResult))
    )


@functools.cache
def code_digest(module: str) -> str:
    """SHA-256 over the sources of a module and of every project module that it can reach."""
    graph = grimp.build_graph("edgeline", "tasks", cache_dir=None)
    reached = sorted({module} | graph.find_upstream_modules(module))
    return digest_of([[name, sha256_file(_source(name))] for name in reached])


def described(value: Any) -> Any:
    """An input as canonical JSON can hold it: by content, never by path."""
    match value:
        case StepResult():
            return {"product": value.digest}
        case Section():
            return value.model_dump_json()
        case list() | tuple():
            return [described(item) for item in value]
        case dict():
            return {key: described(item) for key, item in value.items()}
        case float():
            return repr(value)
        case None | bool() | int() | str():
            return value
    if is_dataclass(value) and not isinstance(value, type):
        return described(asdict(value))
    raise TypeError(f"the input of a step must be known by its content; {value!r} is not")


def _source(module: str) -> Path:
    package, *rest = module.split(".")
    stem = Path(str(sys.modules[package].__file__)).parent.joinpath(*rest)
    is_file = rest and stem.with_suffix(".py").is_file()
    return stem.with_suffix(".py") if is_file else stem / "__init__.py"


def _record(run: Run, name: str, key: str) -> Path:
    return run.workspace.step(name, key).with_suffix(".json")


def _flat(values: list[Any]) -> list[Any]:
    nested = (_flat(list(one)) if isinstance(one, list | tuple) else [one] for one in values)
    return [item for items in nested for item in items]
