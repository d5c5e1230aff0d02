"""Bring back the data of an earlier revision: files, settings.yaml and the stages in dvc.lock.

All files are in DVC's cache and verified before the first file here changes. The card is removed
first and restored last, so a killed restore leaves data without a card, which nothing uses. The same
command finishes it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeline.datasets import card
from edgeline.revisions import ledger, lockfile, objects, remote
from edgeline.revisions.ledger import LedgerEntry
from edgeline.revisions.repository import exclusive_dvc, repository
from edgeline.revisions.settings import write_settings
from edgeline.revisions.stages import check, verify
from edgeline.workspace import Workspace, lock


@dataclass(frozen=True)
class RestoreReport:
    """A revision that was restored."""

    name: str
    digest: str
    when: str
    """When the revision was first made."""
    fetched: int
    """Objects that came from the remote."""
    settings: str
    """What data/NAME/settings.yaml holds now."""


def restore(root: Path, name: str, prefix: str, now: datetime) -> RestoreReport:
    """Make the revision that begins with `prefix` the present one.

    Raises:
        RecipeError: no revision begins with it, or several do.
        Tampered: the present data differ from dvc.lock, or the earlier files from their digests.
        EnvironmentUnfit: files are neither in DVC's cache nor on the remote.
        WorkspaceBusy: a run of the recipe is in progress.
    """
    workspace = Workspace(root)
    with lock(workspace, name, f"restoring {prefix}"):
        check(root, name)
        _add_present(root, name, now)
        entry = find_or_pull(root, name, prefix)
        fetched = fetch_objects(root, entry)
        with exclusive_dvc(root) as memory, repository(root, memory) as repo:
            objects.verify_files(Path(repo.cache.local.path), entry)
            card.withdraw(workspace.data(name))
            write_settings(root, name, entry.settings.encode())
            lockfile.write_stages(root, entry.lock)
        with exclusive_dvc(root) as memory, repository(root, memory) as repo:
            # Opened again, since the repository above has read the old lock.
            paths = [str(workspace.data(name) / path) for path in entry.objects]
            last = str(workspace.data(name) / card.CARD)
            repo.checkout([path for path in paths if path != last], force=True)
            repo.checkout([last], force=True)
        verify(root, name)
    return RestoreReport(name, entry.digest, entry.when, fetched, entry.settings)


def find_or_pull(root: Path, name: str, prefix: str) -> LedgerEntry:
    """A revision of the ledger here; of the remote's where none has this beginning."""
    if not ledger.match_entries(root, name, prefix) and remote.configured_remote(root):
        remote.pull(root, name, ())
    return ledger.find_entry(root, name, prefix)


def fetch_objects(root: Path, entry: LedgerEntry) -> int:
    """Fetch what DVC's cache lacks of the revision; how many objects came from the remote."""
    with exclusive_dvc(root) as memory, repository(root, memory) as repo:
        is_complete = not objects.find_missing(Path(repo.cache.local.path), entry)
        target = remote.default_remote(repo)
    if is_complete or target is None:
        return 0
    return remote.pull(root, entry.name, (entry.digest,)).objects


def _add_present(root: Path, name: str, now: datetime) -> None:
    """Add data that plain `dvc` made, which are in no ledger yet."""
    folder = Workspace(root).data(name)
    path = folder / card.CARD
    if not path.is_file() or lockfile.read_card_md5(root, name) != lockfile.md5_file(path):
        return
    described = card.load(folder)
    if all(entry.digest != described.digest for entry in ledger.list_entries(root, name)):
        ledger.add_entry(root, name, described, now.astimezone(UTC))
