"""The mean of updates, each weighted by its number of examples, from an exact sum of integers.

    mean = (sum over devices k of round(n_k * x_k * 2^s)) / (2^s * sum over devices k of n_k)

Integers add without rounding, so updates may come in any order: the bits are the same. In memory
there is one sum, however many updates come. The number of fraction bits s is known before the first
update, so that no sum can leave 64 bits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import EdgelineError
from edgeline.federated.algorithm import Weights, is_averaged

SUM_BITS = 62
"""Of a signed 64-bit integer, one bit is the sign and one is kept free for roundings."""

MIN_FRACTION_BITS = 20
"""With fewer the mean could be off by 1e-6, which is more than float32 loses on a weight near 1."""


@dataclass(frozen=True)
class Limits:
    """What the updates of a round keep to, so that their sum fits."""

    updates: int
    """The most that are added."""
    examples: int
    """The most for which one update counts."""
    magnitude: float = 1024.0
    """The largest absolute value in an update; trained weights seldom move by more than 10."""

    @property
    def fraction_bits(self) -> int:
        """Binary digits behind the point of every number in the sum."""
        largest = int(np.ceil(self.updates * self.examples * self.magnitude))
        return SUM_BITS - (largest - 1).bit_length()

    def check(self) -> None:
        """Refuse limits under which a sum could overflow or would be too coarse."""
        if self.fraction_bits < MIN_FRACTION_BITS:
            raise EdgelineError(
                expected="a round whose sum of updates fits into 64 bits",
                found=f"{self.updates} updates that count for up to {self.examples} examples each, "
                f"with values up to {self.magnitude:g}: {self.fraction_bits} fraction bits are left "
                f"and {MIN_FRACTION_BITS} are needed",
                remedy="lower federate.max_examples or federate.share",
            )


@dataclass(frozen=True)
class Update:
    """What one device sent."""

    device: str
    examples: int
    """How many it learned from: its weight in the mean."""
    arrays: Weights


class WeightedSum:
    """The sum of the updates so far."""

    def __init__(self, like: Weights, limits: Limits) -> None:
        limits.check()
        self.limits = limits
        self.devices: set[str] = set()
        """Whose updates are in the sum."""
        self.examples = 0
        """How many the updates count for together."""
        self._like = like
        self._sums = {
            name: np.zeros(array.shape, np.int64)
            for name, array in like.items()
            if is_averaged(array)
        }
        self._counters: Weights = {}
        """Counters have no mean, so one device's are kept: the first by name, whoever came first."""

    def add(self, update: Update) -> None:
        """Add an update; one that declares too many examples counts for as many as the limit.

        Raises:
            EdgelineError: the update is not added, and the sum is as it was.
        """
        self._check(update)
        examples = min(update.examples, self.limits.examples)
        factor = examples * 2.0**self.limits.fraction_bits
        for name, total in self._sums.items():
            scaled = update.arrays[name].astype(np.float64) * factor
            total += np.rint(scaled).astype(np.int64)
        self.devices.add(update.device)
        self.examples += examples
        if update.device == min(self.devices):
            self._counters = {
                name: array for name, array in update.arrays.items() if name not in self._sums
            }

    def mean(self) -> Weights:
        """The weighted mean in float64; counters are those of the first device by name."""
        if not self.devices:
            raise ValueError("a sum of no updates has no mean")
        divisor = self.examples * 2.0**self.limits.fraction_bits
        return {
            name: self._sums[name] / divisor if name in self._sums else self._counters[name]
            for name in self._like
        }

    def _check(self, update: Update) -> None:
        """Refuse an update without the names, shapes and types of the round, or out of its limits."""
        if update.device in self.devices:
            raise _rejection(update.device, "a second update in the same round")
        if len(self.devices) == self.limits.updates:
            raise _rejection(update.device, f"more than {self.limits.updates} updates in the round")
        if update.examples < 1:
            raise _rejection(update.device, f"{update.examples} examples")
        if (names := sorted(update.arrays)) != sorted(self._like):
            raise _rejection(update.device, f"arrays named {', '.join(names)}")
        for name, wanted in self._like.items():
            sent = update.arrays[name]
            if (sent.shape, sent.dtype) != (wanted.shape, wanted.dtype):
                raise _rejection(update.device, f"{name} is {sent.dtype}{list(sent.shape)}")
            if name in self._sums:
                self._check_values(update.device, name, sent)

    def _check_values(self, device: str, name: str, array: NDArray[Any]) -> None:
        largest = float(np.abs(array).max(initial=0.0))
        if not np.isfinite(largest):
            raise _rejection(device, f"{name} holds values that are not finite")
        if largest > self.limits.magnitude:
            raise _rejection(device, f"{name} holds a value of size {largest:g}")


def _rejection(device: str, found: str) -> EdgelineError:
    return EdgelineError(
        expected=f"one finite update with the round's names and shapes from device {device}",
        found=found,
        remedy="look at the device before it takes part again",
    )
