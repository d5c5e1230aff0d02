"""How a page shows what features are like: quantiles as strips, and how far they have moved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport, Shift

WIDTH, HEIGHT = 300, 14
MOST_FEATURES = 200
# Of 33 quantiles, 0 to 1 by 1/32: about 5, 25, 50, 75 and 95 per cent.
LOW, QUARTER, HALF, THREE_QUARTERS, HIGH = 2, 8, 16, 24, 30


@dataclass(frozen=True)
class Box:
    """A rectangle of a strip, in pixels."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Feature:
    name: str
    boxes: tuple[Box, ...]
    height: int
    quantiles: tuple[float, ...]
    """5 %, median and 95 %; empty where no value is known."""


@dataclass(frozen=True)
class FeatureTable:
    features: tuple[Feature, ...]
    count: int
    """Of all features, of which the first are shown."""
    width: int = WIDTH


@dataclass(frozen=True)
class DriftTable:
    """What has moved since the previous revision, and what has not."""

    before: str
    count: int
    """Of comparisons."""
    alarms: tuple[Shift, ...]
    calm: tuple[Shift, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def describe_features(card: Card, previous: Card | None) -> FeatureTable:
    """A strip for each feature, and below it that of the previous revision."""
    profile = card.profile.features
    before = previous.profile.features if previous else {}
    shown = list(profile)[:MOST_FEATURES]
    features = tuple(_feature(name, profile[name], before.get(name, ())) for name in shown)
    return FeatureTable(features, len(profile))


def describe_drift(report: DriftReport) -> DriftTable:
    shifts = (replace(report.labels, name="mix of classes"), *report.features)
    return DriftTable(
        before=report.before,
        count=len(shifts),
        alarms=tuple(shift for shift in shifts if shift.alarm),
        calm=tuple(shift for shift in shifts if not shift.alarm)[:MOST_FEATURES],
        added=report.added,
        removed=report.removed,
    )


def _feature(name: str, now: Sequence[float], before: Sequence[float]) -> Feature:
    values = [*now, *before]
    low, high = min(values, default=0.0), max(values, default=0.0)
    boxes = [*_strip(now, low, high, 0, HEIGHT), *_strip(before, low, high, HEIGHT + 2, 5)]
    quantiles = (now[LOW], now[HALF], now[HIGH]) if now else ()
    return Feature(name, tuple(boxes), HEIGHT + (7 if before else 0), quantiles)


def _strip(
    quantiles: Sequence[float], low: float, high: float, top: int, height: int
) -> Sequence[Box]:
    """Line, band, box and mark of one revision."""
    if not quantiles:
        return ()
    x = [WIDTH * (value - low) / (high - low if high > low else 1) for value in quantiles]

    def box(kind: str, start: int, end: int, margin: float) -> Box:
        return Box(kind, x[start], top + margin, max(0.5, x[end] - x[start]), height - 2 * margin)

    return (
        box("range", 0, -1, height / 2 - 0.5),
        box("band", LOW, HIGH, height / 4),
        box("box", QUARTER, THREE_QUARTERS, 0),
        Box("middle", x[HALF] - 1, top, 2, height),
    )
