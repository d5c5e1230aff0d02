"""The step cache: the record by which the next run finds what a step has made.

A step's key is the digest of its name, of the code it can reach, of the locked versions and of its
inputs by content. The record, written last, makes the step done for that key.
"""

import functools
import json
import threading
from dataclasses import asdict, is_dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from prefect import get_run_logger
from pydantic import TypeAdapter

from edgeline.code import code_digest
from edgeline.digest import digest_of
from edgeline.errors import Tampered
from edgeline.keyed_record import read_record, write_record
from edgeline.recipe.section import Section
from edgeline.workspace import lock_digest
from tasks.run import Run
from tasks.step_result import StepResult, identity
from tasks.watch import watcher

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


def recall(
    run: Run, name: str, key: str, result_type: TypeAdapter[StepResult[R]]
) -> StepResult[R] | None:
    """The result of an earlier run for the same key, if its files are still what they were.

    A record that is damaged, that points out of the project, or that others wrote counts as none.
    """
    try:
        record = read_record(run.workspace, _record(run, name, key)) or {}
        recorded = result_type.validate_python({**record, "reused": True})
    except Tampered as error:
        watcher().note(f"{name} is done again: {error}")
        get_run_logger().warning("done again: %s", error)
        return None
    except ValueError:
        return None
    result = replace(recorded, path=run.root / recorded.path)
    inside = result.path.resolve().is_relative_to(run.root) and result.path.exists()
    return result if inside and identity(result.path) == result.digest else None


def remember(run: Run, result: StepResult[Any], key: str) -> None:
    """Write the record by which `recall` finds the result."""
    write_record(run.workspace, _record(run, result.step, key), _to_json(run, result))


def note_use(run: Run, result: StepResult[Any], key: str) -> None:
    """Add a line to the journal of the run; steps may end in several threads at once."""
    line = json.dumps({**_to_json(run, result), "key": key})
    with _journal_lock, run.journal.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def parents_of(inputs: list[Any]) -> tuple[str, ...]:
    """Digests of the results among the inputs of a step, each once."""
    items = chain.from_iterable(one if isinstance(one, list) else [one] for one in inputs)
    return tuple(dict.fromkeys(item.digest for item in items if isinstance(item, StepResult)))


@functools.cache
def _code_of(module: str, root: Path) -> str:
    """What a module does; a run does not look twice."""
    return code_digest(root, [module])


def described(inputs: Any) -> str:
    """The inputs of a step as JSON: by content, never by path."""
    return json.dumps(inputs, default=_content, sort_keys=True)


def _content(value: Any) -> Any:
    """What stands for a value of which JSON knows nothing."""
    match value:
        case StepResult():
            return {"product": value.digest}
        case Section():
            return value.model_dump_json()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"the input of a step must be known by its content; {value!r} is not")


def _to_json(run: Run, result: StepResult[Any]) -> dict[str, Any]:
    return {**asdict(result), "path": run.workspace.relative(result.path)}


def _record(run: Run, name: str, key: str) -> Path:
    return run.workspace.step(name, key).with_suffix(".json")
