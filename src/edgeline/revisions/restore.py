"""Bring back the data of an earlier revision: files, settings.yaml, and what dvc.lock says of them.

Everything is in DVC's cache and proven before the first file here is touched; the card goes first
and comes back last. A restore that was killed leaves data without a card, which nothing takes for
data, and the same command finishes it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeline.datasets import card
from edgeline.revisions import ledger, lockfile, objects, remote
from edgeline.revisions.ledger import Entry
from edgeline.revisions.repository import alone, repository
from edgeline.revisions.settings import put_settings
from edgeline.revisions.stages import check, intact, withdraw
from edgeline.workspace import Workspace, lock


@dataclass(frozen=True)
class Restored:
    """A revision that is there again."""

    name: str
    digest: str
    when: str
    """When it was first there."""
    fetched: int
    """Objects that came from the remote."""
    settings: str
    """What data/NAME/settings.yaml holds now."""


def restore(root: Path, name: str, prefix: str, now: datetime) -> Restored:
    """Make the revision that begins with `prefix` the present one.

    Raises:
        RecipeError: no revision begins so, or more than one.
        Tampered: the present data are not what dvc.lock says, or the earlier ones not what they were.
        EnvironmentUnfit: files are neither in DVC's cache nor on the remote.
        WorkspaceBusy: a run of the recipe is at work.
    """
    workspace = Workspace(root)
    with lock(workspace, name, f"restoring {prefix}"):
        check(root, name)
        _enter_present(root, name, now)
        entry = sought(root, name, prefix)
        fetched = bring(root, entry)
        with alone(root) as memory, repository(root, memory) as repo:
            objects.proven(Path(repo.cache.local.path), entry, memory)
            withdraw(workspace.data(name))
            put_settings(root, name, entry.settings.encode())
            lockfile.record(root, entry.lock)
        with alone(root) as memory, repository(root, memory) as repo:
            # opened again, since it has read the lock by now
            paths = [str(workspace.data(name) / path) for path in entry.objects]
            last = str(workspace.data(name) / card.CARD)
            repo.checkout([path for path in paths if path != last], force=True)
            repo.checkout([last], force=True)
        intact(root, name)
    return Restored(name, entry.digest, entry.when, fetched, entry.settings)


def sought(root: Path, name: str, prefix: str) -> Entry:
    """A revision of the ledger here; where none is meant, of the remote's."""
    if not ledger.matches(root, name, prefix) and remote.current(root):
        remote.pull(root, name, ())
    return ledger.find(root, name, prefix)


def bring(root: Path, entry: Entry) -> int:
    """Have the whole revision in DVC's cache; returns how many objects came from the remote."""
    with alone(root) as memory, repository(root, memory) as repo:
        whole = not objects.lacking(Path(repo.cache.local.path), entry)
        place = remote.place_of(repo)
    if whole or place is None:
        return 0
    return remote.pull(root, entry.name, (entry.digest,)).objects


def _enter_present(root: Path, name: str, now: datetime) -> None:
    """What plain DVC made is in no ledger yet, and would be forgotten."""
    folder = Workspace(root).data(name)
    path = folder / card.CARD
    if not path.is_file() or lockfile.recorded_card(root, name) != lockfile.md5_of(path):
        return
    described = card.load(folder)
    if all(entry.digest != described.digest for entry in ledger.entries(root, name)):
        ledger.enter(root, name, described, now.astimezone(UTC))
