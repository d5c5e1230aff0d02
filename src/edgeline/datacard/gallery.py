"""Items of a page as a person looks at them: samples class by class, and labels that may be wrong."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.datacard.thumbnails import (
    MOST_LANES,
    ImageThumbnail,
    SeriesThumbnail,
    draw_image,
    draw_series,
    ranges,
)
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect
from edgeline.page import clipped
from edgeline.preprocess import Preprocessing

PER_CLASS, MOST, MOST_ROWS = 10, 240, 5
MOST_SUSPECTS, MOST_COLUMNS = 200, 40
"""More than these would make the file larger than its use."""

Thumbnail = ImageThumbnail | SeriesThumbnail


@dataclass(frozen=True)
class Row:
    """A row of a table as it is in the data."""

    title: str
    suspect: Suspect | None
    id: str
    values: NDArray[np.float64]


@dataclass(frozen=True)
class RowTable:
    """Rows of numbers under the names of their features, as many as fit."""

    columns: tuple[str, ...]
    omitted: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Samples:
    """A few items of each class: thumbnails, or rows of a table."""

    channels: tuple[str, ...]
    """Of a series, those that are drawn; empty for other kinds."""
    more_channels: int
    shelves: tuple[tuple[str, tuple[Thumbnail, ...]], ...]
    table: RowTable | None


@dataclass(frozen=True)
class Suspects:
    """Labels that may be wrong, the worst first; without a thumbnail where an item is not here."""

    count: int
    """Of all suspects, of which the first are shown."""
    shown: int
    cards: tuple[tuple[Suspect, Thumbnail | None], ...]
    table: RowTable | None


def describe_samples(form: Preprocessing, classes: Sequence[str], items: Items) -> Samples:
    """A few items of each class, the first of those given and then evenly on."""
    is_table = form.kind == "table"
    each = max(1, min(MOST_ROWS if is_table else PER_CLASS, MOST // len(classes)))
    places = [
        (name, _spread(items.labels, label, each)) for label, name in enumerate(classes[:MOST])
    ]
    channels = _names(form) if form.kind == "series" else ()
    table, shelves = None, []
    if is_table:
        rows = [_row(items, at, name) for name, positions in places for at in positions]
        table = _table(form, rows)
    else:
        draw = _drawer(form, items)
        shelves = [(name, tuple(draw(at) for at in positions)) for name, positions in places]
    return Samples(
        channels=channels[:MOST_LANES],
        more_channels=max(0, len(channels) - MOST_LANES),
        shelves=tuple(shelves),
        table=table,
    )


def describe_suspects(
    form: Preprocessing, suspects: Sequence[Suspect], items: Items
) -> Suspects | None:
    """What each looks like, what it is labelled and which class it resembles; None without any."""
    if not suspects:
        return None
    places = {identity: at for at, identity in enumerate(items.ids.tolist())}
    shown = suspects[:MOST_SUSPECTS]
    if form.kind == "table":
        rows = [_row(items, places[one.id], "", one) for one in shown if one.id in places]
        cards: list[tuple[Suspect, Thumbnail | None]] = [
            (one, None) for one in shown if one.id not in places
        ]
        return Suspects(len(suspects), len(shown), tuple(cards), _table(form, rows))
    draw = _drawer(form, items)
    cards = [(one, draw(places[one.id]) if one.id in places else None) for one in shown]
    return Suspects(len(suspects), len(shown), tuple(cards), None)


def select_suspects(sets: Iterable[Items], suspects: Sequence[Suspect]) -> Items:
    """The items of these suspects, out of all prepared sets."""
    ids = [one.id for one in suspects]
    parts = [items.take(np.isin(items.ids, ids)) for items in sets]
    fields = ("values", "labels", "ids", "groups")
    return Items(*(np.concatenate([getattr(part, field) for part in parts]) for field in fields))


def _drawer(form: Preprocessing, items: Items) -> Callable[[int], Thumbnail]:
    """How an item at a position is drawn: an image as it is, series on scales that all of them share."""
    values, ids = items.values, [clipped(identity) for identity in items.ids.tolist()]
    if form.kind == "image":
        return lambda at: draw_image(values[at], ids[at])
    scale = ranges(values) if len(values) else np.zeros((2, form.channels))
    return lambda at: draw_series(values[at], scale, ids[at])


def _spread(labels: NDArray[np.int64], label: int, count: int) -> list[int]:
    """Positions of at most so many items of a class, evenly among all of it."""
    at = np.flatnonzero(labels == label)
    if not len(at):
        return []
    steps = np.unique(np.linspace(0, len(at) - 1, count).round().astype(int))
    return [int(one) for one in at[steps]]


def _names(form: Preprocessing) -> tuple[str, ...]:
    return form.columns or tuple(map(str, range(form.channels)))


def _row(items: Items, at: int, title: str, suspect: Suspect | None = None) -> Row:
    return Row(title, suspect, str(items.ids[at]), items.values[at, :MOST_COLUMNS])


def _table(form: Preprocessing, rows: Sequence[Row]) -> RowTable:
    omitted = max(0, form.channels - MOST_COLUMNS)
    return RowTable(_names(form)[:MOST_COLUMNS], omitted, tuple(rows))
