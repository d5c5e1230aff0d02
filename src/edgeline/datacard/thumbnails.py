"""One item of a page: an image as PNG, a series as a line for each channel, a row as numbers."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edgeline.page import Markup

Values = NDArray[Any]

SIDE = 96
"""Most pixels of a thumbnail, either way."""
LEAST = 64
"""Small images are shown at a whole multiple of their size, as large as fits here."""
WIDTH, LANE = 148, 15
"""Of a series: pixels of its time axis, and of the height of each channel's lane."""
MOST_LANES, MOST_POINTS = 16, 84
MOST_COLUMNS = 40
"""Of a row: more would make the page larger than its use."""


IMAGE = Markup(
    '<img src="data:image/png;base64,{}" alt="{}" width="{}" height="{}" class="pixels">'
)
SERIES = Markup(
    '<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" class="lanes">'
    "<title>{2}</title>{3}</svg>"
)
LINE = Markup('<path d="{}" class="lane k{}"></path>')
NAME, NUMBER = Markup("<td><bdi>{}</bdi></td>"), Markup('<td class="number">{:.4g}</td>')


def draw_image(pixels: NDArray[np.uint8], words: str) -> Markup:
    """An 8-bit image (H, W) or (H, W, 3), made smaller where it is large."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE))
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    times = max(1, LEAST // max(picture.size))
    data = base64.b64encode(content.getvalue()).decode()
    return IMAGE.format(data, words, times * picture.width, times * picture.height)


def ranges(series: Values) -> Values:
    """Lowest and highest value (2, C) of each channel in many series (N, T, C), without its outliers.

    Channels in which nothing was ever known have the range 0 to 0.
    """
    flat = series.reshape(-1, series.shape[-1])
    columns = [column[np.isfinite(column)] for column in flat.T]
    return np.array(
        [np.quantile(column, (0.01, 0.99)) if len(column) else (0, 0) for column in columns]
    ).T


def draw_series(series: Values, scale: Values, words: str) -> Markup:
    """A series (T, C), each channel within its own range of `scale` (2, C)."""
    lanes = min(series.shape[1], MOST_LANES)
    lines = [
        LINE.format(path, channel % 10)
        for channel in range(lanes)
        if (path := _path(series[:, channel], scale[:, channel], channel * LANE))
    ]
    return SERIES.format(WIDTH, lanes * LANE, words, Markup("").join(lines))


def draw_row(row: Values, words: str) -> Markup:
    """A table's row (F,) as cells."""
    return NAME.format(words) + Markup("").join(map(NUMBER.format, row[:MOST_COLUMNS].tolist()))


def _path(values: Values, scale: Values, top: int) -> str:
    """SVG path of one channel from where it begins to be known."""
    at, heights = _thin_out(values)
    low, high = scale
    share = np.clip((heights - low) / (high - low if high > low else 1), 0, 1)
    across = at / max(1, len(values) - 1) * (WIDTH - 2) + 1
    down = top + (LANE - 2) * (1 - share) + 1
    points = [f"{x:.1f} {y:.1f}" for x, y in zip(across, down, strict=True)]
    return f"M{'L'.join(points)}" if points else ""


def _thin_out(values: Values) -> tuple[Values, Values]:
    """Positions and values that are known, or of a long series the extremes of each stretch of it."""
    positions = np.flatnonzero(np.isfinite(values))
    if len(positions) > MOST_POINTS:
        stretches = np.array_split(positions, MOST_POINTS // 2)
        ends = [(part[values[part].argmin()], part[values[part].argmax()]) for part in stretches]
        positions = np.unique(np.array(ends))
    return positions, values[positions].astype(np.float64)
