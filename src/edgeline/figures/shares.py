"""Who owns how many items of which class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeline.figures.names import count_texts, mark, write_cells

# More cells than these cannot be read as numbers.
MOST_OWNERS, MOST_CLASSES = 16, 24


def shares(
    central: Sequence[int], devices: Sequence[Sequence[int]], classes: Sequence[str]
) -> Figure:
    """A column for each owner, the centre first: all its items as a bar, those of each class as a cell."""
    counts = np.array([central, *devices])
    owners = ["centre", *(f"{number:02}" for number in range(len(devices)))]
    tall = min(10.0, 1.2 + 0.26 * len(classes))
    figure = Figure(figsize=(9, 1.4 + tall), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.2, tall])
    above.bar(range(len(owners)), counts.sum(axis=1), width=0.9, color="#2b6cb0")
    above.set(ylabel="items", title="Items by owner and class")
    for side in ("top", "right"):
        above.spines[side].set_visible(False)
    _cells(below, counts)
    figure.colorbar(below.images[0], ax=below, label="items", pad=0.01)
    mark(below.xaxis, owners)
    mark(below.yaxis, classes)
    below.set(xlabel="owner", ylabel="class")
    return figure


def _cells(axes: Axes, counts: NDArray[np.int64]) -> None:
    by_class, most = counts.T, max(1, int(counts.max()))
    # by the square root, so that a rare class can be told from none
    axes.imshow(
        by_class,
        aspect="auto",
        cmap="Blues",
        interpolation="nearest",
        norm=PowerNorm(0.5, 0, most),
    )
    axes.axvline(0.5, color="white", linewidth=3)
    if len(counts) > MOST_OWNERS or counts.shape[1] > MOST_CLASSES:
        return
    write_cells(axes, count_texts(by_class), by_class > most / 3)
