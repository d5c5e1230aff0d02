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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.fingerprints import near_pairs
from edgeline.datasets.items import Items
from edgeline.digest import sha256_bytes
from edgeline.preprocess import Kind

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
    same = _exact_copies(content_digests(items, kind), sets.tolist())
    leaders, unlike = _near_copies(items, same, near) if kind == "image" else ({}, [])
    reasons = np.full(len(items), "", dtype="U32")
    duplicates = []
    for original, copies in _families(same, leaders).items():
        for at, reason, exact in _verdicts(items.labels, sets, original, copies, kind):
            reasons[at] = reason
            if at != original:
                duplicates.append(_duplicate(items, sets, (at, original), reason, exact))
    duplicates += [
        _duplicate(items, sets, pair, KEPT, exact=False)
        for pair in unlike
        if not reasons[pair[0]] and not reasons[pair[1]]
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


def _exact_copies(digests: list[str], sets: list[str]) -> dict[int, list[int]]:
    """For the first item of each content, the others that are the same; the sets that win come first."""
    first: dict[str, int] = {}
    twins: dict[int, list[int]] = {}
    for at in sorted(range(len(digests)), key=lambda at: WINNERS[sets[at]]):
        original = first.setdefault(digests[at], at)
        if original == at:
            twins[at] = []
        else:
            twins[original].append(at)
    return twins


def _near_copies(
    items: Items, twins: dict[int, list[int]], near: int
) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """For each distinct image that is near one of those that stay, the first of them; and the pairs
    that are near although their labels disagree.

    Copies are near the original itself: there are no chains of likeness.
    """
    distinct = np.fromiter(twins, np.int64)
    leaders: dict[int, int] = {}
    unlike = []
    for first, second in distinct[near_pairs(items.values[distinct], near)].tolist():
        if items.labels[first] != items.labels[second]:
            unlike.append((second, first))
        elif first not in leaders:
            leaders.setdefault(second, first)
    return leaders, unlike


def _families(
    twins: dict[int, list[int]], leaders: dict[int, int]
) -> dict[int, list[tuple[int, bool]]]:
    """For each original its copies, and whether each of them is exact."""
    families = {at: [(one, True) for one in same] for at, same in twins.items() if same}
    for at, leader in leaders.items():
        families.setdefault(leader, []).extend((one, False) for one in (at, *twins[at]))
        families.pop(at, None)
    return families


def _verdicts(
    labels: NDArray[np.int64],
    sets: NDArray[np.str_],
    original: int,
    copies: Sequence[tuple[int, bool]],
    kind: Kind,
) -> list[tuple[int, str, bool]]:
    """Position, reason and exactness of every member of a family that is left out."""
    beside = [(at, exact) for at, exact in copies if sets[at] == sets[original]]
    across = [(at, exact) for at, exact in copies if sets[at] != sets[original]]
    verdicts = [(at, f"{_word(exact)} across sets", exact) for at, exact in across]
    if kind == "table":
        return verdicts
    if any(labels[at] != labels[original] for at, _ in beside):
        return [(original, DISAGREE, True), *((at, DISAGREE, exact) for at, exact in copies)]
    return verdicts + [(at, _word(exact), exact) for at, exact in beside]


def _word(exact: bool) -> str:
    return "duplicate" if exact else "near duplicate"


def _duplicate(
    items: Items, sets: NDArray[np.str_], pair: tuple[int, int], reason: str, exact: bool
) -> Duplicate:
    at, original = pair
    return Duplicate(
        id=str(items.ids[at]),
        set=str(sets[at]),
        of=str(items.ids[original]),
        of_set=str(sets[original]),
        how="exact" if exact else "near",
        reason=reason,
        agree=bool(items.labels[at] == items.labels[original]),
    )
