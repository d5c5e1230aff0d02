"""Random splits into sets that keep every class in proportion.

Where items come in groups (a patient's, a machine's) whole groups are drawn, or a model would be
tested on groups that it has learned from. The classes are then as near to proportion as the groups
allow.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import RecipeError

Positions: TypeAlias = NDArray[np.int64]

# Orders in which groups are tried; the best one is taken.
ORDERS = 16


def draw(
    labels: NDArray[np.int64],
    count: int,
    generator: np.random.Generator,
    groups: NDArray[np.str_] | None = None,
) -> NDArray[np.bool_]:
    """Whether each item is among `count` that are drawn, every class in proportion.

    Exactly so many; with `groups` (N,) about so many, and every group as a whole.

    Raises:
        RecipeError: whole groups cannot be drawn without taking or leaving all, or all of a class.
    """
    drawn = np.zeros(len(labels), dtype=bool)
    classes, totals = np.unique(labels, return_counts=True)
    if groups is None:
        for label, quota in zip(classes, apportion(totals, count), strict=True):
            drawn[generator.permutation(np.flatnonzero(labels == label))[:quota]] = True
    elif count > 0:
        drawn = _whole_groups(labels, groups, count, generator)
        if not drawn.any() or len(np.unique(labels[~drawn])) < len(classes):
            raise RecipeError(
                expected=f"groups of which about {count} of {len(labels)} items can be drawn, "
                "with every class in those that are left",
                found=f"{len(np.unique(groups))} groups, too large or of too few classes",
                remedy="lower data.validation, data.test or data.central, or leave data.group empty",
            )
    return drawn


def _whole_groups(
    labels: NDArray[np.int64],
    groups: NDArray[np.str_],
    count: int,
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """Whether each item is drawn: in each of several orders a group is taken if that brings the
    counts of the classes nearer to proportion, and the order that comes nearest is kept."""
    names, of_item = np.unique(groups, return_inverse=True)
    _, classes = np.unique(labels, return_inverse=True)
    content = np.zeros((len(names), int(classes.max()) + 1))
    np.add.at(content, (of_item, classes), 1)
    quota = content.sum(axis=0) * count / len(labels)
    best, nearest = np.zeros(len(names), dtype=bool), np.inf
    for _ in range(ORDERS):
        chosen, missing = _greedy(content, quota, generator.permutation(len(names)))
        if missing < nearest:
            best, nearest = chosen, missing
        if nearest < len(quota):  # within an item of each class: no order could do much better
            break
    return np.asarray(best[of_item])


def _greedy(
    content: NDArray[np.float64], quota: NDArray[np.float64], order: Positions
) -> tuple[NDArray[np.bool_], float]:
    """Groups taken in this order, and the squared distance of their counts from those wanted."""
    chosen, missing = np.zeros(len(content), dtype=bool), quota.copy()
    sizes = (content**2).sum(axis=1)
    for group in order.tolist():
        # |missing - group|^2 < |missing|^2
        if sizes[group] < 2 * (missing @ content[group]):
            missing -= content[group]
            chosen[group] = True
    return chosen, float(missing @ missing)


def apportion(weights: NDArray[np.generic], count: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to `weights` that add up to `count`, by largest remainders.

    The lowest index wins a tie, so the answer does not depend on the sort.
    """
    quotas = np.asarray(weights, dtype=np.float64) * count / np.sum(weights)
    shares: NDArray[np.int64] = np.floor(quotas).astype(np.int64)
    by_remainder = np.argsort(shares - quotas, kind="stable")
    shares[by_remainder[: count - shares.sum()]] += 1
    return shares
