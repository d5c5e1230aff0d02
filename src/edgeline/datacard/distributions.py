"""How a page shows what features are like: quantiles as strips, one above the other."""

from collections.abc import Sequence

from edgeline.datasets.card import Card
from edgeline.page import Markup

WIDTH, HEIGHT, THIN = 300, 14, 5
MOST_FEATURES = 200
# Of 33 quantiles, 0 to 1 by 1/32: about 5, 25, 50, 75 and 95 per cent.
LOW, QUARTER, HALF, THREE_QUARTERS, HIGH = 2, 8, 16, 24, 30

STRIPS = Markup('<svg viewBox="0 0 {0} {1}" height="{1}" width="{0}">{2}</svg>')
BOX = Markup('<rect x="{:.1f}" width="{:.1f}" class="{}" y="{:.1f}" height="{:.1f}"></rect>')


def describe_features(card: Card, previous: Card | None) -> list[tuple[str, Markup, list[float]]]:
    """The first features: name, strips, and 5 %, median and 95 %, or nothing where no value is known."""
    before = previous.profile.features if previous else {}
    return [
        (name, draw_strips(now, before.get(name, ())), [now[at] for at in (LOW, HALF, HIGH) if now])
        for name, now in list(card.profile.features.items())[:MOST_FEATURES]
    ]


def draw_strips(now: Sequence[float], before: Sequence[float]) -> Markup:
    """The quantiles of a feature, and below them thinner those of the previous revision, on one scale."""
    values = [*now, *before]
    low, high = min(values, default=0.0), max(values, default=0.0)
    scale = WIDTH / (high - low if high > low else 1)
    boxes = [
        *_strip([scale * (value - low) for value in now], 0, HEIGHT),
        *_strip([scale * (value - low) for value in before], HEIGHT + 2, THIN),
    ]
    height = HEIGHT + (2 + THIN if before else 0)
    return STRIPS.format(WIDTH, height, Markup("").join(boxes))


def _strip(x: Sequence[float], top: int, height: int) -> Sequence[Markup]:
    """Line, band, box and mark of one revision."""
    if not x:
        return ()

    def box(kind: str, start: int, end: int, margin: float) -> Markup:
        return BOX.format(
            x[start], max(0.5, x[end] - x[start]), kind, top + margin, height - 2 * margin
        )

    return (
        box("range", 0, -1, height / 2 - 0.5),
        box("band", LOW, HIGH, height / 4),
        box("box", QUARTER, THREE_QUARTERS, 0),
        BOX.format(x[HALF] - 1, 2, "middle", top, height),
    )
