"""The only DVC code: are the data what dvc.lock says, and are they up to date?

`check` comes first and repairs nothing: data that differ from their record are reported as tampered
with, before a stage could run again and cover the traces. Data that are missing, or stale because
settings or code changed, are `ensure`'s business.

DVC remembers hashes by modification time and size, and would believe a file whose byte was changed
behind its back. So every call here begins with an empty memory, and reads every file again.
"""

import fcntl
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from edgeline.datasets import card
from edgeline.errors import EdgelineError, EnvironmentUnfit, RecipeError, Tampered, WorkspaceBusy
from edgeline.recipe.data import Data, settings_text
from edgeline.workspace import Workspace, write_bytes

STAGES = ("fetch", "prepare", "partition")
"""In dvc.yaml, each once per recipe: fetch@NAME and so on. The last one writes the card."""

PATIENCE_S = 600
"""How long to wait for another run's stages, which take seconds for the data that ship."""


@dataclass(frozen=True)
class Revision:
    """Which data: DVC's name for them, and ours."""

    name: str
    dvc: str
    """MD5 of the card in dvc.lock; a note for people who use DVC, never proof."""
    digest: str
    """SHA-256 of the card."""
    folder: Path


def write_settings(root: Path, name: str, settings: Data) -> Path:
    """Put the data section of recipe `name` where the stages read it, unless it is there."""
    path = Workspace(root).data(name) / "settings.yaml"
    text = settings_text(settings).encode()
    if not path.is_file() or path.read_bytes() != text:
        write_bytes(path, text)
    return path


@contextmanager
def settings_of(root: Path, name: str, settings: Data) -> Iterator[None]:
    """Write the settings of the data; put back what was there when no data can be made of them."""
    path = Workspace(root).data(name) / "settings.yaml"
    before = path.read_bytes() if path.is_file() else b""
    write_settings(root, name, settings)
    try:
        yield
    except EdgelineError:
        if before:
            write_bytes(path, before)
        raise


def check(root: Path, name: str) -> None:
    """Refuse data that exist but are not those that dvc.lock records.

    Raises:
        Tampered: names the file and the command that restores it.
    """
    folder = Workspace(root).data(name)
    if not (folder / card.CARD).is_file():
        # Not data yet: a step that did not end withdrew the card, and its stage will run again.
        return
    recorded, found = _recorded_card(root, name), _md5(folder / card.CARD)
    if recorded not in (None, found) and not _is_known(root, found):
        expected = f"data/{name}/{card.CARD} with MD5 {recorded}, as dvc.lock says"
        raise _tampered(root, name, card.CARD, expected, f"MD5 {found}")
    for path, digest, actual in card.differences(folder, card.load(folder)):
        if actual is not None:
            raise _differs(root, name, path, digest, actual)


def ensure(root: Path, name: str) -> Revision:
    """Bring the data of recipe `name` up to date: only the stages that are missing or stale run.

    Raises:
        EdgelineError: a stage failed; of the kind that the stage itself ended with.
        Tampered: the data that DVC gave back are not those that the card describes.
        WorkspaceBusy: another process works with DVC.
    """
    stages = [f"{stage}@{name}" for stage in STAGES]
    with _alone(root), _memory(root) as memory:
        if _is_stale(root, stages, memory):
            _reproduce(root, stages[-1], memory)
    folder = Workspace(root).data(name)
    described = card.load(folder)
    for path, digest, actual in card.differences(folder, described):
        raise _differs(root, name, path, digest, actual)
    return Revision(name, _recorded_card(root, name) or "", described.digest, folder)


def _is_stale(root: Path, stages: list[str], memory: Path) -> bool:
    """Whether any stage has to run; asked in this process, which costs half of asking `dvc`."""
    from dvc.stage.exceptions import StageNotFound

    # by their full address: DVC would look for bare names in the current folder
    addresses = [f"{root / 'dvc.yaml'}:{stage}" for stage in stages]
    with _repository(root, memory) as repo:
        try:
            return bool(repo.status(addresses))
        except StageNotFound:
            raise RecipeError(
                expected=f"{stages[-1]} among the stages of dvc.yaml",
                found="none",
                remedy="add the recipe's name to `recipes` at the top of dvc.yaml",
            ) from None


