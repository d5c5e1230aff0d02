"""dvc.lock: which content DVC recorded for every stage, by MD5; a note, never proof of anything."""

from hashlib import md5
from pathlib import Path
from typing import Any

from edgeline.datasets import card
from edgeline.errors import EdgelineError
from edgeline.files import write_atomically

STAGES = ("fetch", "prepare", "partition")
"""In dvc.yaml, each once per recipe: fetch@NAME and so on. The last one writes the card."""

LOCK = "dvc.lock"


def addresses(name: str) -> list[str]:
    """The stages of recipe `name`, as dvc.yaml and dvc.lock call them."""
    return [f"{stage}@{name}" for stage in STAGES]


def recorded(root: Path, name: str) -> dict[str, Any]:
    """What dvc.lock holds about the stages of recipe `name`, in their order."""
    stages = _read(root)["stages"]
    return {address: stages[address] for address in addresses(name) if address in stages}


def record(root: Path, stages: dict[str, Any]) -> None:
    """Put these stages into dvc.lock, as DVC would write them; the others stay as they are."""
    from dvc.utils.serialize import dumps_yaml

    lock = _read(root)
    lock["stages"].update(stages)
    write_atomically(root / LOCK, dumps_yaml(lock))


def outputs(stages: dict[str, Any]) -> dict[str, str]:
    """MD5 by path of all that the stages made, in the order of the stages."""
    return {
        out["path"]: str(out["md5"]) for stage in stages.values() for out in stage.get("outs", [])
    }


def recorded_card(root: Path, name: str) -> str | None:
    """MD5 of the card in dvc.lock; nothing where the data were never recorded."""
    return outputs(recorded(root, name)).get(f"data/{name}/{card.CARD}")


def md5_of(path: Path) -> str:
    """DVC's name for a content."""
    with path.open("rb") as file:
        digest = md5(usedforsecurity=False)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read(root: Path) -> dict[str, Any]:
    """By DVC's own rules: to other readers of YAML a class named `no` is not a name."""
    from dvc.utils.serialize import YAMLError, parse_yaml

    try:
        lock = parse_yaml((root / LOCK).read_text(encoding="utf-8"), LOCK)
    except FileNotFoundError:
        return {"schema": "2.0", "stages": {}}
    except (YAMLError, UnicodeDecodeError):
        lock = None
    if _is_lock(lock):
        return dict(lock)
    raise EdgelineError(
        expected=f"{LOCK} as DVC writes it",
        found="something else",
        remedy="restore the file from git; without it, `dvc repro` writes a new one",
    )


def _is_lock(lock: Any) -> bool:
    stages = lock.get("stages") if isinstance(lock, dict) else None
    return isinstance(stages, dict) and all(
        isinstance(stage, dict) and all(map(_is_output, stage.get("outs", [])))
        for stage in stages.values()
    )


def _is_output(out: Any) -> bool:
    return isinstance(out, dict) and "path" in out and "md5" in out
