"""Checks that leave a damaged item out, and the limit on how many may be damaged."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.raw import QuarantineItem
from edgeline.errors import GateMissed, RecipeError
from edgeline.preprocess import Kind

Values: TypeAlias = NDArray[Any]
Labels: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Reasons: TypeAlias = NDArray[np.str_]

# No sensor measures so much, but fill values for "missing" are as large (netCDF 9.97e36, FLT_MAX 3.4e38).
LARGEST = 1e30

MISSING = "a missing value"

# Ids that a message shows of those that were left out.
SHOWN = 3


def kind_of(values: Values, labels: NDArray[Any]) -> Kind:
    """Of which kind the items are: bytes are images, numbers are series (N, T, C) or rows (N, F).

    Raises:
        RecipeError: the arrays are none of these kinds. (One bad item in a good source is left out.)
    """
    axes, colours = values.ndim, values.shape[3] if values.ndim == 4 else 1
    if values.dtype == np.uint8 and axes in (3, 4) and colours in (1, 3):
        kind: Kind = "image"
    elif values.dtype.kind == "f" and axes in (2, 3):
        kind = "series" if axes == 3 else "table"
    else:
        raise _wrong(
            "images as bytes (N, H, W) or (N, H, W, 1 or 3), series (N, T, C) or rows (N, F)",
            f"{values.dtype} {values.shape}",
        )
    if labels.shape != values.shape[:1] or labels.dtype.kind not in "ui":
        raise _wrong(
            f"one whole number as label for each of {len(values)} items",
            f"{labels.dtype} {labels.shape}",
        )
    return kind


def inspect(values: Values, labels: Labels, classes: int, kind: Kind) -> Reasons:
    """For every item the first reason to leave it out, or an empty text."""
    reasons = np.full(len(values), "", dtype="U32")
    for reason, is_bad in reversed(CHECKS[kind].items()):
        reasons[is_bad(values)] = reason
    reasons[(labels < 0) | (labels >= classes)] = "label outside the classes"
    return reasons


def check_damage(quarantine: Sequence[QuarantineItem], items: int, allowed: float) -> None:
    """Stop where a greater share of the items than `allowed` is bad.

    Raises:
        GateMissed: it names the reasons with their counts, and the first items.
    """
    if len(quarantine) <= allowed * items:
        return
    counts: dict[str, int] = {}
    for one in quarantine:
        counts[one.reason] = counts.get(one.reason, 0) + 1
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    reasons = ", ".join(f"{count} {reason}" for reason, count in most_first)
    first = ", ".join(repr(one.id) for one in quarantine[:SHOWN])
    raise GateMissed(
        expected=f"at most {allowed:.2%} of {items} items damaged",
        found=f"{len(quarantine)} ({len(quarantine) / items:.2%}): {reasons}; the first: {first}",
        remedy="correct or remove these items, or raise data.max_bad",
    )


def _one_colour(images: Values) -> Mask:
    inner = _inner(images)
    return np.asarray(images.min(axis=inner) == images.max(axis=inner))


def _infinite(values: Values) -> Mask:
    return np.asarray(np.isinf(values).any(axis=_inner(values)))


def _missing(values: Values) -> Mask:
    return np.asarray(np.isnan(values).any(axis=_inner(values)))


def _broken_series(series: Values) -> Mask:
    """A missing number, other than in the rows of NaN before a series begins."""
    missing = np.isnan(series)
    unknown = np.asarray(missing.all(axis=2))
    begun = np.maximum.accumulate(~unknown, axis=1) | unknown.all(axis=1, keepdims=True)
    return np.asarray((missing.any(axis=2) & begun).any(axis=1))


def _flat_series(series: Values) -> Mask:
    """Every channel stands still over all steps that are known, of which there are two or more."""
    is_known = np.asarray(~np.isnan(series).any(axis=2))
    low = np.where(is_known[..., None], series, np.inf).min(axis=1)
    high = np.where(is_known[..., None], series, -np.inf).max(axis=1)
    return np.asarray((low == high).all(axis=1) & (is_known.sum(axis=1) > 1))


def _out_of_range(values: Values) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(values) > LARGEST).any(axis=_inner(values)))


# A row of equal numbers, such as zeros, may well be a measurement: rows are never called constant.
CHECKS: dict[Kind, dict[str, Callable[[Values], Mask]]] = {
    "image": {"constant": _one_colour},
    "series": {
        MISSING: _broken_series,
        "not finite": _infinite,
        "value out of range": _out_of_range,
        "constant": _flat_series,
    },
    "table": {
        MISSING: _missing,
        "not finite": _infinite,
        "value out of range": _out_of_range,
    },
}


def _inner(values: Values) -> tuple[int, ...]:
    return tuple(range(1, values.ndim))


def _wrong(expected: str, found: str) -> RecipeError:
    return RecipeError(expected=expected, found=found, remedy="correct the source")
