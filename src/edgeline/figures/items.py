"""The items that were misread, each as its kind is looked at."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeline.figures.names import drawable, mark, write_cells
from edgeline.preprocess import Preprocessing

Values = NDArray[Any]
Titles = list[tuple[str, str]]
"""What an item is, and what it was read as where that is wrong."""

MOST = 24
ROWS, COLUMNS = 4, 6
PITCH = 1.35
"""From one picture to the next, in pictures; two lines of text fit between them."""
WRONG = "#c53030"
# More lines in one small plot, and more numbers in one row, than these cannot be told apart.
MOST_CHANNELS, MOST_NUMBERS = 12, 12


def samples(
    form: Preprocessing,
    values: Values,
    labels: NDArray[np.int64],
    answers: NDArray[np.int64],
    classes: Sequence[str],
) -> Figure:
    """Up to 24 items (N, *shape) with what they are and what was read: the misread ones first."""
    wrong = np.flatnonzero(labels != answers)
    shown = np.concatenate([wrong, np.flatnonzero(labels == answers)])[:MOST]
    names = drawable(classes)
    titles = [_title(names, labels[at], answers[at]) for at in shown]
    figure = DRAWN[form.kind](form, values[shown], titles)
    figure.suptitle(f"{len(wrong):,} of {len(labels):,} test items misread")
    return figure


def _title(names: Sequence[str], label: int, answer: int) -> tuple[str, str]:
    return names[label], "" if label == answer else f"read as {names[answer]}"


def _images(_: Preprocessing, images: Values, titles: Titles) -> Figure:
    """All of one size, in one plot: axes for each would take longer than all the pixels."""
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    axes = figure.subplots()
    axes.axis("off")
    high, wide = images.shape[1:3]
    gap = PITCH - 1
    for at, (image, title) in enumerate(zip(images, titles, strict=True)):
        left, top = wide * PITCH * (at % COLUMNS), high * PITCH * (at // COLUMNS)
        # one range for all, so that a dim image looks dim
        place = (left, left + wide, top + high, top)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=place)
        text, colour = _words(title)
        axes.text(left + wide / 2, top, text, color=colour, ha="center", va="bottom", fontsize=8)
    axes.set(xlim=(-wide * gap / 2, wide * (PITCH * COLUMNS - gap / 2)), xticks=[])
    axes.set(ylim=(high * (PITCH * ROWS - gap), -high * gap), yticks=[])
    return figure


def _series(form: Preprocessing, series: Values, titles: Titles) -> Figure:
    """Each channel a line over its steps, scaled to its range among the items shown."""
    figure = Figure(figsize=(11, 6.8), layout="constrained")
    low, high = np.nanmin(series, axis=(0, 1)), np.nanmax(series, axis=(0, 1))
    scaled = (series - low) / np.where(high > low, high - low, 1)
    for axes, lines, title in zip(_grid(figure, len(series)), scaled, titles, strict=True):
        for channel in range(min(form.channels, MOST_CHANNELS)):
            style = "-" if channel < 10 else ":"
            axes.plot(lines[:, channel], style, linewidth=0.8, color=f"C{channel % 10}")
        axes.set(ylim=(-0.05, 1.05), xlim=(0, max(1, form.shape[0] - 1)), yticks=[])
        axes.tick_params(labelsize=7)
        _entitle(axes, title)
    _explain(figure, form)
    return figure


def _explain(figure: Figure, form: Preprocessing) -> None:
    """Which line is which channel, below all plots."""
    names = drawable(form.columns or [str(number) for number in range(form.channels)])
    if form.channels > MOST_CHANNELS:
        figure.supxlabel(f"steps; {MOST_CHANNELS} of {form.channels} channels", fontsize=9)
    if figure.axes:
        figure.legend(
            figure.axes[0].lines,
            names[:MOST_CHANNELS],
            loc="outside lower center",
            ncols=6,
            fontsize="small",
        )


def _rows(form: Preprocessing, rows: Values, titles: Titles) -> Figure:
    """A line for each item, a column for each feature, coloured by deviations from the training data."""
    names = form.columns or [str(number) for number in range(form.channels)]
    wide = min(14.0, 3.5 + 0.55 * form.channels)
    figure = Figure(figsize=(wide, 2.4 + 0.24 * len(rows)), layout="constrained")
    axes = figure.subplots()
    deviations = (rows - np.array(form.mean)) / np.array(form.std)
    drawn = axes.imshow(deviations, aspect="auto", cmap="RdBu_r", vmin=-3, vmax=3)
    figure.colorbar(drawn, ax=axes, label="standard deviations from the mean", pad=0.01)
    mark(axes.xaxis, names)
    axes.xaxis.tick_top()
    lines = [", ".join(filter(None, title)) for title in titles]
    axes.set_yticks(range(len(rows)), lines, fontsize=8)
    for text, (_, wrong) in zip(axes.get_yticklabels(), titles, strict=True):
        text.set_color(WRONG if wrong else "black")
    if form.channels <= MOST_NUMBERS:
        texts = [[f"{value:.3g}" for value in row] for row in rows]
        write_cells(axes, texts, abs(deviations) > 2)
    return figure


def _grid(figure: Figure, count: int) -> list[Axes]:
    """As many small plots, row by row."""
    return [figure.add_subplot(ROWS, COLUMNS, at + 1) for at in range(count)]


def _entitle(axes: Axes, title: tuple[str, str]) -> None:
    text, colour = _words(title)
    axes.set_title(text, fontsize=8, color=colour)


def _words(title: tuple[str, str]) -> tuple[str, str]:
    """Lines over an item, and their colour."""
    label, wrong = title
    return f"{label}\n{wrong}".strip(), WRONG if wrong else "black"


DRAWN: dict[str, Callable[[Preprocessing, Values, Titles], Figure]] = {
    "image": _images,
    "series": _series,
    "table": _rows,
}
