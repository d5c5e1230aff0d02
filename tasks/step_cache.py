"""The step cache: the record by which the next run finds what a step has made.

A step's key is the digest of its name, of the code it can reach, of the locked versions and of its
inputs by content. The record, written last, makes the step done for that key.
"""

import functools
import json
import threading
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from edgeline.code import code_digest
from edgeline.digest import digest_of
from edgeline.files import read_json, write_json
from edgeline.recipe.section import Section
from edgeline.workspace import lock_digest
from tasks.run import Run
from tasks.step_result import StepResult, identity

R = TypeVar("R")

_journal_lock = threading.Lock()


def key_of(name: str, module: str, run: Run, inputs: list[Any]) -> str:
    """Digest of all that the result of a step follows from."""
    return digest_of(
        {
            "step": name,
            "code": _code_of(module, run.root),
            "lock": lock_digest(run.root),
            "inputs": described(inputs),
        }
    )


def recall(run: Run, name: str, key: str, report_type: TypeAdapter[R]) -> StepResult[R] | None:
    """The result of an earlier run for the same key, if its files are still what they were.

    A record that is damaged, or that points out of the project, counts as none.
    """
    record = read_json(_record(run, name, key))
    if record is None:
        return None
    try:
        path, digest = run.root / record["path"], str(record["digest"])
        report = report_type.validate_python(record["report"])
        parents = (*map(str, record["parents"]),)
        seconds = float(record["seconds"])
    except (KeyError, TypeError, ValueError):
        return None
    inside = path.resolve().is_relative_to(run.root) and path.exists()
    if not inside or identity(path) != digest:
        return None
    return StepResult(name, path, digest, parents, report, seconds, reused=True)


def remember(run: Run, result: StepResult[Any], key: str) -> None:
    """Write the record by which `recall` finds the result."""
    write_json(_record(run, result.step, key), _to_json(run, result))


def note_use(run: Run, result: StepResult[Any], key: str) -> None:
    """Add a line to the journal of the run; steps may end in several threads at once."""
    line = json.dumps({**_to_json(run, result), "key": key, "reused": result.reused})
    with _journal_lock, run.journal.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def parents_of(inputs: list[Any]) -> tuple[str, ...]:
    """Digests of the results among the inputs of a step, each once."""
    return tuple(
        dict.fromkeys(item.digest for item in _flat(inputs) if isinstance(item, StepResult))
    )


@functools.cache
def _code_of(module: str, root: Path) -> str:
    """What a module does; a run does not look twice."""
    return code_digest(root, [module])


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


def _to_json(run: Run, result: StepResult[Any]) -> dict[str, Any]:
    return {
        "step": result.step,
        "path": run.workspace.relative(result.path),
        "digest": result.digest,
        "parents": list(result.parents),
        "report": asdict(result.report),
        "seconds": round(result.seconds, 3),
    }


def _record(run: Run, name: str, key: str) -> Path:
    return run.workspace.step(name, key).with_suffix(".json")


def _flat(values: list[Any]) -> list[Any]:
    nested = (_flat(list(one)) if isinstance(one, list | tuple) else [one] for one in values)
    return [item for items in nested for item in items]
