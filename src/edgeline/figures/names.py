"""Names and numbers as matplotlib can draw them: names in its own font, and never as formulae."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.font_manager import findfont, get_font
from numpy.typing import NDArray

LONGEST = 24
MISSING = "\u25a1"
MOST_TICKS = 40


def drawable(names: Sequence[str]) -> list[str]:
    """Each name, shortened where it is long, and with a box for what the font lacks.

    A name that was changed begins with its position, so that no two look the same.
    """
    return [_drawable(position, name) for position, name in enumerate(names)]


def mark(axis: Axis, names: Sequence[str]) -> None:
    """One tick for each name, or for as many as can be read."""
    every = -(-len(names) // MOST_TICKS)
    ticks = range(0, len(names), every)
    axis.set_ticks(list(ticks), drawable(names)[::every], fontsize=9 if len(names) <= 20 else 7)
    if isinstance(axis, XAxis) and not _fit(names, len(ticks)):
        axis.set_tick_params(rotation=90)


def count_texts(counts: NDArray[np.int64]) -> list[list[str]]:
    """Counts as they are written into cells: nothing for none."""
    return [[str(count or "") for count in row] for row in counts.tolist()]


def write_cells(
    axes: Axes, texts: list[list[str]], is_dark: NDArray[np.bool_], fontsize: int = 7
) -> None:
    """A text in the middle of each cell of a picture, white where the cell is dark."""
    for (row, column), dark in np.ndenumerate(is_dark):
        color = "white" if dark else "black"
        style = {"fontsize": fontsize, "color": color}
        # inside of the axes, so that the layout need not measure every text
        text = axes.text(column, row, texts[row][column], style, ha="center", va="center")
        text.set_in_layout(False)


def _fit(names: Sequence[str], count: int) -> bool:
    """Whether they have room beside one another."""
    return max(map(len, names), default=0) * count <= 80


def _drawable(position: int, name: str) -> str:
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\u2026"
    seen = "".join(one if ord(one) in _glyphs() else MISSING for one in short)
    # matplotlib leaves names with a leading underscore out of legends
    unclear = seen != name or not seen.strip() or seen.startswith("_")
    return (f"{position} {seen}" if unclear else seen).replace("$", r"\$")


@cache
def _glyphs() -> frozenset[int]:
    """Code points that the font can draw, without controls and marks of direction."""
    unseen = ((0x00, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F))
    hidden = {code for first, last in unseen for code in range(first, last + 1)}
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap()) - hidden
