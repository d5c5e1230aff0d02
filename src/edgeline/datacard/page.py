"""The data card as one HTML file: what the data are, who owns them, what was left out, what has changed."""

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib import resources
from itertools import accumulate, islice
from pathlib import Path

from edgeline.datacard import class_tables
from edgeline.datacard.distributions import describe_features
from edgeline.datacard.gallery import describe_samples, describe_suspects, select_suspects
from edgeline.datacard.thumbnails import MOST_COLUMNS, MOST_LANES
from edgeline.datasets import load_central, load_set
from edgeline.datasets.card import Card, load
from edgeline.datasets.drift import DriftReport, measure_drift
from edgeline.datasets.items import Items
from edgeline.datasets.prepare import PrepareReport, read_report
from edgeline.page import Markup, clipped, standalone, templates

WEB = resources.files("edgeline.datacard") / "web"
# Of a long list: those in the page, of which its script shows some at a time.
MOST_ROWS, MOST_BYTES = 20_000, 3_000_000


def page_of(folder: Path, before: Card | None) -> tuple[str, DriftReport | None]:
    """The page of the data in a folder, and the drift that it shows; `before` is the card to compare with.

    Items on devices are counted and not shown, since the central site may not show them.
    """
    card, report = load(folder), read_report(folder)
    sets = [load_central(folder), load_set(folder, "validation"), load_set(folder, "test")]
    drift = measure_drift(before, card) if before else None
    suspects = select_suspects(sets, report.suspects)
    return page(card, report, sets[0], suspects, drift=drift, previous=before), drift


def page(
    card: Card,
    report: PrepareReport,
    samples: Items,
    suspects: Items,
    *,
    drift: DriftReport | None = None,
    previous: Card | None = None,
) -> str:
    """The file's text.

    `samples` are items that may be shown, those of the central site; `suspects` the items that the
    report suspects, in any order. `drift` is how the card differs from the `previous` one.
    """
    form, classes = card.form.preprocessing, card.form.classes
    title = str(card.source.get("title") or card.source.get("name") or "Data")
    body = (
        templates("edgeline.datacard")
        .get_template("card.html")
        .render(
            title=title,
            card=card,
            form=form,
            columns=form.columns or tuple(map(str, range(form.channels))),
            most={"series": MOST_LANES, "table": MOST_COLUMNS}.get(form.kind, 0),
            report=report,
            previous=previous,
            drift=drift and replace(drift, labels=replace(drift.labels, name="mix of classes")),
            sets=class_tables.COLUMNS,
            counts=class_tables.count_classes(card, previous),
            devices=class_tables.describe_devices(card),
            legend=class_tables.list_colours(card),
            samples=describe_samples(form, classes, samples),
            features=describe_features(card, previous),
            suspects=describe_suspects(form, report.suspects, suspects),
            quarantine=fitting((one.id, one.reason) for one in report.quarantine),
            duplicates=fitting(_name_copies(report)),
        )
    )
    style, script = ((WEB / name).read_text("utf-8") for name in ("card.css", "card.js"))
    return standalone(title, Markup(body), style, script, images=True)


def fitting(rows: Iterable[tuple[str, ...]]) -> list[list[str]]:
    """The first rows, as many as a page can hold."""
    shown = [list(map(clipped, row)) for row in islice(rows, MOST_ROWS)]
    sizes = accumulate(len(json.dumps(row)) for row in shown)
    return shown[: sum(size <= MOST_BYTES for size in sizes)]


def _name_copies(report: PrepareReport) -> Iterable[tuple[str, ...]]:
    """A copy in another set comes first: it would let a model be tested on what it has learned."""
    for one in sorted(report.duplicates, key=lambda one: one.set == one.of_set):
        why = f"{one.reason} ({one.how})"
        yield one.id, one.set or "source", one.of, one.of_set or "source", why
