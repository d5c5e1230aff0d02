"""The data card as one HTML file: what the data are, who owns them, what was left out, what has changed."""

from importlib import resources

from edgeline.datacard.class_tables import count_classes, describe_devices
from edgeline.datacard.distributions import describe_drift, describe_features
from edgeline.datacard.gallery import describe_samples, describe_suspects
from edgeline.datacard.listing import Listing, list_rows
from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport
from edgeline.datasets.items import Items
from edgeline.datasets.prepare import PrepareReport
from edgeline.page import Markup, standalone, templates

WEB = resources.files("edgeline.datacard") / "web"


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
    form = card.form
    template = templates("edgeline.datacard").get_template("card.html")
    title = str(card.source.get("title") or card.source.get("name") or "Data")
    body = template.render(
        title=title,
        card=card,
        report=report,
        previous=previous,
        drift=describe_drift(drift) if drift else None,
        counts=count_classes(card, previous),
        devices=describe_devices(card),
        samples=describe_samples(form.preprocessing, form.classes, samples),
        features=describe_features(card, previous),
        suspects=describe_suspects(form.preprocessing, report.suspects, suspects),
        reasons=sorted(card.left_out.items(), key=lambda pair: (-pair[1], pair[0])),
        quarantine=list_rows(
            ("item", "reason"), [(one.id, one.reason) for one in report.quarantine]
        ),
        copies=[(kind, count) for kind, count in sorted(card.duplicates.items()) if count],
        duplicates=_list_duplicates(report),
    )
    style, script = ((WEB / name).read_text("utf-8") for name in ("card.css", "card.js"))
    return standalone(title, Markup(body), style, script, images=True)


def _list_duplicates(report: PrepareReport) -> Listing:
    """A copy in another set comes first: it would let a model be tested on what it has learned."""
    across_first = sorted(report.duplicates, key=lambda one: one.set == one.of_set)
    rows = [
        (one.id, one.set or "source", one.of, one.of_set or "source", f"{one.reason} ({one.how})")
        for one in across_first
    ]
    return list_rows(("item", "in", "is a copy of", "in", "why it is left out"), rows)
