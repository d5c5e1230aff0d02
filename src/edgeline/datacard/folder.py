"""The page of the data in a folder, as the three stages leave it."""

from pathlib import Path

from edgeline.datacard.gallery import select_suspects
from edgeline.datacard.page import page
from edgeline.datasets import card, load_central, load_set
from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport, measure_drift
from edgeline.datasets.prepare import read_report


def page_of(folder: Path, before: Card | None) -> tuple[str, DriftReport | None]:
    """One HTML file, and the drift that it shows; `before` is the card to compare with.

    Items on devices are counted and not shown, since the central site may not show them.
    """
    described, report = card.load(folder), read_report(folder)
    sets = [load_central(folder), load_set(folder, "validation"), load_set(folder, "test")]
    moved = measure_drift(before, described) if before else None
    suspects = select_suspects(sets, report.suspects)
    return page(described, report, sets[0], suspects, drift=moved, previous=before), moved
