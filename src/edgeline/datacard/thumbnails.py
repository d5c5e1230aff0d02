"""One item as a small picture of a page: an image as PNG, a series as a line for each channel."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edgeline.datacard.markup import Markup, tag

Values = NDArray[Any]

SIDE = 96
"""Most pixels of a thumbnail, either way."""
LEAST = 64
"""Small images are shown at a whole multiple of their size, as large as fits here."""
WIDTH, LANE = 148, 15
"""Of a series: pixels of its time axis, and of the height of each channel's lane."""
MOST_LANES, MOST_POINTS = 16, 84


def image(pixels: NDArray[np.uint8], words: str) -> Markup:
    """An 8-bit image (H, W) or (H, W, 3), made smaller where it is large, in the page itself."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE))
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    times = max(1, LEAST // max(picture.size))
    data = base64.b64encode(content.getvalue()).decode()
    return tag(
        "img",
        src=f"data:image/png;base64,{data}",
        alt=words,
        width=times * picture.width,
        height=times * picture.height,
        class_="pixels",
    )


def ranges(series: Values) -> Values:
    """Lowest and highest value (2, C) of each channel in many series (N, T, C), without its outliers.

    Channels in which nothing was ever known have the range 0 to 0.
    """
    flat = series.reshape(-1, series.shape[-1])
    known = [column[np.isfinite(column)] for column in flat.T]
    return np.array(
        [np.quantile(column, (0.01, 0.99)) if len(column) else (0, 0) for column in known]
    ).T


def lines(series: Values, scale: Values, words: str) -> Markup:
    """A series (T, C), its channels below one another, each within its own range of `scale` (2, C)."""
    lanes = min(series.shape[1], MOST_LANES)
    drawn = [
        tag("path", d=path, class_=f"lane k{channel % 10}")
        for channel in range(lanes)
        if (path := _path(series[:, channel], scale[:, channel], channel * LANE))
    ]
    return tag(
        "svg",
        tag("title", words),
        drawn,
        viewBox=f"0 0 {WIDTH} {lanes * LANE}",
        width=WIDTH,
        height=lanes * LANE,
        role="img",
        class_="lanes",
    )


def _path(values: Values, scale: Values, top: int) -> str:
    """SVG path of one channel from where it begins to be known."""
    at, heights = _thinned(values)
    low, high = scale
    share = np.clip((heights - low) / (high - low if high > low else 1), 0, 1)
    across = at / max(1, len(values) - 1) * (WIDTH - 2) + 1
    down = top + (LANE - 2) * (1 - share) + 1
    points = [f"{x:.1f} {y:.1f}" for x, y in zip(across, down, strict=True)]
    return f"M{'L'.join(points)}" if points else ""


def _thinned(values: Values) -> tuple[Values, Values]:
    """Positions and values that are known, or of a long series the extremes of each stretch of it."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) > MOST_POINTS:
        stretches = np.array_split(known, MOST_POINTS // 2)
        ends = [(part[values[part].argmin()], part[values[part].argmax()]) for part in stretches]
        known = np.unique(np.array(ends))
    return known, values[known].astype(np.float64)
