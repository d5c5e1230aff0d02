"""What the lab and the device both do to an item before a network sees it: numpy only, described by data.

The description is hashed with the model, so a device cannot feed it other numbers than it was trained on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from edgeline.digest import JsonValue

Kind = Literal["image", "series", "table"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Missing = Literal["refuse", "mean", "indicator"]
"""What stands for a cell without a value: nothing, so that the item is refused; the mean of its column;
the mean, and a column of its own that is 1 there and 0 elsewhere."""
Values: TypeAlias = NDArray[Any]

# ITU-R BT.601 luma, the weights of every common grey conversion.
LUMA = np.array([0.299, 0.587, 0.114])
ROWS = 256
AXES = {"image": 3, "series": 2, "table": 1}
MARKS = (".", ",", "")


@dataclass(frozen=True)
class Preprocessing:
    """Normalisation, (value - mean) / std, channel by channel; pixels are scaled to 0..1 before it."""

    kind: Kind
    shape: tuple[int, ...]
    """Of one item: (height, width, channels), (steps, channels) or (features,)."""
    mean: tuple[float, ...]
    """Per channel or feature; of pixels, after they were scaled to 0..1."""
    std: tuple[float, ...]
    """Per channel or feature, in the unit of the mean; above zero."""
    limit: float | None = None
    """Normalised values beyond it, on either side, are cut: one mad sensor must not drown the others."""
    columns: tuple[str, ...] = ()
    """Names of the channels or features, in order, where the data had names."""
    missing: Missing = "refuse"
    indicators: tuple[int, ...] = ()
    """Positions of the channels that lacked values in the training set; the network gets a channel more
    for each of them. Where another one lacks a value, the mean alone stands for it."""
    decimal_marks: tuple[str, ...] = ()
    """Of each column of the table that was learned from: a point, a comma, or nothing where it shows
    neither; empty where numbers were written as computers write them."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS or len(self.shape) != AXES[self.kind] or min(self.shape) < 1:
            raise ValueError(f"expected a shape for {self.kind}, found {self.shape}")
        if not len(self.mean) == len(self.std) == self.channels:
            raise ValueError(f"expected {self.channels} numbers in mean and in std")
        if len(self.columns) not in (0, self.channels):
            raise ValueError(f"expected {self.channels} names of columns, or none")
        if len(self.decimal_marks) not in (0, self.channels) or set(self.decimal_marks) - set(
            MARKS
        ):
            raise ValueError(
                f"expected a decimal mark for each of {self.channels} columns, or none"
            )
        if self.missing not in get_args(Missing) or (self.missing != "refuse" and self.is_image):
            raise ValueError(f"expected a way to fill a {self.kind}, found {self.missing!r}")
        if self.indicators and self.missing != "indicator":
            raise ValueError("expected indicators only where missing cells are indicated")
        if list(self.indicators) != sorted(set(self.indicators) & set(range(self.channels))):
            raise ValueError(f"expected positions of {self.channels} channels, in order")

    @property
    def is_image(self) -> bool:
        return self.kind == "image"

    @property
    def channels(self) -> int:
        """Channels of an image or a series, features of a table's row."""
        return self.shape[-1]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one example as a network takes it: images have their channels first."""
        if self.is_image:
            return (self.channels, *self.shape[:-1])
        return (*self.shape[:-1], self.channels + len(self.indicators))

    def __call__(self, values: Values) -> NDArray[np.float32]:
        """Network input (N, *input_shape) from items (N, *shape); grey images may lack their last axis.

        Images are 8-bit. NaN stands for a missing value and becomes zero, the mean; so do leading rows
        of NaN in a series, a past that is not known and that no indicator tells of.

        Raises:
            ValueError: another size, number of channels or type of value, or a missing one where those
                are refused.
        """
        numbers = _scaled(values) if self.is_image else _numbers(values)
        if numbers.shape[1:] != self.shape:
            raise ValueError(
                f"expected {self.kind} of shape {self.shape}, found {values.shape[1:]}"
            )
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        normal = (numbers - mean) / std
        if self.limit is not None:
            normal = np.clip(normal, -np.float32(self.limit), np.float32(self.limit))
        if self.is_image:
            return np.ascontiguousarray(normal.transpose(0, 3, 1, 2))
        is_missing = find_missing(numbers)
        if self.missing == "refuse" and is_missing.any():
            raise ValueError("expected a value in every cell, found none in some")
        filled = np.where(np.isnan(normal), np.float32(0), normal)
        if not self.indicators:
            return filled
        return np.concatenate([filled, is_missing[..., self.indicators]], axis=-1, dtype=np.float32)

    def fit(self, item: Values) -> Values:
        """One item brought to this shape.

        A picture (H, W) or (H, W, 1 or 3): resampled, then luma. A series: its last steps, after
        rows of NaN where it is too short. A table's row must have its features.
        """
        return FITS[self.kind](self, item)

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "mean": [repr(value) for value in self.mean],
            "std": [repr(value) for value in self.std],
            "limit": None if self.limit is None else repr(self.limit),
            "columns": list(self.columns),
            **(
                {}
                if self.missing == "refuse"
                else {"missing": self.missing, "indicators": list(self.indicators)}
            ),
            **({"decimal_marks": list(self.decimal_marks)} if self.decimal_marks else {}),
        }

    @classmethod
    def from_json(cls, described: JsonValue) -> "Preprocessing":
        """Raises TypeError or ValueError where the description is not one of ours, or says more."""
        match described:
            case {
                "kind": str(kind),
                "shape": list(sides),
                "mean": mean,
                "std": std,
                "limit": bound,
                "columns": list(names),
                **more,
            } if more.keys() <= {"missing", "indicators", "decimal_marks"}:
                shape, columns = tuple(int(str(side)) for side in sides), tuple(map(str, names))
                optional = _optional(more)
            case {
                "channels": int(channels),
                "image_size": int(size),
                "mean": mean,
                "std": std,
                **more,
            } if not more:
                # artifacts sealed when there were images alone
                kind, shape, bound, columns = "image", (size, size, channels), None, ()
                optional = {}
            case _:
                raise ValueError("expected kind, shape, mean, std, limit, columns and nothing else")
        limit = None if bound is None else float(str(bound))
        return cls(kind, shape, _floats(mean), _floats(std), limit, columns, **optional)  # type: ignore[arg-type]  # refused if unknown


def find_missing(values: Values) -> NDArray[np.bool_]:
    """Which cells of rows (N, F) or series (N, T, C) have no value (NaN).

    Rows of NaN at the beginning of a series are no cells: they stand for the time before it.
    """
    unknown: NDArray[np.bool_] = np.isnan(values)
    if values.ndim < 3:
        return unknown
    has_begun = np.logical_or.accumulate(~unknown.all(axis=2), axis=1)
    return np.asarray(unknown & has_begun[..., None])


def _optional(described: dict[Any, Any]) -> dict[str, Any]:
    """What a description adds where there is something to say of missing cells, or of decimal marks."""
    positions, marks = described.get("indicators", []), described.get("decimal_marks", [])
    if not (isinstance(positions, list) and isinstance(marks, list)):
        raise TypeError("expected lists of indicators and of decimal marks")
    indicators = tuple(int(str(at)) for at in positions)
    return {**described, "indicators": indicators, "decimal_marks": tuple(map(str, marks))}


def _floats(values: JsonValue) -> tuple[float, ...]:
    if not isinstance(values, list):
        raise TypeError(f"expected a list of numbers, found {values!r}")
    return tuple(float(str(value)) for value in values)


def _scaled(images: Values) -> NDArray[np.float32]:
    if images.dtype != np.uint8:
        raise ValueError(f"expected 8-bit images (uint8), found {images.dtype}")
    pixels_NHWC = images[..., None] if images.ndim == 3 else images
    return pixels_NHWC.astype(np.float32) / np.float32(255)


def _numbers(values: Values) -> NDArray[np.float32]:
    if values.dtype.kind not in "fiu":
        raise ValueError(f"expected numbers, found {values.dtype}")
    return values.astype(np.float32)


def _fit_image(wanted: Preprocessing, image: Values) -> NDArray[np.uint8]:
    pixels_HWC = _resample(image[..., None] if image.ndim == 2 else image, *wanted.shape[:2])
    if pixels_HWC.shape[2] == 3 and wanted.channels == 1:
        pixels_HWC = (pixels_HWC @ LUMA)[..., None]
    elif pixels_HWC.shape[2] == 1 and wanted.channels == 3:
        pixels_HWC = np.repeat(pixels_HWC, 3, axis=2)
    # Halves are decided before the last bits of a sum, which differ between processors, can decide them.
    return np.clip(np.rint(np.round(pixels_HWC, 6)), 0, 255).astype(np.uint8)


def _fit_series(wanted: Preprocessing, series: Values) -> NDArray[np.float32]:
    steps, channels = wanted.shape
    if series.ndim != 2 or series.shape[1] != channels:
        raise ValueError(f"expected a series (steps, {channels}), found {series.shape}")
    recent = series[-steps:]
    fitted = np.full((steps, channels), np.nan, np.float32)
    fitted[steps - len(recent) :] = recent
    return fitted


def _fit_row(wanted: Preprocessing, row: Values) -> NDArray[np.float32]:
    if row.shape != wanted.shape:
        raise ValueError(f"expected {wanted.channels} features, found {row.shape}")
    return row.astype(np.float32)


FITS: dict[str, Callable[[Preprocessing, Values], Values]] = {
    "image": _fit_image,
    "series": _fit_series,
    "table": _fit_row,
}


def _resample(image_HWC: Values, height: int, width: int) -> NDArray[np.float64]:
    """Bilinear where it grows, the mean under a triangle where it shrinks, sampled at pixel centres."""
    rows, columns = _weights(image_HWC.shape[0], height), _weights(image_HWC.shape[1], width)
    _, wide, channels = image_HWC.shape
    reduced = np.zeros((height, wide * channels))
    # Some rows at a time: a photo as floating point would be eight times as large.
    for start in range(0, len(image_HWC), ROWS):
        some = image_HWC[start : start + ROWS].reshape(-1, wide * channels)
        reduced += rows[:, start : start + ROWS] @ some
    narrow_WHC = np.tensordot(columns, reduced.reshape(height, wide, channels), (1, 1))
    return narrow_WHC.transpose(1, 0, 2)


def _weights(length: int, size: int) -> NDArray[np.float64]:
    """(size, length): what each old pixel counts in each new one; each row sums to 1."""
    scale = length / size
    centres = (np.arange(size) + 0.5) * scale - 0.5
    distances = np.abs(np.arange(length) - centres[:, None])
    triangles = np.maximum(0, 1 - distances / max(scale, 1))
    weights: NDArray[np.float64] = triangles / triangles.sum(axis=1, keepdims=True)
    return weights
