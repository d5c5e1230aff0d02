"""Counts of a page: how many items of each class a set or an owner has, and how uneven devices are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.card import Card
from edgeline.datasets.prepare import SETS
from edgeline.page import Markup, visible

COLUMNS = (*SETS, "centre", "devices")
MOST_DEVICES = 100
COLOURS = 20
"""Classes that have a colour of their own; the others share a grey one."""
GREY = "kx"

MIX = Markup('<svg height="16" class="mix" role="img" aria-label="mix of classes">{}</svg>')
BAR = Markup('<rect height="16" x="{:.2f}%" width="{:.2f}%" class="{}"><title>{}</title></rect>')


def count_classes(
    card: Card, previous: Card | None
) -> list[tuple[str | None, list[tuple[int, int]]]]:
    """For each class, and at last for all under None: items in each column, and how many more than before."""
    before = dict(_rows(previous or card))
    absent = [0] * len(COLUMNS)
    return [
        (name, [(now, now - old) for now, old in zip(row, before.get(name, absent), strict=True)])
        for name, row in _rows(card)
    ]


def describe_devices(card: Card) -> list[tuple[str, int, Markup, str]]:
    """Each owner's name, items, mix of classes, and its distance from that of all devices.

    All devices and the centre come first, without a distance. Of many devices those are there that
    are farthest from the whole.
    """
    items = np.array(card.devices).reshape(len(card.devices), -1)
    names = card.owners or [f"{at:02}" for at in range(len(items))]
    distances = [float(distance) for distance in card.distances]
    farthest = sorted(range(len(items)), key=lambda at: -distances[at])[:MOST_DEVICES]
    rows = [("all devices", items.sum(axis=0), ""), ("centre", np.array(card.central), "")]
    rows += [(names[at], items[at], f"{distances[at]:.3f}") for at in sorted(farthest)]
    colours, classes = colour_classes(card), card.form.classes
    return [
        (name, int(counts.sum()), draw_mix(counts, classes, colours), distance)
        for name, counts, distance in rows
    ]


def colour_classes(card: Card) -> dict[int, str]:
    """By label the colour of each class that has one of its own: the most frequent."""
    most_first = np.argsort(-np.sum(card.devices, axis=0), kind="stable")
    return {label: f"k{label % COLOURS}" for label in sorted(most_first[:COLOURS].tolist())}


def list_colours(card: Card) -> list[tuple[str, str]]:
    """Colour and class; the last row may stand for all classes without a colour of their own."""
    classes, colours = card.form.classes, colour_classes(card)
    more = len(classes) - len(colours)
    legend = [(colour, classes[label]) for label, colour in colours.items()]
    return legend + [(GREY, f"{more:,} more classes")] * bool(more)


def draw_mix(counts: NDArray[np.int64], classes: Sequence[str], colours: dict[int, str]) -> Markup:
    """A bar for each class that there is, one after the other; they fill the width."""
    shares = 100 * counts / max(1, counts.sum())
    starts = np.cumsum(shares) - shares
    return MIX.format(
        Markup("").join(
            BAR.format(
                starts[label],
                shares[label],
                colours.get(label, GREY),
                visible(f"{classes[label]}: {counts[label]:,}"),
            )
            for label in np.flatnonzero(counts).tolist()
        )
    )


def _rows(card: Card) -> list[tuple[str | None, list[int]]]:
    """Items in each column, of each class and of all."""
    devices = [sum(counts) for counts in zip(*card.devices, strict=True)]
    columns = [*(card.set_classes[name] for name in SETS), card.central, devices]
    names = (*card.form.classes, None)
    totals = [sum(column) for column in columns]
    return list(zip(names, [*map(list, zip(*columns, strict=True)), totals], strict=True))
