"""Do two runs of a network give the same answers? One measure, wherever that is asked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.metrics import top1


@dataclass(frozen=True)
class Agreement:
    """How near the found logits are to the expected ones."""

    difference: float
    """Largest absolute difference, as a share of the range of the expected logits."""
    top1: float
    """Share of examples with the same most probable class."""
    bit_equal: bool
    """Not one bit differs."""
    examples: int


def agreement(
    expected_logits: NDArray[np.floating], found_logits: NDArray[np.floating]
) -> Agreement:
    """Compares logits of the same examples; another shape or a NaN agrees in nothing."""
    if expected_logits.shape != found_logits.shape or not all(
        np.isfinite(logits).all() for logits in (expected_logits, found_logits)
    ):
        return Agreement(float("inf"), 0.0, False, len(expected_logits))
    expected, found = expected_logits.astype(np.float64), found_logits.astype(np.float64)
    # A constant answer has no range; its own size, or 1 for zeros, stands in.
    scale = float(np.ptp(expected)) or float(np.abs(expected).max()) or 1.0
    return Agreement(
        difference=float(np.abs(expected - found).max()) / scale,
        top1=float(np.mean(top1(expected) == top1(found))),
        bit_equal=expected_logits.tobytes() == found_logits.tobytes(),
        examples=len(expected_logits),
    )
