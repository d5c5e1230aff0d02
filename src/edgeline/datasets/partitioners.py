"""Ways to assign items to devices, and how uneven the shares are."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.splits import apportion
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data

Positions: TypeAlias = NDArray[np.int64]
Labels: TypeAlias = NDArray[np.int64]
Owners: TypeAlias = NDArray[np.int64]

# Items of a device; fewer make no useful batch.
FEWEST = 10


def assign_devices(
    others: Items, settings: Data, generator: np.random.Generator
) -> list[Positions]:
    """Positions of each device's items, ascending: every item on one device, at least 10 on each.

    Raises:
        RecipeError: with `partition: natural`, groups are unknown or too small.
    """
    if settings.partition == "natural":
        owner = _natural(others)
    else:
        owner = PARTITIONERS[settings.partition](others.labels, settings, generator)
        fill_small_shares(owner, settings.devices)
    # by now every device has items, so that their number is that of the counts
    return np.split(np.argsort(owner, kind="stable"), np.cumsum(np.bincount(owner))[:-1])


def dirichlet(labels: Labels, settings: Data, generator: np.random.Generator) -> Owners:
    """The device of each item, uneven in classes and in number.

    The items of each class are split in shares drawn from a symmetric Dirichlet distribution, so
    that devices differ in how much they have as well as in what. Hsu, Qi and Brown (arXiv
    1909.06335) draw each device's mix of classes so, for devices with equally many items; split
    by class, no item is left over.
    """
    owner = np.empty(len(labels), dtype=np.int64)
    concentrations = np.full(settings.devices, settings.dirichlet)
    for label in np.unique(labels):
        at = generator.permutation(np.flatnonzero(labels == label))
        shares = apportion(generator.dirichlet(concentrations), len(at))
        owner[at] = np.repeat(np.arange(settings.devices), shares)
    return owner


def iid(labels: Labels, settings: Data, generator: np.random.Generator) -> Owners:
    """The device of each item: all have equally many of every class, give or take one."""
    owner = np.empty(len(labels), dtype=np.int64)
    owner[_by_class(labels, generator)] = np.arange(len(labels)) % settings.devices
    return owner


def shards(labels: Labels, settings: Data, generator: np.random.Generator) -> Owners:
    """The device of each item, sorted by class and cut into equal shards, of which a device gets some.

    McMahan et al., "Communication-efficient learning of deep networks from decentralized data"
    (arXiv 1602.05629), with 2 shards each.
    """
    count = settings.devices * settings.shards
    holder = generator.permutation(np.arange(count) % settings.devices)
    owner = np.empty(len(labels), dtype=np.int64)
    cut = np.array_split(_by_class(labels, generator), count)
    for at, device in zip(cut, holder.tolist(), strict=True):
        owner[at] = device
    return owner


PARTITIONERS: dict[str, Callable[[Labels, Data, np.random.Generator], Owners]] = {
    "dirichlet": dirichlet,
    "iid": iid,
    "shards": shards,
}


def fill_small_shares(owner: Owners, devices: int) -> None:
    """Give each device with fewer than 10 items more of them, from the device that has most."""
    counts = np.bincount(owner, minlength=devices)
    while counts.min() < FEWEST:
        poorest, richest = int(counts.argmin()), int(counts.argmax())
        owner[np.flatnonzero(owner == richest)[-1]] = poorest
        counts[poorest] += 1
        counts[richest] -= 1


def mix_distances(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Total variation distance of each device's mix of classes (D, C) from that of all together:
    0 when alike, towards 1 when every device knows other classes."""
    mixes = counts / counts.sum(axis=1, keepdims=True)
    all_devices = counts.sum(axis=0) / counts.sum()
    return np.asarray(np.abs(mixes - all_devices).sum(axis=1) / 2)


def _by_class(labels: Labels, generator: np.random.Generator) -> Positions:
    """Positions sorted by class, in random order within each."""
    shuffled = generator.permutation(len(labels))
    return shuffled[np.argsort(labels[shuffled], kind="stable")]


def _natural(others: Items) -> Owners:
    """Each group is a device, with what it has and no more: nothing moves between real ones."""
    names, owner, counts = np.unique(others.groups, return_inverse=True, return_counts=True)
    unknown = int((others.groups == "").sum())
    if unknown or len(names) == 0:
        raise RecipeError(
            expected="a group for every item, with data.partition natural",
            found=f"none for {unknown} of {len(others)} items",
            remedy="name the column in data.group, or choose another data.partition",
        )
    if counts.min() < FEWEST:
        smallest = str(names[counts.argmin()])
        raise RecipeError(
            expected=f"at least {FEWEST} training items of each group besides the central ones",
            found=f"{counts.min()} of {smallest!r}",
            remedy="leave small groups out, lower data.central, or choose another data.partition",
        )
    return owner
