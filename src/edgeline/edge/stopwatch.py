"""CPU time of calls, measured side by side, so that a busy machine disturbs all of them alike."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Below this a clock reading and the call of a closure are no longer small beside the work.
LEAST_S = 0.0005


def paired_cpu_ms(calls: Sequence[Callable[[], object]], rounds: int) -> NDArray[np.float64]:
    """Milliseconds of this thread's CPU: a row per round, a column per call.

    Single rounds are noisy, ratios within a round much less: compare columns by `median_ratio`.
    """
    repeats = [_repeats(call) for call in calls]
    times = [
        [_cpu_s(call, n) / n for call, n in zip(calls, repeats, strict=True)] for _ in range(rounds)
    ]
    return np.array(times) * 1000


def median_ratio(times: NDArray[np.float64], over: int, under: int) -> float:
    """Median over rounds of the time of one call divided by that of another."""
    return float(np.median(times[:, over] / times[:, under]))


def _repeats(call: Callable[[], object]) -> int:
    """How often a call must be made to be measurable; the first call only warms caches up."""
    call()
    return max(1, round(LEAST_S / max(_cpu_s(call, 3) / 3, 1e-7)))


def _cpu_s(call: Callable[[], object], times: int) -> float:
    start = time.thread_time()
    for _ in range(times):
        call()
    return time.thread_time() - start
