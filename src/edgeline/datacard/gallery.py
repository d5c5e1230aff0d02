"""Items of a page as a person looks at them: samples class by class, and labels that may be wrong."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeline.datacard.markup import Markup, clipped, name, tag
from edgeline.datacard.thumbnails import MOST_LANES, image, lines, ranges
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect
from edgeline.preprocess import Preprocessing

PER_CLASS, MOST, MOST_ROWS = 10, 240, 5
MOST_SUSPECTS, MOST_COLUMNS = 200, 40
"""More than these would make the file larger than its use."""

Draw = Callable[[int], Markup]


def samples(form: Preprocessing, classes: Sequence[str], items: Items) -> Markup:
    """A few items of each class, the first of those given and then evenly on."""
    each = max(1, min(MOST_ROWS if form.kind == "table" else PER_CLASS, MOST // len(classes)))
    draw = drawer(form, items)
    shown = [(label, _spread(items.labels, label, each)) for label in range(len(classes))][:MOST]
    if form.kind == "table":
        rows = [(name(classes[label]), at) for label, found in shown for at in found]
        body = _table(form, items, rows, "class")
    else:
        body = tag("div", [_shelf(classes[label], found, draw) for label, found in shown])
    return tag("section", tag("h2", "Samples"), tag("p", _legend(form), class_="quiet"), body)


def suspects(form: Preprocessing, found: Sequence[Suspect], items: Items) -> Markup | None:
    """What each looks like, what it is labelled and which class it resembles; the worst first."""
    if not found:
        return None
    places = {identity: at for at, identity in enumerate(items.ids.tolist())}
    shown = found[:MOST_SUSPECTS]
    if form.kind == "table":
        rows = [(_verdict(one), places[one.id]) for one in shown if one.id in places]
        missing = [_card(one, None) for one in shown if one.id not in places]
        body = [_table(form, items, rows, "labelled"), tag("div", missing, class_="shelf")]
    else:
        draw = drawer(form, items)
        cards = [_card(one, draw(places[one.id]) if one.id in places else None) for one in shown]
        body = [tag("div", cards, class_="shelf")]
    return tag(
        "section",
        tag("h2", "Labels that may be wrong"),
        tag("p", _suspicion(len(found), len(shown)), class_="quiet"),
        body,
        id="suspects",
    )


def suspected(sets: Iterable[Items], found: Sequence[Suspect]) -> Items:
    """The items that are suspected, out of all prepared sets."""
    wanted = [one.id for one in found]
    parts = [items.take(np.isin(items.ids, wanted)) for items in sets]
    fields = ("values", "labels", "ids", "groups")
    return Items(*(np.concatenate([getattr(part, field) for part in parts]) for field in fields))


def drawer(form: Preprocessing, items: Items) -> Draw:
    """How an item at a position is drawn: an image as it is, series on scales that all of them share."""
    values, words = items.values, [clipped(identity) for identity in items.ids.tolist()]
    if form.kind == "image":
        return lambda at: image(values[at], words[at])
    scale = ranges(values) if len(values) else np.zeros((2, form.channels))
    return lambda at: lines(values[at], scale, words[at])


def _spread(labels: NDArray[np.int64], label: int, count: int) -> list[int]:
    """Positions of at most so many items of a class, evenly among all of it."""
    at = np.flatnonzero(labels == label)
    chosen = (
        at[np.unique(np.linspace(0, len(at) - 1, count).round().astype(int))] if len(at) else at
    )
    return [int(one) for one in chosen]


def _shelf(title: str, found: Sequence[int], draw: Draw) -> Markup:
    pictures: list[Markup] = [draw(at) for at in found] or [tag("p", "none here", class_="quiet")]
    return tag("div", tag("h3", name(title)), tag("div", pictures, class_="shelf"))


def _legend(form: Preprocessing) -> str:
    if form.kind != "series":
        return "From the central site."
    shown = (form.columns or tuple(map(str, range(form.channels))))[:MOST_LANES]
    more = f" and {form.channels - MOST_LANES} more" if form.channels > MOST_LANES else ""
    channels = ", ".join(map(clipped, shown))
    return f"From the central site. Channels from top to bottom: {channels}{more}."


def _suspicion(found: int, shown: int) -> str:
    few = f" The first {shown:,} are shown." if shown < found else ""
    return (
        f"{found:,} items that a model of the other items reads otherwise. None was changed.{few}"
    )


def _card(suspect: Suspect, picture: Markup | None) -> Markup:
    return tag("figure", picture, tag("figcaption", _verdict(suspect), tag("br"), name(suspect.id)))


def _verdict(suspect: Suspect) -> Markup:
    told = f"{suspect.set}, {float(suspect.loss):.1f} nats"
    return tag(
        "span",
        name(suspect.label),
        ", looks like ",
        tag("b", name(suspect.looks_like)),
        tag("small", f" ({told})"),
    )


def _table(
    form: Preprocessing, items: Items, rows: Sequence[tuple[Markup, int]], what: str
) -> Markup:
    """Rows of numbers under the names of their features, as many as fit."""
    names = (form.columns or tuple(map(str, range(form.channels))))[:MOST_COLUMNS]
    more = "" if form.channels <= MOST_COLUMNS else f"and {form.channels - MOST_COLUMNS} more"
    head = [tag("th", name(one), scope="col", class_="number") for one in names]
    lines = [
        tag(
            "tr",
            tag("th", title, scope="row"),
            tag("td", name(str(items.ids[at]))),
            [
                tag("td", f"{value:.4g}", class_="number")
                for value in items.values[at, :MOST_COLUMNS]
            ],
        )
        for title, at in rows
    ]
    heads = tag("tr", tag("th", what, scope="col"), tag("th", "item", scope="col"), head)
    table = tag("table", tag("thead", heads), tag("tbody", lines), class_="rows")
    return tag("div", table, tag("p", more, class_="quiet") if more else None, class_="scroll")
