"""Do two runs of a network give the same answers? One measure and one check, wherever that is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import EdgelineError
from edgeline.metrics import top1

Outputs: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Agreement:
    """How near the actual outputs are to the expected ones; of several outputs, the worst counts."""

    difference: float
    """Largest absolute difference, as a share of the range of the expected output."""
    top1: float | None
    """Share of examples with the same most probable class; None unless the one output is a row of
    numbers for each example."""
    bit_equal: bool
    """Not one bit differs."""
    examples: int


def agreement(expected: Outputs, actual: Outputs) -> Agreement:
    """Compares outputs for the same examples; another name or shape, or a NaN, agrees in nothing."""
    examples = max((len(array) if array.ndim else 1 for array in expected.values()), default=0)
    nothing = Agreement(float("inf"), 0.0, False, examples)
    if expected.keys() != actual.keys():
        return nothing
    pairs = [(array, actual[name]) for name, array in expected.items()]
    if not all(_comparable(*pair) for pair in pairs):
        return nothing
    return Agreement(
        difference=max((_difference(one, other) for one, other in pairs), default=0.0),
        top1=_same_class(*pairs[0]) if len(pairs) == 1 else None,
        bit_equal=all(one.tobytes() == other.tobytes() for one, other in pairs),
        examples=examples,
    )


def check_agreement(
    expected: Outputs,
    actual: Outputs,
    *,
    tolerance: float,
    what: str,
    whose: str,
    remedy: str,
    classes: bool = True,
    error: type[EdgelineError] = EdgelineError,
) -> Agreement:
    """How near they are, where that is near enough.

    `what` was computed, and must agree with `whose`. Where the output is a row of numbers that
    stand for `classes`, the most probable one must be the same.

    Raises:
        `error`: they differ by more than `tolerance` of the range of the expected output, or in a class.
    """
    measured = agreement(expected, actual)
    other_class = classes and measured.top1 is not None and measured.top1 < 1
    if measured.difference > tolerance or other_class:
        same = "" if measured.top1 is None else f", and {measured.top1:.1%} of the same classes"
        raise error(
            expected=f"{what} within {tolerance:g} of {whose}, relative to their range",
            found=f"a difference of {measured.difference:.2g}{same}",
            remedy=remedy,
        )
    return measured


def _comparable(expected: NDArray[Any], actual: NDArray[Any]) -> bool:
    finite = np.isfinite(expected).all() and np.isfinite(actual).all()
    return expected.shape == actual.shape and bool(finite)


def _difference(expected: NDArray[Any], actual: NDArray[Any]) -> float:
    if not expected.size:
        return 0.0
    wide, other = expected.astype(np.float64), actual.astype(np.float64)
    # A constant answer has no range; its own size, or 1 for zeros, stands in.
    scale = float(np.ptp(wide)) or float(np.abs(wide).max()) or 1.0
    return float(np.abs(wide - other).max()) / scale


def _same_class(expected: NDArray[Any], actual: NDArray[Any]) -> float | None:
    if expected.ndim != 2 or not expected.size or expected.dtype.kind != "f":
        return None
    return float(np.mean(top1(expected) == top1(actual)))
