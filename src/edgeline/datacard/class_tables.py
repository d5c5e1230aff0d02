"""Counts of a page: how many items of each class a set or an owner has, and how uneven devices are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.card import Card
from edgeline.datasets.prepare import SETS

MOST_DEVICES = 100
COLOURS = 20
"""Classes that have a colour of their own; the others share a grey one."""


@dataclass(frozen=True)
class Count:
    """Items now, and how many more than in the previous revision; None where there is none."""

    items: int
    change: int | None


@dataclass(frozen=True)
class ClassTable:
    """Items of each class in each set, at the central site and on devices."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, list[Count]], ...]
    totals: list[Count]
    removed: tuple[str, ...]
    """Classes that only the previous revision has."""
    groups: tuple[tuple[str, int], ...]
    """How many groups are in each set; empty where groups are not known."""


@dataclass(frozen=True)
class Bar:
    """The share of one class in an owner's items; place and width in per cent of the whole."""

    title: str
    colour: str
    x: float
    width: float


@dataclass(frozen=True)
class Owner:
    """A device, or several owners together, with its mix of classes."""

    name: str
    items: int
    distance: str
    """Of its mix from that of all devices; empty for several together."""
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class DeviceTable:
    owners: tuple[Owner, ...]
    count: int
    """Of all devices, of which the farthest `shown` are among the owners."""
    shown: int
    distances: tuple[float, ...]
    skew: float
    legend: tuple[tuple[str, str], ...]
    """Colour and class; the last row may stand for all classes without a colour of their own."""


def count_classes(card: Card, previous: Card | None) -> ClassTable:
    """Items of each class in each set and at each kind of owner, with what changed since `previous`."""
    now, before = _columns(card), _columns(previous) if previous else None
    names, old_names = card.form.classes, previous.form.classes if previous else ()

    def count(column: str, label: int, name: str) -> Count:
        items = now[column][label]
        if before is None:
            return Count(items, None)
        return Count(items, items - _of_class(before[column], old_names, name))

    return ClassTable(
        columns=tuple(now),
        rows=tuple(
            (name, [count(column, label, name) for column in now])
            for label, name in enumerate(names)
        ),
        totals=[
            Count(sum(now[column]), sum(now[column]) - sum(before[column]) if before else None)
            for column in now
        ],
        removed=tuple(name for name in old_names if name not in names),
        groups=tuple((name, card.groups.get(name, 0)) for name in SETS)
        if any(card.groups.values())
        else (),
    )


def describe_devices(card: Card) -> DeviceTable:
    """A bar for each device, or for those farthest from the whole where they are many."""
    items = np.array(card.devices).reshape(len(card.devices), -1)
    distances = [float(distance) for distance in card.distances]
    shown = sorted(sorted(range(len(items)), key=lambda at: -distances[at])[:MOST_DEVICES])
    coloured = {int(at) for at in np.argsort(-items.sum(axis=0), kind="stable")[:COLOURS]}
    classes = card.form.classes
    names = card.owners or [f"{at:02}" for at in range(len(items))]
    together = (("all devices", items.sum(axis=0)), ("centre", np.array(card.central)))
    owners = [Owner(name, int(sum(of)), "", _bars(of, classes, coloured)) for name, of in together]
    owners += [
        Owner(
            names[at],
            int(items[at].sum()),
            f"{distances[at]:.3f}",
            _bars(items[at], classes, coloured),
        )
        for at in shown
    ]
    return DeviceTable(
        owners=tuple(owners),
        count=len(items),
        shown=len(shown),
        distances=tuple(distances),
        skew=float(card.skew),
        legend=_legend(classes, coloured),
    )


def _columns(card: Card) -> dict[str, Sequence[int]]:
    sets = {name: card.set_classes[name] for name in SETS}
    devices = [sum(counts) for counts in zip(*card.devices, strict=True)]
    return {**sets, "centre": card.central, "devices": devices}


def _of_class(counts: Sequence[int], names: Sequence[str], name: str) -> int:
    return counts[names.index(name)] if name in names else 0


def _bars(counts: NDArray[np.int64], classes: Sequence[str], coloured: set[int]) -> tuple[Bar, ...]:
    """A bar for each class that there is, one after the other."""
    total, x = int(counts.sum()), 0.0
    bars = []
    for label in map(int, np.flatnonzero(counts)):
        width = 100 * int(counts[label]) / total
        title = f"{classes[label]}: {counts[label]:,}"
        bars.append(Bar(title, _colour(label, coloured), x, width))
        x += width
    return tuple(bars)


def _colour(label: int, coloured: set[int]) -> str:
    return f"k{label % COLOURS}" if label in coloured else "kx"


def _legend(classes: Sequence[str], coloured: set[int]) -> tuple[tuple[str, str], ...]:
    legend = [(_colour(label, coloured), classes[label]) for label in sorted(coloured)]
    if len(classes) > len(coloured):
        legend.append(("kx", f"{len(classes) - len(coloured):,} more classes"))
    return tuple(legend)
