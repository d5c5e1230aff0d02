import numpy as np
import pytest

from edgeline.datasets.splits import apportion, draw, split
from edgeline.errors import RecipeError

LABELS = np.repeat(np.arange(3), [60, 30, 10])


def test_seats_go_to_the_largest_remainders():
    # quotas of 10 seats: 4.7, 3.1, 2.2, so the one that is left goes to the first
    assert apportion(np.array([47, 31, 22]), 10).tolist() == [5, 3, 2]


def test_a_tie_goes_to_the_lowest_index():
    assert apportion(np.array([1, 1, 1]), 4).tolist() == [2, 1, 1]


def test_a_draw_keeps_every_class_in_proportion():
    drawn, others = draw(LABELS, 10, np.random.default_rng(0))

    assert np.bincount(LABELS[drawn]).tolist() == [6, 3, 1]
    assert np.bincount(LABELS[others]).tolist() == [54, 27, 9]


def test_splits_share_nothing_and_lose_nothing():
    splits = split(LABELS, validation=20, test=30, generator=np.random.default_rng(0))

    assert [len(splits.train), len(splits.validation), len(splits.test)] == [50, 20, 30]
    together = np.concatenate([splits.train, splits.validation, splits.test])
    assert sorted(together.tolist()) == list(range(100))


def test_the_seed_alone_decides_the_split():
    first, again, other = (
        split(LABELS, 20, 30, np.random.default_rng(seed)).test.tolist() for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_a_split_without_training_data_is_refused():
    with pytest.raises(RecipeError, match="below the 100 examples"):
        split(LABELS, validation=40, test=60, generator=np.random.default_rng(0))
