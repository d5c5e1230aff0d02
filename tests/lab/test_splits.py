import numpy as np
import pytest

from edgeline.datasets.splits import apportion, draw, split
from edgeline.errors import RecipeError

LABELS = np.repeat(np.arange(3), [60, 30, 10])


def of_groups(count, size, seed=0):
    """Labels of groups with mixes of their own, and the groups."""
    generator = np.random.default_rng(seed)
    labels = np.concatenate(
        [generator.choice(3, size, p=generator.dirichlet([2, 2, 2])) for _ in range(count)]
    )
    return labels, np.repeat([f"g{at}" for at in range(count)], size)


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
    with pytest.raises(RecipeError, match="below the 100 items"):
        split(LABELS, validation=40, test=60, generator=np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_drawn_whole_and_nearly_in_proportion(seed):
    labels, groups = of_groups(60, 10, seed)

    splits = split(labels, 120, 120, np.random.default_rng(seed), groups)

    seen = [set(groups[at].tolist()) for at in (splits.train, splits.validation, splits.test)]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 60
    for at in (splits.validation, splits.test):
        assert np.abs(np.bincount(labels[at]) - np.bincount(labels) / 5).max() <= 5


def test_groups_of_one_are_items():
    splits = split(LABELS, 20, 30, np.random.default_rng(0), np.arange(100).astype(str))

    assert np.bincount(LABELS[splits.test]).tolist() == [18, 9, 3]
    assert np.bincount(LABELS[splits.validation]).tolist() == [12, 6, 2]


def test_other_seeds_draw_other_groups():
    labels, groups = of_groups(60, 10)

    drawn = {
        tuple(draw(labels, 120, np.random.default_rng(seed), groups)[0].tolist())
        for seed in range(5)
    }

    assert len(drawn) == 5


@pytest.mark.parametrize(
    "groups",
    [
        np.full(100, "all of them"),
        np.repeat(["a", "b", "c"], [60, 30, 10]),  # a group is a class
    ],
)
def test_groups_that_cannot_be_drawn_are_refused(groups):
    with pytest.raises(RecipeError, match="data.group"):
        split(LABELS, 10, 20, np.random.default_rng(0), groups)


def test_nothing_wanted_is_nothing_drawn():
    drawn, others = draw(LABELS, 0, np.random.default_rng(0), np.full(100, "one"))

    assert (len(drawn), len(others)) == (0, 100)
