"""The data card as one HTML file: what the data are, who owns them, what was left out, what has changed."""

from importlib import resources

from edgeline.datacard import class_tables as mixes
from edgeline.datacard import distributions as strips
from edgeline.datacard import gallery
from edgeline.datacard.listing import listing
from edgeline.datacard.markup import Child, Markup, joined, name, tag
from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport
from edgeline.datasets.duplicates import Duplicate
from edgeline.datasets.items import Items
from edgeline.datasets.prepare import Prepared
from edgeline.page import Markup as Html
from edgeline.page import standalone

WEB = resources.files("edgeline.datacard") / "web"
ITEMS = {"image": "an image", "series": "a series", "table": "a row"}
ALL = "all of them are in prepared/report.json."


def page(
    card: Card,
    report: Prepared,
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
    form = card.form
    sections: list[Child] = [
        strips.drift(drift),
        mixes.counts(card, previous),
        mixes.devices(card),
        gallery.samples(form.preprocessing, form.classes, samples),
        strips.features(card, previous),
        gallery.suspects(form.preprocessing, report.suspects, suspects),
        _left_out(card, report),
        _duplicates(card, report),
    ]
    title = str(card.source.get("title") or card.source.get("name") or "Data")
    body = [_header(title, card, report, previous), tag("main", sections)]
    style, script = ((WEB / each).read_text("utf-8") for each in ("card.css", "card.js"))
    return standalone(title, Html(joined(body)), style, script, images=True)


def _header(title: str, card: Card, report: Prepared, previous: Card | None) -> Markup:
    form = card.form.preprocessing
    size = " x ".join(map(str, form.shape))
    told: list[tuple[str, Child]] = [
        (key, name(str(value))) for key, value in card.source.items() if value and key != "title"
    ]
    told += [
        ("revision", tag("code", card.digest)),
        ("previous revision", tag("code", previous.digest) if previous else None),
        ("items", f"{report.kept:,} of {report.raw:,} kept, each {ITEMS[form.kind]} of {size}"),
        ("classes", f"{len(card.form.classes):,}"),
        ("changes while learning", name(card.form.augmentation)),
    ]
    rows = [[tag("dt", key), tag("dd", value)] for key, value in told if value]
    return tag("header", tag("h1", name(title)), tag("dl", rows))


def _left_out(card: Card, report: Prepared) -> Markup:
    reasons = sorted(card.left_out.items(), key=lambda pair: (-pair[1], pair[0]))
    counted = [
        tag("tr", tag("th", name(reason), scope="row"), tag("td", f"{count:,}", class_="number"))
        for reason, count in reasons
    ]
    rows = [(one.id, one.reason) for one in report.quarantine]
    return tag(
        "section",
        tag("h2", "Left out"),
        tag("table", tag("tbody", counted)) if counted else tag("p", "Nothing."),
        tag("h3", "Quarantine"),
        listing("quarantine", ("item", "reason"), rows, ALL),
    )


def _duplicates(card: Card, report: Prepared) -> Markup:
    told = ", ".join(
        f"{count:,} {kind}" for kind, count in sorted(card.duplicates.items()) if count
    )
    # a copy that would have let a model be tested on what it has learned comes first
    found = sorted(report.duplicates, key=lambda one: one.set == one.of_set)
    columns = ("item", "in", "is a copy of", "in", "why it is left out")
    return tag(
        "section",
        tag("h2", "Duplicates"),
        tag("p", f"{told}.") if told else None,
        listing("duplicates", columns, [_pair(one) for one in found], ALL),
    )


def _pair(one: Duplicate) -> tuple[str, str, str, str, str]:
    return one.id, one.set or "source", one.of, one.of_set or "source", f"{one.reason} ({one.how})"
