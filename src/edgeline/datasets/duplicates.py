"""Items that occur twice: the same bytes, or pictures that a person would call the same.

One copy stays, and none of equal bytes where labels disagree. Across sets the test set wins, then
validation: a copy in training is left out, or a model would be tested on what it has learned by
heart. Pictures nearly the same whose labels disagree all stay, and are named: the scratch that tells
a bad part from a good one is a small difference.

Rows of a table are another matter: two measurements may agree to the last digit, more so the
coarser the instrument, and what is measured alike may turn out differently. Within a set rows stay,
whatever their labels; a set that lost them would have another mix, and an easier one. Across sets
that the source itself made, the rule above holds. Rows of two groups are never copies.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.fingerprints import near_pairs
from edgeline.datasets.items import Items
from edgeline.digest import sha256_bytes
from edgeline.preprocess import Kind

Positions: TypeAlias = NDArray[np.int64]

WINNERS = {"test": 0, "validation": 1, "train": 2, "": 2}
DISAGREE = "labels disagree"
KEPT = "kept"


@dataclass(frozen=True)
class Duplicate:
    """An item, and the one that it is a copy of."""

    id: str
    set: str
    """Empty where the source has no sets of its own."""
    of: str
    """Id of the original, which is kept unless the reason is "labels disagree"."""
    of_set: str
    how: str
    """exact or near"""
    reason: str
    """duplicate, near duplicate, either of them "across sets", labels disagree; or kept: it stayed."""
    agree: bool
    """Whether both have the same label."""


def find_duplicates(
    items: Items, sets: NDArray[np.str_], kind: Kind, near: int
) -> tuple[NDArray[np.str_], tuple[Duplicate, ...]]:
    """For every item the reason to leave it out, or an empty text; and every duplicate with its original.

    `sets` (N,) are the source's own. `near` is the number of bits in which the fingerprints of two
    images may differ before their pixels are compared.
    """
    same, distinct = _first_alike(content_digests(items, kind), sets.tolist())
    leaders, unlike = np.arange(len(items)), list[tuple[int, int]]()
    if kind == "image":
        leaders, unlike = _near_copies(items, distinct, near)
    original = leaders[same]
    reasons = _reasons(items.labels, sets, original, same == original, kind)
    pairs = [
        (at, int(original[at]))
        for at in np.flatnonzero(reasons != "").tolist()
        if original[at] != at
    ]
    pairs += [pair for pair in unlike if not reasons[pair[0]] and not reasons[pair[1]]]
    duplicates = [
        Duplicate(
            id=str(items.ids[at]),
            set=str(sets[at]),
            of=str(items.ids[of]),
            of_set=str(sets[of]),
            how="exact" if same[at] == of else "near",
            reason=str(reasons[at]) or KEPT,
            agree=bool(items.labels[at] == items.labels[of]),
        )
        for at, of in pairs
    ]
    return reasons, tuple(sorted(duplicates, key=lambda one: (one.of_set, one.of, one.set, one.id)))


def content_digests(items: Items, kind: Kind) -> list[str]:
    """SHA-256 of each item's bytes, for a row of a table with its group."""
    groups = [""] * len(items) if kind != "table" else items.groups.tolist()
    values = items.values if items.values.dtype.kind == "u" else items.values + 0.0  # no -0.0
    whole = np.ascontiguousarray(values)
    return [
        sha256_bytes(value.tobytes() + group.encode())
        for value, group in zip(whole, groups, strict=True)
    ]


def _first_alike(digests: list[str], sets: list[str]) -> tuple[Positions, Positions]:
    """For each item (N,) the first of the same content, and those first ones; sets that win come first."""
    first: dict[str, int] = {}
    same = np.arange(len(digests))
    for at in sorted(range(len(digests)), key=lambda at: WINNERS[sets[at]]):
        same[at] = first.setdefault(digests[at], at)
    return same, np.fromiter(first.values(), np.int64)


def _near_copies(
    items: Items, distinct: Positions, near: int
) -> tuple[Positions, list[tuple[int, int]]]:
    """For each item (N,) the first image that it is near, of those that stay, or else itself; and the
    pairs that are near although their labels disagree.

    Copies are near the original itself: there are no chains of likeness.
    """
    leaders = np.arange(len(items))
    unlike = []
    for first, second in distinct[near_pairs(items.values[distinct], near)].tolist():
        if items.labels[first] != items.labels[second]:
            unlike.append((second, first))
        elif leaders[first] == first and leaders[second] == second:
            leaders[second] = first
    return leaders, unlike


def _reasons(
    labels: NDArray[np.int64],
    sets: NDArray[np.str_],
    original: Positions,
    exact: NDArray[np.bool_],
    kind: Kind,
) -> NDArray[np.str_]:
    """Why each item (N,) is left out, a copy of its `original`; an empty text where it stays."""
    reasons = np.full(len(labels), "", dtype="U32")
    copies = np.flatnonzero(original != np.arange(len(labels)))
    of = original[copies]
    across = sets[copies] != sets[of]
    words = np.where(exact[copies], "duplicate", "near duplicate")
    reasons[copies] = np.where(across, np.char.add(words, " across sets"), words)
    if kind == "table":
        reasons[copies[~across]] = ""
    else:
        disagree = of[~across & (labels[copies] != labels[of])]
        reasons[np.isin(original, disagree)] = DISAGREE
    return reasons
