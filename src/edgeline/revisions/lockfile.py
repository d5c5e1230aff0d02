"""dvc.lock: the MD5 that DVC recorded for every stage; a note for DVC, never a proof."""

from functools import partial
from hashlib import file_digest, md5
from pathlib import Path
from typing import Any

from edgeline.datasets import card
from edgeline.errors import EdgelineError
from edgeline.files import write_atomically

STAGES = ("fetch", "prepare", "partition")
"""In dvc.yaml, each once per recipe: fetch@NAME and so on. The last one writes the card."""

CODE = "code"
"""The stage before all of these, which any of them depends on; it serves every recipe."""

LOCK = "dvc.lock"


def addresses(name: str) -> list[str]:
    """The stages of recipe `name`, as dvc.yaml and dvc.lock call them."""
    return [f"{stage}@{name}" for stage in STAGES]


def read_stages(root: Path, name: str) -> dict[str, Any]:
    """What dvc.lock holds about the stages of recipe `name`, in their order."""
    stages = _read(root)["stages"]
    return {address: stages[address] for address in addresses(name) if address in stages}


def write_stages(root: Path, stages: dict[str, Any]) -> None:
    """Put these stages into dvc.lock, as DVC would write them; the others stay as they are."""
    from dvc.utils.serialize import dumps_yaml

    lock = _read(root)
    lock["stages"].update(stages)
    write_atomically(root / LOCK, dumps_yaml(lock))


def outputs(stages: dict[str, Any]) -> dict[str, str]:
    """MD5 by path of all that the stages made, in the order of the stages."""
    return {
        out["path"]: str(out.get("md5"))
        for stage in stages.values()
        for out in stage.get("outs", [])
    }


def read_card_md5(root: Path, name: str) -> str | None:
    """MD5 of the card in dvc.lock; None where the data were never recorded."""
    return outputs(read_stages(root, name)).get(f"data/{name}/{card.CARD}")


def records_code(root: Path) -> bool:
    """Whether the digests of the stages' code are those that dvc.lock records."""
    paths = [f"data/.code/{stage}" for stage in STAGES]
    recorded = outputs({CODE: _read(root)["stages"].get(CODE, {})})
    return recorded == {path: md5_file(root / path) for path in paths}


def md5_file(path: Path) -> str:
    """DVC's name for the content of a file."""
    with path.open("rb") as file:
        return file_digest(file, partial(md5, usedforsecurity=False)).hexdigest()


def _read(root: Path) -> dict[str, Any]:
    """By DVC's own rules: to other readers of YAML a class named `no` is not a name."""
    from dvc.exceptions import DvcException
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from dvc.utils.strictyaml import load

    try:
        lock, _ = load(str(root / LOCK), COMPILED_LOCKFILE_SCHEMA)
    except FileNotFoundError:
        return {"schema": "2.0", "stages": {}}
    except DvcException:
        raise EdgelineError(
            expected=f"{LOCK} as DVC writes it",
            found="a file that DVC did not write",
            remedy="restore the file from git, or delete it so that `dvc repro` writes a new one",
        ) from None
    lock.setdefault("stages", {})
    return dict(lock)
