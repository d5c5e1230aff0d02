"""Times come in rounds, so that what disturbs one call disturbs them all."""

import numpy as np

from edgeline.edge.stopwatch import median_ratio, paired_cpu_ms


def test_every_round_times_every_call() -> None:
    counts = [0, 0]

    def count(at: int) -> None:
        counts[at] += 1

    times = paired_cpu_ms([lambda: count(0), lambda: count(1)], rounds=3)
    assert times.shape == (3, 2)
    assert (times > 0).all()
    assert min(counts) > 3


def test_ratios_are_taken_within_a_round() -> None:
    times = np.array([[2.0, 1.0], [30.0, 10.0], [8.0, 2.0]])
    assert median_ratio(times, 0, 1) == 3.0
