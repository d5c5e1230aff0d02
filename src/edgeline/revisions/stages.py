"""The present data, and the stages that bring them up to date."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeline.datasets import card
from edgeline.errors import RecipeError, Tampered
from edgeline.revisions import ledger, objects, remote
from edgeline.revisions.code import write_code_digests
from edgeline.revisions.lockfile import (
    CODE,
    STAGES,
    addresses,
    md5_file,
    read_card_md5,
    records_code,
)
from edgeline.revisions.repository import (
    cache_folder,
    dvc_environment,
    exclusive_dvc,
    parse_failure,
    repository,
)
from edgeline.revisions.settings import SETTINGS, write_list
from edgeline.workspace import Workspace


@dataclass(frozen=True)
class Revision:
    """Which data: DVC's name for them, and ours."""

    name: str
    dvc: str
    """MD5 of the card in dvc.lock; a note for people who use DVC, never proof."""
    digest: str
    """SHA-256 of the card."""
    folder: Path
    unsent: str = ""
    """Why the remote lacks it, in one line; the next run tries again."""


def check(root: Path, name: str) -> None:
    """Refuse data that exist but are not those that dvc.lock records.

    Raises:
        Tampered: names the file and the command that restores it.
    """
    folder = Workspace(root).data(name)
    if not (folder / card.CARD).is_file():
        # Incomplete data: their stage did not end, and will run again.
        return
    recorded, present = read_card_md5(root, name), md5_file(folder / card.CARD)
    if recorded not in (None, present) and not _is_in_cache(root, present):
        expected = f"data/{name}/{card.CARD} with MD5 {recorded}, as dvc.lock says"
        raise _tampered(root, name, card.CARD, expected, f"MD5 {present}")
    # Of files that are missing, their stage will make new ones.
    verify(root, name, may_lack=True)


def ensure(root: Path, name: str, now: datetime | None = None) -> Revision:
    """Bring the data of recipe `name` up to date: only the stages that are missing or stale run.

    The revision is added to the ledger with the time `now` and sent to the remote.

    Raises:
        EdgelineError: a stage failed; the error has the class of the stage's own.
        Tampered: the data that DVC restored differ from the card.
        WorkspaceBusy: another process uses DVC.
    """
    with exclusive_dvc(root) as memory:
        write_code_digests(root)
        write_list(root)
        is_stale, target = _status(root, addresses(name), memory)
        if is_stale:
            card.withdraw(Workspace(root).data(name))
            _reproduce(root, addresses(name), memory)
        described = verify(root, name)
        ledger.add_entry(root, name, described, now or datetime.now(UTC))
    unsent = remote.send(root, name, target)
    folder = Workspace(root).data(name)
    return Revision(name, read_card_md5(root, name) or "", described.digest, folder, unsent)


def verify(root: Path, name: str, *, may_lack: bool = False) -> card.Card:
    """The card of the data of recipe `name`, after every file was compared with it.

    Raises:
        Tampered: a file differs, is not on the card, or is missing where none may be.
    """
    folder = Workspace(root).data(name)
    described = card.load(folder)
    for path, digest, actual in card.find_differences(folder, described):
        if actual is not None or not may_lack:
            expected = f"data/{name}/{path} {card.describe_digest(digest, 'not to be there')}"
            found = card.describe_digest(actual, "no such file")
            raise _tampered(root, name, path, expected, found)
    return described


def _status(root: Path, stages: list[str], memory: Path) -> tuple[bool, remote.Remote | None]:
    """Whether any stage has to run, and the default remote; in this process, twice as fast as `dvc`."""
    from dvc.stage.exceptions import StageNotFound

    # With the path of dvc.yaml, since DVC looks for bare names in the current folder.
    full = [f"{root / 'dvc.yaml'}:{stage}" for stage in stages]
    with repository(root, memory) as repo:
        try:
            return bool(repo.status(full)), remote.default_remote(repo)
        except StageNotFound:
            raise RecipeError(
                expected=f"the stage {stages[-1]} in dvc.yaml, as every data/NAME/{SETTINGS} has it",
                found="no such stage",
                remedy="run the recipe of that name, or restore dvc.yaml from git",
            ) from None


def _reproduce(root: Path, stages: list[str], memory: Path) -> None:
    """Run those of the stages that are stale, in a process, since stages write to the terminal.

    What the stage before them writes is here already; its process would take as long as theirs.
    """
    wanted = stages if records_code(root) else [CODE, *stages]
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", *wanted]
    environment = {**os.environ, **dvc_environment(root, memory)}
    process = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if process.returncode:
        raise parse_failure(process.stderr)


def _tampered(root: Path, name: str, path: str, expected: str, found: str) -> Tampered:
    """An error with the command that restores the file.

    DVC takes a missing file from its cache or makes it again. `dvc checkout` is not enough: it does
    not touch a file that has the time and size that DVC remembers.
    """
    files = [f"data/{name}/{path}", *_damaged(root)]
    binaries = Path(sys.executable).parent
    place = binaries.relative_to(root) if binaries.is_relative_to(root) else binaries
    # The stages call `edgeline`, so the command brings its folder along.
    repro = f"PATH={shlex.quote(str(place))}:$PATH dvc repro {STAGES[-1]}@{name}"
    command = f"rm -f {shlex.join(files)} && {repro}"
    return Tampered(
        expected=expected,
        found=found,
        remedy=f"to restore the file, run in the project's folder: {command}",
    )


def _damaged(root: Path) -> list[str]:
    """Objects of DVC's cache that no longer have the MD5 they are named by."""
    cache = cache_folder(root)
    names = [path.parent.name + path.name for path in sorted(cache.glob("??/*"))]
    damaged = objects.find_damaged(cache, names)
    paths = [objects.object_path(cache, md5) for md5 in damaged]
    return [str(path.relative_to(root) if path.is_relative_to(root) else path) for path in paths]


def _is_in_cache(root: Path, md5: str) -> bool:
    """Whether DVC has made this card before: then the data are an older version, as after `git pull`."""
    with exclusive_dvc(root) as memory, repository(root, memory) as repo:
        return bool(repo.cache.local.exists(md5))
