"""How right a network is, class by class, how right it believes itself to be, and where it is wrong."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeline import metrics
from edgeline.datasets.card import Form
from edgeline.datasets.items import Items
from edgeline.figures.items import samples
from edgeline.figures.names import count_texts, mark, write_cells
from edgeline.metrics import Bin

BLUE, ORANGE = "#2b6cb0", "#dd6b20"
# More classes than these leave no room for numbers.
MOST_NUMBERS = 30


def answer_figures(logits: NDArray[np.floating], test: Items, form: Form) -> dict[str, Figure]:
    """Every picture of a network's answers to the test set, by name."""
    counts = metrics.confusion(logits, test.labels)
    bins = metrics.reliability(logits, test.labels)
    error = metrics.expected_calibration_error(logits, test.labels)
    answers = metrics.top1(logits)
    return {
        "confusion": confusion(counts, form.classes),
        "calibration": calibration(bins, error),
        "samples": samples(form.preprocessing, test.values, test.labels, answers, form.classes),
    }


def confusion(counts: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """How often each class (row) was read as which (column), coloured by the share of its row."""
    side = min(12.0, 3.2 + 0.3 * len(classes))
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(drawn, ax=axes, label="share of the class", shrink=0.8, pad=0.02)
    if len(classes) <= MOST_NUMBERS:
        write_cells(axes, count_texts(counts), shares > 0.5, 9 if len(classes) <= 12 else 7)
    axes.set(xlabel="read as", ylabel="is", title="Confusion on the test set")
    mark(axes.xaxis, classes)
    mark(axes.yaxis, classes)
    return figure


def calibration(bins: Sequence[Bin], error: float) -> Figure:
    """Reliability diagram: how often answers of a certain confidence are right, and how many those are."""
    figure = Figure(figsize=(4.8, 5.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    filled = [one for one in bins if one.count]
    lows, widths = [one.low for one in filled], [one.high - one.low for one in filled]
    edges = {"align": "edge", "edgecolor": "white"}
    above.bar(lows, [one.accuracy for one in filled], widths, color=BLUE, **edges)
    above.plot([0, 1], [0, 1], "--", color="#718096", label="as sure as right")
    above.plot(
        [one.confidence for one in filled],
        [one.accuracy for one in filled],
        "o",
        color=ORANGE,
        label="mean confidence",
    )
    above.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    above.set_title(f"Calibration on the test set, expected error {error:.3f}", fontsize=11)
    above.legend(loc="upper left", fontsize="small")
    below.bar(lows, [one.count for one in filled], widths, color=BLUE, **edges)
    below.set(xlabel="confidence", ylabel="items", yscale="log")
    return figure