def _reproduce(root: Path, stage: str, memory: Path) -> None:
    """Run what is stale, up to `stage`; a process, since stages write to the terminal they find."""
    command = [sys.executable, "-m", "dvc", "repro", stage]
    environment = {**os.environ, **_surroundings(root, memory)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise _failure(done.stderr)


def _failure(said: str) -> EdgelineError:
    """An error of ours: the one that a stage printed, or else DVC's last words."""
    kinds = {kind.exit_code: kind for kind in (RecipeError, Tampered, EnvironmentUnfit)}
    code = re.search(r"exited with (\d+)", said)
    kind = kinds.get(int(code[1]), EdgelineError) if code else EdgelineError
    if ours := re.search(r"^edgeline: expected (.*); found (.*?); (.*)$", said, re.MULTILINE):
        return kind(expected=ours[1], found=ours[2], remedy=ours[3])
    if "Unable to acquire lock" in said or "is busy" in said:
        kind = WorkspaceBusy
    last = said.strip().splitlines()[-1] if said.strip() else "no word from DVC"
    return kind(
        expected="DVC to bring the data up to date",
        found=last.removeprefix("ERROR: "),
        remedy="`.venv/bin/dvc status` in the project's folder says more",
    )


def _differs(root: Path, name: str, path: str, digest: str | None, actual: str | None) -> Tampered:
    expected = f"data/{name}/{path} {card.describe(digest, 'not to be there')}"
    return _tampered(root, name, path, expected, card.describe(actual, "no such file"))


def _tampered(root: Path, name: str, path: str, expected: str, found: str) -> Tampered:
    """With the command that restores the file.

    What is missing DVC takes from its cache or makes again. `dvc checkout` would not do: it leaves
    a file alone that has the time and size that DVC remembers.
    """
    wrong = [f"data/{name}/{path}", *_damaged(root)]
    binaries = Path(sys.executable).parent
    place = binaries.relative_to(root) if binaries.is_relative_to(root) else binaries
    # The stages call `edgeline`, so the command brings its folder along.
    again = f"PATH={shlex.quote(str(place))}:$PATH dvc repro {STAGES[-1]}@{name}"
    command = f"rm -f {shlex.join(wrong)} && {again}"
    return Tampered(
        expected=expected,
        found=found,
        remedy=f"to put it right, in the project's folder: {command}",
    )


def _damaged(root: Path) -> list[str]:
    """Objects of DVC's cache that no longer have the MD5 they are named by."""
    objects = sorted((root / ".dvc" / "cache" / "files" / "md5").glob("??/*"))
    return [
        path.relative_to(root).as_posix()
        for path in objects
        if _md5(path) != path.parent.name + path.name.removesuffix(".dir")
    ]


def _md5(path: Path) -> str:
    """DVC's name for a content; not used as proof of anything."""
    return md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _recorded_card(root: Path, name: str) -> str | None:
    """MD5 of the card in dvc.lock; nothing where the data were never recorded."""
    try:
        lock: Any = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))
        outputs = lock["stages"][f"{STAGES[-1]}@{name}"]["outs"]
        return next(str(out["md5"]) for out in outputs if out["path"] == f"data/{name}/{card.CARD}")
    except (FileNotFoundError, KeyError, StopIteration):
        return None
    except (yaml.YAMLError, UnicodeDecodeError, TypeError):
        raise EdgelineError(
            expected="dvc.lock as DVC writes it",
            found="something else",
            remedy="restore the file from git; without it, `dvc repro` writes a new one",
        ) from None


def _is_known(root: Path, found: str) -> bool:
    """Whether DVC has seen this card: then the data are an older version, as after `git pull`."""
    with _alone(root), _memory(root) as memory, _repository(root, memory) as repo:
        return bool(repo.cache.local.exists(found))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One at a time: DVC gives up after three seconds where another process of it is at work."""
    path = Workspace(root).state / "locks" / "DVC.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for _ in range(PATIENCE_S * 10):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        else:
            raise WorkspaceBusy(
                expected="DVC to be free",
                found=f"busy for {PATIENCE_S} s",
                remedy="end the other run",
            )
        yield


@contextmanager
def _memory(root: Path) -> Iterator[Path]:
    """An empty folder for what DVC remembers about files, forgotten afterwards."""
    below = Workspace(root).state / "dvc"
    below.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="memory-", dir=below, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _surroundings(root: Path, memory: Path) -> dict[str, str]:
    """DVC's own variables: nothing is sent, and nothing is written outside the project."""
    below = Workspace(root).state / "dvc"
    return {
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(below / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(below / "system"),
        "DVC_SITE_CACHE_DIR": str(memory),
        "PATH": os.pathsep.join(
            (str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))
        ),
    }


@contextmanager
def _repository(root: Path, memory: Path) -> Iterator[Any]:
    """DVC in this process; it takes its variables from the process, which gets its own back."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    before = dict(os.environ)
    os.environ.update(_surroundings(root, memory))
    try:
        with Repo(str(root)) as repo:
            yield repo
    except DvcException as error:
        raise _failure(str(error)) from None
    finally:
        for name in _surroundings(root, memory):
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]
