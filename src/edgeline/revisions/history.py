"""The revisions of a recipe's data, newest first: what changed, which one is there, where they lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError
from edgeline.revisions import ledger, objects, remote
from edgeline.revisions.repository import alone, repository
from edgeline.revisions.restore import bring
from edgeline.workspace import Workspace


@dataclass(frozen=True)
class Line:
    """One revision of the ledger."""

    revision: str
    """SHA-256 of the card."""
    dvc: str
    when: str
    sets: dict[str, int]
    changed: dict[str, tuple[Any, Any]]
    """Settings that differ from those of the revision before, as (before, after)."""
    current: bool
    """Whether it is what lies in data/NAME."""
    places: tuple[str, ...]
    """Where it lies whole: "cache" for DVC's, else the name of a remote."""


def history(root: Path, name: str) -> list[Line]:
    """Without asking a remote: what was sent there is remembered."""
    here, found = _present(root, name), ledger.entries(root, name)
    with alone(root) as memory, repository(root, memory) as repo:
        cache, place = Path(repo.cache.local.path), remote.place_of(repo)
    sent = remote.on(root, name, place) if place else set()
    lines = []
    for entry, before in zip(found, [*found[1:], None], strict=False):
        whole = ["cache"] if not objects.lacking(cache, entry) else []
        far = [place.name] if place and entry.digest in sent else []
        lines.append(
            Line(
                revision=entry.digest,
                dvc=entry.dvc,
                when=entry.when,
                sets=entry.sets,
                changed=ledger.changed(before, entry),
                current=entry.digest == here,
                places=(*whole, *far),
            )
        )
    return lines


def _present(root: Path, name: str) -> str:
    path = Workspace(root).data(name) / card.CARD
    return sha256_file(path) if path.is_file() else ""


def previous(root: Path, name: str, digest: str) -> card.Card | None:
    """The card of the revision before the one with this digest, if there is one and it can be had."""
    found = ledger.entries(root, name)
    at = next((at for at, entry in enumerate(found) if entry.digest == digest), len(found))
    if at + 1 >= len(found):
        return None
    try:
        bring(root, found[at + 1])
        with alone(root) as memory, repository(root, memory) as repo:
            cache = Path(repo.cache.local.path)
            return objects.card_of(cache, found[at + 1], memory)
    except EdgelineError:
        return None
