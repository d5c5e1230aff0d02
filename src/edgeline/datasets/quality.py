"""Checks that leave a damaged item out, and the limit on how many may be damaged."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import QuarantineItem
from edgeline.errors import GateMissed
from edgeline.preprocess import Kind, Missing, find_missing

Values: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]
Reasons: TypeAlias = NDArray[np.str_]

# No sensor measures so much, but fill values for "missing" are as large (netCDF 9.97e36, FLT_MAX 3.4e38).
LARGEST = 1e30

MISSING = "a missing value"
EMPTY = "no value at all"

# Ids and reasons that a message shows of those that were left out.
SHOWN = 3


def kind_of(values: Values) -> Kind:
    """Of which kind the items are: bytes are images, numbers are series (N, T, C) or rows (N, F)."""
    if values.dtype == np.uint8:
        return "image"
    return "series" if values.ndim == 3 else "table"


def inspect(
    items: Items, classes: int, kind: Kind, columns: Sequence[str], missing: Missing
) -> Reasons:
    """For every item the first reason to leave it out, or an empty text.

    `missing` says what is done with cells without a value: refused, they are named by their column.
    """
    reasons = np.full(len(items), "", dtype=object)
    for reason, is_bad in reversed(CHECKS[kind].items()):
        reasons[is_bad(items.values)] = reason
    if kind != "image":
        reasons[_has(np.isnan, np.all)(items.values)] = EMPTY
        if missing == "refuse":
            _name_missing(reasons, find_missing(items.values), columns)
    reasons[(items.labels < 0) | (items.labels >= classes)] = "label outside the classes"
    return reasons.astype(np.str_)


def _name_missing(reasons: NDArray[np.object_], missing: Mask, columns: Sequence[str]) -> None:
    """Put down for every item the first column in which a cell of it has no value."""
    lacking: Mask = missing if missing.ndim == 2 else np.asarray(missing.any(axis=1))  # (N, C)
    rows = np.flatnonzero(lacking.any(axis=1))
    for row, at in zip(rows.tolist(), lacking[rows].argmax(axis=1).tolist(), strict=True):
        reasons[row] = f"{MISSING}, in column {columns[at]}" if columns else MISSING


def check_damage(quarantine: Sequence[QuarantineItem], items: int, allowed: float) -> None:
    """Stop where a greater share of the items than `allowed` is bad.

    Raises:
        GateMissed: it names the reasons with their counts, and the first items.
    """
    if len(quarantine) <= allowed * items:
        return
    counts = Counter(one.reason for one in quarantine)
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    reasons = ", ".join(f"{count} {reason}" for reason, count in most_first[:SHOWN])
    more = ", and others" if len(most_first) > SHOWN else ""
    lacks = any(reason.startswith(MISSING) for reason in counts)
    fill = ", or set data.missing to mean or indicator" if lacks else ""
    first = ", ".join(repr(one.id) for one in quarantine[:SHOWN])
    raise GateMissed(
        expected=f"at most {allowed:.2%} of {items} items damaged",
        found=f"{len(quarantine)} ({len(quarantine) / items:.2%}): {reasons}{more}; the first: {first}",
        remedy=f"correct or remove these items, or raise data.max_bad{fill}",
    )


def _one_colour(images: Values) -> Mask:
    inner = tuple(range(1, images.ndim))
    return np.asarray(images.min(axis=inner) == images.max(axis=inner))


def _has(
    is_bad: Callable[[Values], Mask], which: Callable[..., Any] = np.any
) -> Callable[[Values], Mask]:
    """Whether one of an item's numbers is bad, or with `np.all` every one."""
    return lambda values: np.asarray(which(is_bad(values).reshape(len(values), -1), axis=1))


def _flat_series(series: Values) -> Mask:
    """Every channel stands still over all steps that are known, of which there are two or more."""
    is_known = ~np.isnan(series)
    low = np.where(is_known, series, np.inf).min(axis=1)
    high = np.where(is_known, series, -np.inf).max(axis=1)
    steps = is_known.any(axis=2).sum(axis=1)
    return np.asarray((low >= high).all(axis=1) & (steps > 1))


# What cannot be a measurement.
IMPOSSIBLE = {
    "not finite": _has(np.isinf),
    "value out of range": _has(lambda values: np.abs(values) > LARGEST),
}

# A row of equal numbers, such as zeros, may well be a measurement: rows are never called constant.
CHECKS: dict[Kind, dict[str, Callable[[Values], Mask]]] = {
    "image": {"constant": _one_colour},
    "series": {**IMPOSSIBLE, "constant": _flat_series},
    "table": IMPOSSIBLE,
}
