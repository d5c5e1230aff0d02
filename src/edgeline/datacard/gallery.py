"""Items of a page as a person looks at them: samples class by class, and labels that may be wrong."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeline.datacard.thumbnails import draw_image, draw_row, draw_series, ranges
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect
from edgeline.page import Markup, clipped
from edgeline.preprocess import Preprocessing

PER_CLASS, MOST, MOST_ROWS = 10, 240, 5
MOST_SUSPECTS = 200
"""More than these would make the file larger than its use."""


def describe_samples(
    form: Preprocessing, classes: Sequence[str], items: Items
) -> list[tuple[str, list[Markup]]]:
    """A few items of each class, the first of those given and then evenly on."""
    each = max(1, min(MOST_ROWS if form.kind == "table" else PER_CLASS, MOST // len(classes)))
    draw = _drawer(form, items)
    return [
        (name, [draw(at) for at in _spread(items.labels, label, each)])
        for label, name in enumerate(classes[:MOST])
    ]


def describe_suspects(
    form: Preprocessing, suspects: Sequence[Suspect], items: Items
) -> list[tuple[Suspect, Markup | None]]:
    """Labels that may be wrong, the worst first, with what the item looks like where it is among these."""
    places = {identity: at for at, identity in enumerate(items.ids.tolist())}
    draw = _drawer(form, items)
    return [
        (one, draw(places[one.id]) if one.id in places else None)
        for one in suspects[:MOST_SUSPECTS]
    ]


def select_suspects(sets: Iterable[Items], suspects: Sequence[Suspect]) -> Items:
    """The items of these suspects, out of all prepared sets."""
    ids = [one.id for one in suspects]
    parts = [items.take(np.isin(items.ids, ids)) for items in sets]
    fields = ("values", "labels", "ids", "groups")
    return Items(*(np.concatenate([getattr(part, field) for part in parts]) for field in fields))


def _drawer(form: Preprocessing, items: Items) -> Callable[[int], Markup]:
    """How an item at a position is drawn; series are on scales that all of them share."""
    values, ids = items.values, [clipped(identity) for identity in items.ids.tolist()]
    if form.kind == "image":
        return lambda at: draw_image(values[at], ids[at])
    if form.kind == "table":
        return lambda at: draw_row(values[at], ids[at])
    scale = ranges(values) if len(values) else np.zeros((2, form.channels))
    return lambda at: draw_series(values[at], scale, ids[at])


def _spread(labels: NDArray[np.int64], label: int, count: int) -> list[int]:
    """Positions of at most so many items of a class, evenly among all of it."""
    at = np.flatnonzero(labels == label)
    if not len(at):
        return []
    steps = np.unique(np.linspace(0, len(at) - 1, count).round().astype(int))
    return [int(one) for one in at[steps]]
