"""What differs between two revisions: settings, counts, single items, and whether the data drifted."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeline.datasets import card, items
from edgeline.datasets.drift import DriftReport, measure_drift
from edgeline.datasets.prepare import SETS
from edgeline.digest import sha256_bytes
from edgeline.revisions import ledger, objects
from edgeline.revisions.ledger import LedgerEntry
from edgeline.revisions.repository import exclusive_dvc, repository
from edgeline.revisions.restore import fetch_objects, find_or_pull


@dataclass(frozen=True)
class Difference:
    """From revision `before` to revision `after`."""

    before: str
    after: str
    settings: dict[str, tuple[Any, Any]]
    sets: dict[str, tuple[int, int]]
    """Items of each set, before and after."""
    added: tuple[str, ...]
    """Ids of items that are in no set before; likewise below."""
    removed: tuple[str, ...]
    renamed: dict[str, tuple[str, str]]
    """Same content under another id: the digest of the content, and the ids before and after."""
    relabelled: dict[str, tuple[str, str]]
    """Class before and after, by id."""
    changed: tuple[str, ...]
    """Other content under the same id."""
    moved: dict[str, tuple[str, str]]
    """Set before and after, by id."""
    drift: DriftReport


@dataclass(frozen=True)
class Item:
    set: str
    label: str
    digest: str


def compare(root: Path, name: str, a: str, b: str) -> Difference:
    """From the revision that begins with `a` to the one that begins with `b`; the present data stay.

    Raises:
        RecipeError: no revision has this beginning, or several have it.
        EnvironmentUnfit: files are neither in DVC's cache nor on the remote.
        Tampered: files differ from their digests.
    """
    before, after = find_or_pull(root, name, a), find_or_pull(root, name, b)
    for entry in (before, after):
        fetch_objects(root, entry)
    with exclusive_dvc(root) as memory, repository(root, memory) as repo:
        cache = Path(repo.cache.local.path)
        old, old_items = _items(cache, before)
        new, new_items = _items(cache, after)
    return Difference(
        before=before.digest,
        after=after.digest,
        settings=ledger.changed_settings(before, after),
        sets={one: (old.sets.get(one, 0), new.sets.get(one, 0)) for one in SETS},
        **_compare(old_items, new_items),
        drift=measure_drift(old, new),
    )


def _items(cache: Path, entry: LedgerEntry) -> tuple[card.Card, dict[str, Item]]:
    """Every item of the three sets by its id."""
    described, files = objects.verify_files(cache, entry)
    names = described.form.classes
    by_id = {}
    for one in SETS:
        kept = items.read(files[f"prepared/{one}.npz"])
        for id, label, values in zip(kept.ids, kept.labels, kept.values, strict=True):
            form = f"{values.dtype.str}{values.shape}".encode()
            by_id[str(id)] = Item(one, names[label], sha256_bytes(form + values.tobytes()))
    return described, by_id


def _compare(before: dict[str, Item], after: dict[str, Item]) -> dict[str, Any]:
    both = [id for id in before if id in after]
    gone = {id: before[id] for id in sorted(before.keys() - after.keys())}
    come = {id: after[id] for id in sorted(after.keys() - before.keys())}
    renamed = _find_renamed(gone, come)
    old = {pair[0] for pair in renamed.values()}
    new = {pair[1] for pair in renamed.values()}
    pairs = {id: (before[id], after[id]) for id in both}
    return {
        "added": tuple(id for id in come if id not in new),
        "removed": tuple(id for id in gone if id not in old),
        "renamed": renamed,
        "relabelled": {
            id: (x.label, y.label) for id, (x, y) in pairs.items() if x.label != y.label
        },
        "changed": tuple(id for id, (x, y) in pairs.items() if x.digest != y.digest),
        "moved": {id: (x.set, y.set) for id, (x, y) in pairs.items() if x.set != y.set},
    }


def _find_renamed(gone: dict[str, Item], come: dict[str, Item]) -> dict[str, tuple[str, str]]:
    """By the digest of their content, where only one item of either side has it."""
    counts = (
        Counter(item.digest for item in gone.values()),
        Counter(item.digest for item in come.values()),
    )
    once = {digest for digest, n in counts[0].items() if n == 1 == counts[1][digest]}
    old = {item.digest: id for id, item in gone.items()}
    new = {item.digest: id for id, item in come.items()}
    return {digest: (old[digest], new[digest]) for digest in sorted(once)}
