"""Draws that keep every class in proportion: which examples train, choose and test a model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import RecipeError


@dataclass(frozen=True)
class Splits:
    """Three sets of positions that share none and leave none out; each in ascending order."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split(
    labels: NDArray[np.int64], validation: int, test: int, generator: np.random.Generator
) -> Splits:
    """Exactly `test` and `validation` examples, every class in proportion; all others train.

    Raises:
        RecipeError: nothing would be left to train on.
    """
    if validation + test >= len(labels):
        raise RecipeError(
            expected=f"data.validation + data.test below the {len(labels)} examples that there are",
            found=f"{validation} + {test}",
            remedy="ask for fewer",
        )
    tested, others = draw(labels, test, generator)
    chosen, trained = draw(labels[others], validation, generator)
    return Splits(others[trained], others[chosen], tested)


def draw(
    labels: NDArray[np.int64], count: int, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of `count` examples, every class in proportion, and of the others; ascending."""
    drawn = np.zeros(len(labels), dtype=bool)
    classes, totals = np.unique(labels, return_counts=True)
    for label, wanted in zip(classes, apportion(totals, count), strict=True):
        drawn[generator.permutation(np.flatnonzero(labels == label))[:wanted]] = True
    return np.flatnonzero(drawn), np.flatnonzero(~drawn)


def apportion(weights: NDArray[np.generic], count: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to `weights` that add up to `count`, by largest remainders.

    The lowest index wins a tie, so the answer does not depend on the sort.
    """
    quotas = np.asarray(weights, dtype=np.float64) * count / np.sum(weights)
    shares: NDArray[np.int64] = np.floor(quotas).astype(np.int64)
    by_remainder = np.argsort(shares - quotas, kind="stable")
    shares[by_remainder[: count - shares.sum()]] += 1
    return shares
