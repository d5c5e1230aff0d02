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

# Items of a device; fewer make no useful batch.
FEWEST = 10


def assign_devices(
    others: Items, settings: Data, generator: np.random.Generator
) -> list[Positions]:
    """Positions of each device's items, ascending: every item on one device, at least 10 on each.

    Raises:
        RecipeError: with `partition: natural`, groups are unknown or too small.
    """
    return PARTITIONERS[settings.partition](others, settings, generator)


def list_groups(others: Items, settings: Data) -> list[str]:
    """The group that each device is, with `partition: natural`; else empty."""
    return np.unique(others.groups).tolist() if settings.partition == "natural" else []


def dirichlet(
    labels: Labels, devices: int, concentration: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """The device of each item, uneven in classes and in number.

    The items of each class are split in shares drawn from a symmetric Dirichlet distribution, so
    that devices differ in how much they have as well as in what. Hsu, Qi and Brown (arXiv
    1909.06335) draw each device's mix of classes so, for devices with equally many items; split
    by class, no item is left over.
    """
    owner = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        at = generator.permutation(np.flatnonzero(labels == label))
        shares = apportion(generator.dirichlet(np.full(devices, concentration)), len(at))
        owner[at] = np.repeat(np.arange(devices), shares)
    return owner


def iid(labels: Labels, devices: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """The device of each item: all have equally many of every class, give or take one."""
    owner = np.empty(len(labels), dtype=np.int64)
    owner[_by_class(labels, generator)] = np.arange(len(labels)) % devices
    return owner


def shards(
    labels: Labels, devices: int, each: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """The device of each item, sorted by class and cut into equal shards, of which a device gets `each`.

    McMahan et al., "Communication-efficient learning of deep networks from decentralized data"
    (arXiv 1602.05629), with 2 shards each.
    """
    holder = generator.permutation(np.arange(devices * each) % devices)
    owner = np.empty(len(labels), dtype=np.int64)
    cut = np.array_split(_by_class(labels, generator), devices * each)
    for at, device in zip(cut, holder.tolist(), strict=True):
        owner[at] = device
    return owner


def fill_small_shares(owner: NDArray[np.int64], devices: int) -> None:
    """Give each device with fewer than 10 items more of them, from the device that has most."""
    counts = np.bincount(owner, minlength=devices)
    while counts.min() < FEWEST:
        poorest, richest = int(counts.argmin()), int(counts.argmax())
        owner[np.flatnonzero(owner == richest)[-1]] = poorest
        counts[poorest] += 1
        counts[richest] -= 1


def count_classes(labels: Labels, classes: int) -> tuple[int, ...]:
    """Items of each class."""
    return tuple(int(count) for count in np.bincount(labels, minlength=classes))


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


def _dirichlet(others: Items, settings: Data, generator: np.random.Generator) -> list[Positions]:
    owner = dirichlet(others.labels, settings.devices, settings.dirichlet, generator)
    return _shares(owner, settings.devices)


def _iid(others: Items, settings: Data, generator: np.random.Generator) -> list[Positions]:
    return _shares(iid(others.labels, settings.devices, generator), settings.devices)


def _shards(others: Items, settings: Data, generator: np.random.Generator) -> list[Positions]:
    owner = shards(others.labels, settings.devices, settings.shards, generator)
    return _shares(owner, settings.devices)


def _natural(others: Items, settings: Data, generator: np.random.Generator) -> list[Positions]:
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
    return [np.flatnonzero(owner == number) for number in range(len(names))]


def _shares(owner: NDArray[np.int64], devices: int) -> list[Positions]:
    fill_small_shares(owner, devices)
    by_device = np.argsort(owner, kind="stable")
    return np.split(by_device, np.cumsum(np.bincount(owner, minlength=devices))[:-1])


PARTITIONERS: dict[str, Callable[[Items, Data, np.random.Generator], list[Positions]]] = {
    "dirichlet": _dirichlet,
    "iid": _iid,
    "shards": _shards,
    "natural": _natural,
}
