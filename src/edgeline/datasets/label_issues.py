"""Labels that may be wrong: an item that looks like another class, judged by items other than itself.

Each item is judged by its 10 nearest neighbours, itself and its group left out: cross-validation
that leaves one out (a group, where there are groups). An item is suspected where its neighbours
agree on another class about as well as they do on average on the items of that class: confident
learning (Northcutt, Jiang and Chuang, arXiv 1911.00068). Nothing is changed: a person decides.

Items are compared by what is coarse in them, in whole numbers, so that sums are exact and the same
items are suspected on every machine.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.features import EXACT, extract_features
from edgeline.datasets.items import Items
from edgeline.datasets.splits import apportion
from edgeline.preprocess import Kind

Whole: TypeAlias = NDArray[np.int64]

NEIGHBOURS = 10

# Comparisons, and the fewest judges: up to 5,000 items all judge each other, and 12,500 and more are
# judged by 2,000 of them, drawn class by class. So the cost grows with the items, not their square.
COMPARISONS, JUDGES = 25_000_000, 2000

# Share of the usual agreement that is enough. Of 5 in 100 flipped labels of the 5,000 digits it finds
# 86 %, and 80 % of those that it names are flipped (means of five seeds); 1.0 would find fewer.
SURE = 0.9

# What a class has without any vote: a loss stays finite.
DOUBT = 0.1

CHUNK = 500


@dataclass(frozen=True)
class Suspect:
    """An item whose label may be wrong."""

    id: str
    set: str
    label: str
    """Name of the class that its label says."""
    looks_like: str
    """Name of the class that its neighbours are."""
    loss: str
    """Negative logarithm of the share of neighbours that agree with the label, in nats."""


def find_label_issues(
    items: Items, sets: NDArray[np.str_], classes: tuple[str, ...], kind: Kind, most: int
) -> tuple[Suspect, ...]:
    """At most so many items whose labels may be wrong, the worst first."""
    if most == 0:
        return ()
    votes = count_votes(
        extract_features(items.values, kind), items.labels, items.groups, len(classes)
    )
    shares = (votes + DOUBT) / (votes.sum(axis=1, keepdims=True) + DOUBT * len(classes))
    at, likely = flag_labels(shares, items.labels)
    loss = -np.log(shares[at, items.labels[at]])
    # the worst first; among equals those on whose other class neighbours agree best
    order = np.lexsort((at, -votes[at, likely], -loss))[:most]
    return tuple(
        Suspect(
            id=str(items.ids[at[one]]),
            set=str(sets[at[one]]),
            label=classes[items.labels[at[one]]],
            looks_like=classes[likely[one]],
            loss=f"{loss[one]:.3f}",
        )
        for one in order.tolist()
    )


def flag_labels(shares: NDArray[np.float64], labels: Whole) -> tuple[Whole, Whole]:
    """Positions of the items in doubt, and the class that each looks like.

    `shares` (N, C) of neighbours in each class. An item of a class with fewer items than votes is
    never flagged: it would be outvoted whatever it is.
    """
    likely = shares.argmax(axis=1)
    many = np.bincount(labels, minlength=shares.shape[1])
    own = shares[np.arange(len(labels)), labels]
    usual = np.bincount(labels, own, minlength=shares.shape[1]) / np.maximum(many, 1)
    sure = shares[np.arange(len(labels)), likely] >= SURE * usual[likely]
    at = np.flatnonzero((likely != labels) & sure & (many[labels] > NEIGHBOURS))
    return at, likely[at]


def count_votes(
    features: NDArray[Any], labels: Whole, groups: NDArray[np.str_], classes: int
) -> Whole:
    """Votes (N, C): how many of the nearest judges of each item are of each class.

    `features` (N, D) hold whole numbers whose squared distances are exact as float32.
    """
    judges = _judges(labels)
    count = min(NEIGHBOURS, len(judges) - 1)
    votes = np.zeros((len(features), classes), np.int64)
    if count < 1:
        return votes
    own = _voting_groups(groups)
    points = features.astype(np.float32)
    lengths = (points**2).sum(axis=1, keepdims=True)
    ones = np.ones_like(lengths)
    # one product gives squared distances: |x|^2 - 2 x y + |y|^2
    left, right = (
        np.hstack([-2 * points, lengths, ones]),
        np.hstack([points, ones, lengths])[judges],
    )
    for begin in range(0, len(points), CHUNK):
        chunk = slice(begin, begin + CHUNK)
        nearest = _nearest(left[chunk] @ right.T, own[chunk], own[judges], count)
        rows = np.repeat(np.arange(len(nearest)), count)
        np.add.at(votes[chunk], (rows, labels[judges[nearest.ravel()]]), 1)
    return votes


def _nearest(
    squares: NDArray[np.float32], own: NDArray[np.int32], judges: NDArray[np.int32], count: int
) -> Whole:
    """Positions (N, count) of the least squared distances; those of one's own come last.

    Distance and position share 31 bits, so that no two are equal and the order is everywhere the
    same; of distances as good as equal, the first wins.
    """
    places = (squares.shape[1] - 1).bit_length()
    keys = squares.astype(np.int32)
    keys >>= max(0, EXACT.bit_length() + places - 31)
    keys <<= places
    keys += np.arange(squares.shape[1], dtype=np.int32)
    np.bitwise_or(keys, 2**31 - 2**places, out=keys, where=own[:, None] == judges)
    keys.partition(count - 1, axis=1)
    return np.asarray(keys[:, :count] & (2**places - 1))


def _voting_groups(groups: NDArray[np.str_]) -> NDArray[np.int32]:
    """A number per item; those that share one do not judge each other.

    The groups, where there are enough of them that others can judge; else each item for itself.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    alone = np.arange(len(groups))
    return (numbers if len(names) > NEIGHBOURS else alone).astype(np.int32)


def _judges(labels: Whole) -> Whole:
    """Positions of the items that judge, evenly from each class, and some of each rare one."""
    allowed = max(JUDGES, COMPARISONS // max(1, len(labels)))
    if len(labels) <= allowed:
        return np.arange(len(labels))
    many = np.bincount(labels)
    per_class = np.maximum(apportion(many, allowed), np.minimum(many, 2 * NEIGHBOURS))
    chosen = [
        np.flatnonzero(labels == label)[np.arange(count) * many[label] // count]
        for label, count in enumerate(per_class.tolist())
        if count
    ]
    return np.sort(np.concatenate(chosen))
