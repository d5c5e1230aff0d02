"""The revisions of a recipe's data, newest first: what changed, which is present, where each is stored."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError
from edgeline.revisions import ledger, objects, remote
from edgeline.revisions.repository import exclusive_dvc, repository
from edgeline.revisions.restore import fetch_objects
from edgeline.workspace import Workspace


@dataclass(frozen=True)
class HistoryRow:
    """One revision of the ledger."""

    revision: str
    """SHA-256 of the card."""
    dvc: str
    when: str
    sets: dict[str, int]
    changed: dict[str, tuple[Any, Any]]
    """Settings that differ from those of the revision before, as (before, after)."""
    current: bool
    """Whether these data are in data/NAME."""
    places: tuple[str, ...]
    """Where it is complete: "cache" for DVC's, else the name of a remote."""


def read_history(root: Path, name: str) -> list[HistoryRow]:
    """Without asking a remote: what was sent there is remembered."""
    present, entries = _present_digest(root, name), ledger.list_entries(root, name)
    with exclusive_dvc(root) as memory, repository(root, memory) as repo:
        cache, target = Path(repo.cache.local.path), remote.default_remote(repo)
    sent = remote.sent_revisions(root, name, target) if target else set()
    rows = []
    for entry, before in zip(entries, [*entries[1:], None], strict=False):
        local = ["cache"] if not objects.find_missing(cache, entry) else []
        distant = [target.name] if target and entry.digest in sent else []
        rows.append(
            HistoryRow(
                revision=entry.digest,
                dvc=entry.dvc,
                when=entry.when,
                sets=entry.sets,
                changed=ledger.changed_settings(before, entry),
                current=entry.digest == present,
                places=(*local, *distant),
            )
        )
    return rows


def _present_digest(root: Path, name: str) -> str:
    path = Workspace(root).data(name) / card.CARD
    return sha256_file(path) if path.is_file() else ""


def previous_card(root: Path, name: str, digest: str) -> card.Card | None:
    """The card of the revision before the one with this digest, if there is one and it can be read."""
    pairs = pairwise(ledger.list_entries(root, name))
    before = next((older for newer, older in pairs if newer.digest == digest), None)
    if before is None:
        return None
    try:
        fetch_objects(root, before)
        with exclusive_dvc(root) as memory, repository(root, memory) as repo:
            return objects.load_card(Path(repo.cache.local.path), before)
    except EdgelineError:
        return None
