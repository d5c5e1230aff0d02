"""The distribution of each feature of a set in 33 numbers, enough to notice drift."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.digest import JsonValue
from edgeline.preprocess import Kind

LEVELS = np.linspace(0, 1, 33)
"""Of the quantiles, from the least to the most."""

NUMBERS = 2**20
"""Of numbers that are processed together at most."""

COLOURS = {1: ("",), 3: ("red ", "green ", "blue ")}


@dataclass(frozen=True)
class Profile:
    """Of a training set."""

    items: int
    labels: tuple[int, ...]
    """Items of each class."""
    features: dict[str, tuple[float, ...]]
    """33 quantiles, from the least to the most, of one number per item: of an image or a series the
    mean and the deviation of each channel, of a table each column."""

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "items": self.items,
            "labels": list(self.labels),
            "features": [
                {"name": name, "quantiles": [f"{value:.6g}" for value in quantiles]}
                for name, quantiles in self.features.items()
            ],
        }

    @classmethod
    def from_json(cls, described: dict[str, Any]) -> "Profile":
        return cls(
            items=int(described["items"]),
            labels=tuple(described["labels"]),
            features={
                str(one["name"]): tuple(float(value) for value in one["quantiles"])
                for one in described["features"]
            },
        )


def profile(train: Items, classes: int, columns: tuple[str, ...], kind: Kind) -> Profile:
    """Of the items of one set; `columns` are names of a series' channels or a table's features."""
    counts = np.bincount(train.labels, minlength=classes)
    features = {
        name: tuple(float(f"{value:.6g}") for value in np.nanquantile(numbers, LEVELS))
        for name, numbers in _numbers(train.values, columns, kind)
    }
    return Profile(len(train), tuple(int(count) for count in counts), features)


def moments(values: NDArray[Any], kind: Kind) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, of pixels scaled to 0..1 or of the numbers there are; six
    digits of each.

    A channel that never varies gets 1 for its deviation: it becomes zeros, not noise.
    """
    if kind == "image":
        values = (values[..., None] if values.ndim == 3 else values) / np.float64(255)
    flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
    if kind == "image":
        mean, std = flat.mean(axis=0), flat.std(axis=0)
    else:
        mean, std = np.nanmean(flat, axis=0), np.nanstd(flat, axis=0)
    digits = [tuple(float(f"{value:.6g}") for value in row) for row in (mean, std)]
    return digits[0], tuple(value or 1.0 for value in digits[1])


def _numbers(
    values: NDArray[Any], columns: tuple[str, ...], kind: Kind
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Name of a feature, and its number for every item (N,)."""
    channels = values[..., None] if kind == "image" and values.ndim == 3 else values
    many = channels.shape[-1]
    names = COLOURS[many] if kind == "image" else tuple(columns or map(str, range(many)))
    if kind == "table":
        yield from ((name, values[:, at].astype(np.float64)) for at, name in enumerate(names))
        return
    for at, name in enumerate(names):
        mean, deviation = _spread(channels[..., at].reshape(len(values), -1))
        yield f"{name}mean" if kind == "image" else f"{name} mean", mean
        yield f"{name}deviation" if kind == "image" else f"{name} deviation", deviation


def _spread(numbers: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation (N,) of the known ones of each item's numbers (N, K)."""
    step = max(1, NUMBERS // numbers.shape[1])
    rows = []
    for begin in range(0, len(numbers), step):
        some = numbers[begin : begin + step].astype(np.float64)
        unknown = np.isnan(some)
        some[unknown] = 0
        count = some.shape[1] - unknown.sum(axis=1)
        with np.errstate(invalid="ignore"):  # an item without a value has no mean
            mean = some.sum(axis=1) / count
            square = np.einsum("nk,nk->n", some, some) / count
        rows.append((mean, np.sqrt(np.maximum(square - mean**2, 0))))
    return np.concatenate([mean for mean, _ in rows]), np.concatenate([std for _, std in rows])
