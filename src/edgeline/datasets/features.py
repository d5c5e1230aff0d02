"""Coarse features of an item, in few whole numbers: enough to tell which items are alike.

They are whole and small, so that sums of their products are exact in float32 whatever their order,
and the same on every machine.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.preprocess import Kind

Values: TypeAlias = NDArray[Any]
Whole: TypeAlias = NDArray[np.int64]

SIDE, STEPS = 10, 16
"""At most so many numbers along each side of an image, and along a series."""

PIXELS = 2**24
"""At most so many are looked at together."""

# Numbers of a series or a row are cut here, on either side of all but 2 in 100 of them.
TAILS = (0.01, 0.99)

EXACT = 2**22
"""Squared distances stay below it: float32 holds every whole number up to 2**24."""


def extract_features(values: Values, kind: Kind) -> Whole:
    """(N, D) whole numbers, of a size that D of their squares can be added exactly in float32."""
    return EXTRACTORS[kind](values)


def _of_images(images: Values) -> Whole:
    """Means of blocks of pixels."""
    pixels = images[..., None] if images.ndim == 3 else images
    blocks = [-(-length // SIDE) for length in pixels.shape[1:3]]
    size = blocks[0] * blocks[1]
    parts = np.array_split(pixels, 1 + pixels.size // PIXELS)
    small = [_pool(part, blocks) for part in parts]
    flat = np.concatenate(small).reshape(len(images), -1)
    return np.asarray(flat * _levels(flat.shape[1]) // (255 * size))


def _pool(pixels: Values, blocks: list[int]) -> Whole:
    """Sums of blocks; the last ones repeat the edge where a side is no multiple."""
    extra = [-length % block for length, block in zip(pixels.shape[1:3], blocks, strict=True)]
    wide = np.pad(pixels, ((0, 0), (0, extra[0]), (0, extra[1]), (0, 0)), mode="edge")
    tall, broad = blocks
    rows = sum(wide[:, start::tall].astype(np.int64) for start in range(tall))
    return np.asarray(sum(np.asarray(rows)[:, :, start::broad] for start in range(broad)))


def _of_series(series: Values) -> Whole:
    """Each channel at evenly spaced steps, an unknown past in the middle of its range."""
    steps = series.shape[1]
    many = min(steps, STEPS)
    at = np.arange(many) * steps // many
    parts = np.split(series, at[1:], axis=1)
    sums = np.stack([np.nansum(part, axis=1) for part in parts], axis=1)
    counts = np.stack([(~np.isnan(part)).sum(axis=1) for part in parts], axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    low, high = _find_tails(series.reshape(-1, series.shape[2]))
    return _quantise(means, low, high).reshape(len(series), -1)


def _of_rows(rows: Values) -> Whole:
    """Each feature between its own tails."""
    return _quantise(rows, *_find_tails(rows))


def _find_tails(rows: Values) -> Values:
    """(2, C) of columns (N, C); of one without a value, zeros."""
    is_known = (~np.isnan(rows)).any(axis=0)
    return np.asarray(np.nanquantile(np.where(is_known, rows, 0), TAILS, axis=0))


def _quantise(values: Values, low: Values, high: Values) -> Whole:
    """Numbers from `low` to `high` as whole ones from 0; NaN becomes the middle."""
    levels = _levels(int(np.prod(values.shape[1:])))
    span = np.where(high > low, high - low, 1.0)
    scaled = np.clip((values.astype(np.float64) - low) / span, 0, 1)
    return np.asarray(np.rint(np.nan_to_num(scaled, nan=0.5) * levels).astype(np.int64))


def _levels(numbers: int) -> int:
    return min(63, int((EXACT / numbers) ** 0.5))


EXTRACTORS: dict[Kind, Callable[[Values], Whole]] = {
    "image": _of_images,
    "series": _of_series,
    "table": _of_rows,
}
