"""What every step has in common: a key of its inputs, a record that saves doing it twice, a run in MLflow.

A step is a function `(run, inputs...) -> (path, report)`. Its key is the digest of its name, of the code it can
reach, of the locked versions and of its inputs by content. A record, written last, makes it done for that key.
"""

import functools
import inspect
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, Generic, get_args, get_type_hints

import grimp
from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from pydantic import TypeAdapter
from typing_extensions import TypeVar

import edgeline  # noqa: F401  (its sources are read)
from edgeline.digest import digest_of, folder_digests, sha256_file
from edgeline.recipe.section import Section
from edgeline.workspace import lock_digest, read_json, write_json
from tasks import tracking
from tasks.run import Run
from tasks.watch import watcher

R = TypeVar("R", default=Any)
Step = Callable[..., tuple[Path, R]]

_journal_lock = threading.Lock()


@dataclass(frozen=True)
class Product(Generic[R]):
    """What a step left behind: a file or folder known by its content, and the report on how it came about."""

    step: str
    path: Path
    digest: str
    parents: tuple[str, ...]
    """Digests of the products it was made from: its lineage, one step back."""
    report: R
    seconds: float
    reused: bool


def step(
    name: str, *, reuse: bool = True, beside: tuple[str, ...] = ()
) -> Callable[[Step[R]], Task[..., Product[R]]]:
    """Make a step function a Prefect task that is done once for the same inputs.

    `reuse=False` is for steps that ask or tell a service, and must do so each time. `beside` names arguments
    that follow from the others, and are therefore no part of the key.
    """

    def decorate(function: Step[R]) -> Task[..., Product[R]]:
        report_type: TypeAdapter[R] = TypeAdapter(get_args(get_type_hints(function)["return"])[1])
        signature = inspect.signature(function)

        @functools.wraps(function)
        def perform(*args: Any, **kwargs: Any) -> Product[R]:
            given = signature.bind(*args, **kwargs).arguments
            run, inputs = (
                given["run"],
                {name: value for name, value in given.items() if name not in ("run", *beside)},
            )
            key = step_key(name, function.__module__, lock_digest(run.root), list(inputs.values()))
            watcher().started(name)
            product = recall(run, name, key, report_type) if reuse and not run.force else None
            product = product or _carry_out(function, name, key, run, given, parents(inputs))
            _enter(run, product, key)
            watcher().finished(name, figure(product.report), product.seconds, product.reused)
            return product

        return task(name=name, task_run_name=name, cache_policy=NO_CACHE)(perform)

    return decorate


def parents(inputs: dict[str, Any]) -> tuple[str, ...]:
    """Digests of the products among a step's inputs, each once."""
    return tuple(
        dict.fromkeys(
            item.digest for item in _flat(list(inputs.values())) if isinstance(item, Product)
        )
    )


def _carry_out(
    function: Step[R],
    name: str,
    key: str,
    run: Run,
    given: dict[str, Any],
    made_from: tuple[str, ...],
) -> Product[R]:
    begun = time.monotonic()
    folder = run.workspace.step(name, key)
    folder.mkdir(parents=True, exist_ok=True)
    with tracking.child(run.flow_run, name) as tracked:
        path, report = function(**{**given, "run": replace(run, tracked=tracked, folder=folder)})
        tracking.log_report(tracked, report)
    # a report knows better where its step began before this function was called, as a round with its clients
    seconds = getattr(report, "seconds", time.monotonic() - begun)
    product = Product(name, path, identity(path), made_from, report, seconds, reused=False)
    write_json(_record(run, name, key), _as_json(run, product))
    return product


def recall(run: Run, name: str, key: str, report_type: TypeAdapter[R]) -> Product[R] | None:
    """The product of an earlier run for the same key, if its files are still what they were."""
    record = read_json(_record(run, name, key))
    if record is None:
        return None
    path = run.root / record["path"]
    if not path.exists() or identity(path) != record["digest"]:
        return None
    report = report_type.validate_python(record["report"])
    return Product(
        name,
        path,
        record["digest"],
        tuple(record["parents"]),
        report,
        record["seconds"],
        reused=True,
    )


def step_key(name: str, module: str, locked: str, inputs: list[Any]) -> str:
    """Digest of all that a step's result follows from."""
    return digest_of(
        {"step": name, "code": code_digest(module), "lock": locked, "inputs": _described(inputs)}
    )


@functools.cache
def code_digest(module: str) -> str:
    """SHA-256 over the sources of a module and of every project module that it imports, directly or not."""
    graph = grimp.build_graph("edgeline", "tasks", cache_dir=None)
    reached = sorted({module} | graph.find_upstream_modules(module))
    return digest_of([[name, sha256_file(_source(name))] for name in reached])


def _source(module: str) -> Path:
    package, *rest = module.split(".")
    stem = Path(str(sys.modules[package].__file__)).parent.joinpath(*rest)
    return (
        stem.with_suffix(".py")
        if rest and stem.with_suffix(".py").is_file()
        else stem / "__init__.py"
    )


def identity(path: Path) -> str:
    """Digest of a file, or of a folder: by its manifest or card where it has one, else by all its files."""
    if path.is_file():
        return sha256_file(path)
    listed = next(
        (path / name for name in ("manifest.json", "card.json") if (path / name).is_file()), None
    )
    return sha256_file(listed) if listed else digest_of(dict(folder_digests(path)))


def figure(report: Any) -> str:
    """The one word on a report that fits a progress line."""
    return str(report.figure) if hasattr(report, "figure") else ""


def _enter(run: Run, product: Product[Any], key: str) -> None:
    line = json.dumps(
        {**_as_json(run, product), "key": key, "reused": product.reused}, sort_keys=True
    )
    with _journal_lock, run.journal.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _as_json(run: Run, product: Product[Any]) -> dict[str, Any]:
    return {
        "step": product.step,
        "path": run.workspace.relative(product.path),
        "digest": product.digest,
        "parents": list(product.parents),
        "report": asdict(product.report),
        "seconds": round(product.seconds, 3),
        "run": run.name,
    }


def _record(run: Run, name: str, key: str) -> Path:
    return run.workspace.step(name, key).with_suffix(".json")


def _flat(values: list[Any]) -> list[Any]:
    return [
        item
        for value in values
        for item in (_flat(list(value)) if isinstance(value, list | tuple) else [value])
    ]


def _described(value: Any) -> Any:
    """An input as canonical JSON can hold it: by content, never by path."""
    match value:
        case Product():
            return {"product": value.digest}
        case Section():
            return value.model_dump_json()
        case list() | tuple():
            return [_described(item) for item in value]
        case dict():
            return {key: _described(item) for key, item in value.items()}
        case None | bool() | int() | str():
            return value
        case float():
            return repr(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _described(item) for key, item in asdict(value).items()}
    raise TypeError(f"a step's input must be known by its content; {type(value).__name__} is not")
