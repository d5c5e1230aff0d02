"""A page's tables of counts: who has how many items of which class, and how far from all together that is."""

from collections.abc import Sequence

import numpy as np

from edgeline.datacard.markup import Markup, name, tag
from edgeline.datasets.card import Card

SETS = ("train", "validation", "test")
MOST_DEVICES = 100
COLOURS = 20
"""Classes that have a colour of their own; the others share a grey one."""


def counts(card: Card, previous: Card | None) -> Markup:
    """Items of each class in each set and at each kind of owner, with what changed since `previous`."""
    now, before = _columns(card), _columns(previous) if previous else {}
    names = card.form.classes
    known = {one: at for at, one in enumerate(previous.form.classes)} if previous else {}
    rows = [
        (
            name(one),
            [(column[at], _was(before, key, known.get(one))) for key, column in now.items()],
        )
        for at, one in enumerate(names)
    ]
    totals = [(sum(column), sum(before[key]) if before else None) for key, column in now.items()]
    gone = [one for one in known if one not in names]
    return tag(
        "section",
        tag("h2", "Sets and classes"),
        tag(
            "table",
            tag("thead", tag("tr", _head("class"), [_head(key, "number") for key in now])),
            tag("tbody", [_row(title, cells, before != {}) for title, cells in rows]),
            tag("tfoot", _row("all", totals, before != {})),
            class_="counts",
        ),
        tag("p", f"Classes that are no longer there: {', '.join(gone)}.") if gone else None,
        tag("p", _groups(card), class_="quiet") if any(card.groups.values()) else None,
    )


def devices(card: Card) -> Markup:
    """A bar for each device, or for those farthest from the whole where they are many."""
    owned = np.array(card.devices).reshape(len(card.devices), -1)
    distances = [float(distance) for distance in card.distances]
    shown = sorted(sorted(range(len(owned)), key=lambda at: -distances[at])[:MOST_DEVICES])
    coloured = {int(at) for at in np.argsort(-owned.sum(axis=0), kind="stable")[:COLOURS]}
    classes = card.form.classes
    whole = [
        _owner(tag("b", "all devices"), owned.sum(axis=0), "", classes, coloured),
        _owner(tag("b", "centre"), np.array(card.central), "", classes, coloured),
    ]
    rows = [
        _owner(_device(card, at), owned[at], f"{distances[at]:.3f}", classes, coloured)
        for at in shown
    ]
    head = [_head("owner"), _head("items", "number"), _head("mix of classes")]
    head.append(_head("distance", "number"))
    return tag(
        "section",
        tag("h2", "Devices"),
        tag("p", _skew(distances, card.skew)),
        tag("p", f"The {len(shown)} farthest are shown.") if len(shown) < len(owned) else None,
        _legend(classes, coloured),
        tag("table", tag("thead", tag("tr", head)), tag("tbody", whole, rows), class_="devices"),
    )


def colour(label: int, coloured: set[int]) -> str:
    return f"k{label % COLOURS}" if label in coloured else "kx"


def _columns(card: Card) -> dict[str, Sequence[int]]:
    sets = {key: card.set_classes[key] for key in SETS}
    return {
        **sets,
        "centre": card.central,
        "devices": [sum(one) for one in zip(*card.devices, strict=True)],
    }


def _was(before: dict[str, Sequence[int]], key: str, at: int | None) -> int | None:
    if not before:
        return None
    return 0 if at is None else before[key][at]


def _row(title: str | Markup, cells: Sequence[tuple[int, int | None]], compared: bool) -> Markup:
    numbers = [tag("td", f"{now:,}", _change(now, was), class_="number") for now, was in cells]
    return tag("tr", tag("th", title, scope="row"), numbers)


def _change(now: int, was: int | None) -> Markup | None:
    return None if was is None or was == now else tag("small", f" {now - was:+,}")


def _groups(card: Card) -> str:
    told = ", ".join(f"{card.groups.get(key, 0):,} in {key}" for key in SETS)
    return f"Groups, none of them in two sets: {told}."


def _device(card: Card, at: int) -> Markup:
    return name(card.owners[at]) if card.owners else tag("span", f"{at:02}")


def _skew(distances: Sequence[float], skew: str) -> str:
    return (
        f"{len(distances):,} devices. Distance is the total variation between a device's mix of classes and "
        f"that of all devices: 0 is the same mix, 1 has no class in common. Mean {float(skew):.3f}, "
        f"from {min(distances, default=0):.3f} to {max(distances, default=0):.3f}."
    )


def _owner(
    title: Markup,
    owned: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    distance: str,
    classes: Sequence[str],
    coloured: set[int],
) -> Markup:
    total, left = int(owned.sum()), 0.0
    parts = []
    for at in map(int, np.flatnonzero(owned)):
        width = 100 * int(owned[at]) / total
        words = tag("title", f"{classes[at]}: {owned[at]:,}")
        place = {"x": f"{left:.2f}%", "width": f"{width:.2f}%", "class_": colour(at, coloured)}
        parts.append(tag("rect", words, height="16", **place))
        left += width
    bar = tag("svg", parts, height=16, class_="mix", role="img", aria_label="mix of classes")
    return tag(
        "tr",
        tag("th", title, scope="row"),
        tag("td", f"{total:,}", class_="number"),
        tag("td", bar, class_="wide"),
        tag("td", distance, class_="number"),
    )


def _legend(classes: Sequence[str], coloured: set[int]) -> Markup:
    keys = [(colour(at, coloured), classes[at]) for at in sorted(coloured)]
    if len(classes) > len(coloured):
        keys.append(("kx", f"{len(classes) - len(coloured):,} more classes"))
    return tag("ul", [tag("li", swatch(kind), name(words)) for kind, words in keys], class_="keys")


def swatch(kind: str) -> Markup:
    square = tag("rect", width=12, height=12, rx=2, class_=kind)
    return tag("svg", square, width=12, height=12, aria_hidden="true")


def _head(words: str, kind: str | None = None) -> Markup:
    return tag("th", words, scope="col", class_=kind)
