"""How a page shows what features are like: quantiles as strips, and how far they have moved."""

from collections.abc import Sequence

from edgeline.datacard.markup import Child, Markup, name, tag
from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport, Shift

WIDTH, HEIGHT = 300, 14
MOST_FEATURES = 200
# Of 33 quantiles, 0 to 1 by 1/32: about 5, 25, 50, 75 and 95 per cent.
LOW, QUARTER, HALF, THREE_QUARTERS, HIGH = 2, 8, 16, 24, 30


def features(card: Card, previous: Card | None) -> Markup:
    """A strip for each feature, and below it that of the previous revision."""
    profile = card.profile.features
    before = previous.profile.features if previous else {}
    shown = list(profile)[:MOST_FEATURES]
    rows = [_feature(one, profile[one], before.get(one, ())) for one in shown]
    head = [tag("th", words, scope="col") for words in ("feature", "distribution")]
    head += [tag("th", words, scope="col", class_="number") for words in ("5 %", "median", "95 %")]
    return tag(
        "section",
        tag("h2", "Features"),
        tag("p", _legend(len(shown), len(profile), previous is not None), class_="quiet"),
        tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), class_="features"),
    )


def drift(report: DriftReport | None) -> Markup | None:
    """What has moved since the previous revision: alarms first, and the calm rest folded away."""
    if report is None:
        return None
    shifts = [("mix of classes", report.labels), *((one.name, one) for one in report.features)]
    alarms = [pair for pair in shifts if pair[1].alarm]
    calm = [pair for pair in shifts if not pair[1].alarm][:MOST_FEATURES]
    words = f"{len(alarms):,} of {len(shifts):,} comparisons are alarms." if alarms else "No alarm."
    gone = [("New features", report.added), ("Features that are gone", report.removed)]
    return tag(
        "section",
        tag("h2", "Since the previous revision"),
        tag("p", "Compared with ", tag("code", report.before), "."),
        tag("p", words, class_="alarm" if alarms else "calm"),
        [tag("p", f"{title}: ", _names(found), ".") for title, found in gone if found],
        _shifts(alarms[:MOST_FEATURES]) if alarms else None,
        tag("details", tag("summary", "What has not moved"), _shifts(calm), open=len(calm) < 8),
        tag("p", EXPLAINED, class_="quiet"),
        id="drift",
    )


EXPLAINED = (
    "Distance is the total variation of the mix of classes, and the largest gap between two cumulative "
    "distributions (Kolmogorov-Smirnov) of a feature; p allows for the number of items and of comparisons."
)


def _names(found: Sequence[str]) -> list[Markup | str]:
    named: list[Markup | str] = []
    for one in found:
        named += [", "] if named else []
        named.append(name(one))
    return named


def _shifts(found: Sequence[tuple[str, Shift]]) -> Markup:
    head = [tag("th", one, scope="col", class_="number") for one in ("distance", "p")]
    rows = [_shift(words, shift) for words, shift in found]
    heads = tag("tr", tag("th", "what", scope="col"), head)
    return tag("table", tag("thead", heads), tag("tbody", rows))


def _shift(words: str, shift: Shift) -> Markup:
    return tag(
        "tr",
        tag("th", name(words), scope="row"),
        tag("td", f"{shift.distance:.3f}", class_="number"),
        tag("td", f"{shift.p:.2g}", class_="number"),
        class_="alarm" if shift.alarm else None,
    )


def _legend(shown: int, count: int, compared: bool) -> str:
    few = f" The first {shown:,} of {count:,} are shown." if shown < count else ""
    below = " The thin strip below is the previous revision." if compared else ""
    return (
        "Of the training items: line from the least to the greatest, band from 5 to 95 %, box from 25 to "
        f"75 %, mark at the median.{below}{few}"
    )


def _feature(title: str, now: Sequence[float], before: Sequence[float]) -> Markup:
    known = [*now, *before]
    low, high = min(known, default=0.0), max(known, default=0.0)
    strips = [_strip(now, low, high, 0, HEIGHT), _strip(before, low, high, HEIGHT + 2, 5)]
    height = HEIGHT + (7 if before else 0)
    numbers = [now[LOW], now[HALF], now[HIGH]] if now else []
    return tag(
        "tr",
        tag("th", name(title), scope="row"),
        tag("td", tag("svg", strips, viewBox=f"0 0 {WIDTH} {height}", height=height, width=WIDTH)),
        [tag("td", f"{value:.4g}", class_="number") for value in numbers],
    )


def _strip(quantiles: Sequence[float], low: float, high: float, top: int, height: int) -> Child:
    if not quantiles:
        return None
    at = [WIDTH * (value - low) / (high - low if high > low else 1) for value in quantiles]

    def band(start: int, end: int, kind: str, thin: float) -> Markup:
        width = f"{max(0.5, at[end] - at[start]):.1f}"
        place = {"y": f"{top + thin:.1f}", "height": f"{height - 2 * thin:.1f}"}
        return tag("rect", x=f"{at[start]:.1f}", width=width, class_=kind, **place)

    return [
        band(0, -1, "range", height / 2 - 0.5),
        band(LOW, HIGH, "band", height / 4),
        band(QUARTER, THREE_QUARTERS, "box", 0),
        tag("rect", x=f"{at[HALF] - 1:.1f}", y=top, width=2, height=height, class_="middle"),
    ]
