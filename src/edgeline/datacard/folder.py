"""The page of the data in a folder, as the three stages leave it."""

from pathlib import Path

from edgeline.datacard.gallery import suspected
from edgeline.datacard.page import page
from edgeline.datasets import card, central, prepared
from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport, drift
from edgeline.datasets.prepare import read_report


def page_of(folder: Path, before: Card | None) -> tuple[str, DriftReport | None]:
    """One HTML file, and the drift that it tells of; `before` is the card to compare with.

    What lies on devices is counted and not shown: it is not the central site's to show.
    """
    known, report = card.load(folder), read_report(folder)
    owned = [central(folder), prepared(folder, "validation"), prepared(folder, "test")]
    moved = drift(before, known) if before else None
    suspects = suspected(owned, report.suspects)
    return page(known, report, owned[0], suspects, drift=moved, previous=before), moved
