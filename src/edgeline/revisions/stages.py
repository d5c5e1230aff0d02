"""Which data lie there now, and the stages that bring them up to date."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeline.datasets import card
from edgeline.errors import RecipeError, Tampered
from edgeline.revisions import ledger, remote
from edgeline.revisions.lockfile import STAGES, addresses, md5_of, recorded_card
from edgeline.revisions.repository import alone, failure, repository, surroundings
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
    """Why the remote does not have it, in one line; the next run tries again."""


def check(root: Path, name: str) -> None:
    """Refuse data that exist but are not those that dvc.lock records.

    Raises:
        Tampered: names the file and the command that restores it.
    """
    folder = Workspace(root).data(name)
    if not (folder / card.CARD).is_file():
        # Not data yet: a step that did not end withdrew the card, and its stage will run again.
        return
    recorded, found = recorded_card(root, name), md5_of(folder / card.CARD)
    if recorded not in (None, found) and not _is_known(root, found):
        expected = f"data/{name}/{card.CARD} with MD5 {recorded}, as dvc.lock says"
        raise _tampered(root, name, card.CARD, expected, f"MD5 {found}")
    for path, digest, actual in card.find_differences(folder, card.load(folder)):
        if actual is not None:
            raise differs(root, name, path, digest, actual)


def ensure(root: Path, name: str, now: datetime | None = None) -> Revision:
    """Bring the data of recipe `name` up to date: only the stages that are missing or stale run.

    The revision is entered in the ledger as of `now` (the present) and sent to the remote.

    Raises:
        EdgelineError: a stage failed; of the kind that the stage itself ended with.
        Tampered: the data that DVC gave back are not those that the card describes.
        WorkspaceBusy: another process works with DVC.
    """
    with alone(root) as memory:
        stale, place = _look(root, addresses(name), memory)
        if stale:
            withdraw(Workspace(root).data(name))
            _reproduce(root, addresses(name)[-1], memory)
        described = intact(root, name)
        ledger.enter(root, name, described, now or datetime.now(UTC))
    unsent = remote.send(root, name, place)
    folder = Workspace(root).data(name)
    return Revision(name, recorded_card(root, name) or "", described.digest, folder, unsent)


def intact(root: Path, name: str) -> card.Card:
    """The card of the data of recipe `name`, which are all as it says.

    Raises:
        Tampered: a file differs, is missing or is too many.
    """
    folder = Workspace(root).data(name)
    described = card.load(folder)
    for path, digest, actual in card.find_differences(folder, described):
        raise differs(root, name, path, digest, actual)
    return described


def withdraw(folder: Path) -> None:
    """Before DVC changes the data: they are none until they are whole again.

    Files that DVC or a stage was writing when it was killed lie in the folder, where DVC would
    leave them; in folders of its own it sees to them itself.
    """
    card.withdraw(folder)
    for half in (*folder.glob(".*.tmp"), *folder.glob("*.partial")):
        half.unlink()


def _look(root: Path, stages: list[str], memory: Path) -> tuple[bool, remote.Place | None]:
    """Whether any stage has to run, and which remote there is; asked in this process, which costs
    half of asking `dvc`."""
    from dvc.stage.exceptions import StageNotFound

    # by their full address: DVC would look for bare names in the current folder
    full = [f"{root / 'dvc.yaml'}:{stage}" for stage in stages]
    with repository(root, memory) as repo:
        try:
            return bool(repo.status(full)), remote.place_of(repo)
        except StageNotFound:
            raise RecipeError(
                expected=f"{stages[-1]} among the stages of dvc.yaml",
                found="none",
                remedy="add the recipe's name to `recipes` at the top of dvc.yaml",
            ) from None


def _reproduce(root: Path, stage: str, memory: Path) -> None:
    """Run what is stale, up to `stage`; a process, since stages write to the terminal they find."""
    command = [sys.executable, "-m", "dvc", "repro", stage]
    environment = {**os.environ, **surroundings(root, memory)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise failure(done.stderr)


def differs(root: Path, name: str, path: str, digest: str | None, actual: str | None) -> Tampered:
    """An error that names the file and the command that restores it."""
    expected = f"data/{name}/{path} {card.describe_digest(digest, 'not to be there')}"
    return _tampered(root, name, path, expected, card.describe_digest(actual, "no such file"))


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
        if md5_of(path) != path.parent.name + path.name.removesuffix(".dir")
    ]


def _is_known(root: Path, found: str) -> bool:
    """Whether DVC has seen this card: then the data are an older version, as after `git pull`."""
    with alone(root) as memory, repository(root, memory) as repo:
        return bool(repo.cache.local.exists(found))
