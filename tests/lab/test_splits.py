import numpy as np
import pytest

from edgeline.datasets.splits import apportion, draw
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
    drawn = draw(LABELS, 10, np.random.default_rng(0))

    assert np.bincount(LABELS[drawn]).tolist() == [6, 3, 1]
    assert np.bincount(LABELS[~drawn]).tolist() == [54, 27, 9]


def test_the_seed_alone_decides_what_is_drawn():
    first, again, other = (
        draw(LABELS, 30, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_drawn_whole_and_nearly_in_proportion(seed):
    labels, groups = of_groups(60, 10, seed)

    drawn = draw(labels, 120, np.random.default_rng(seed), groups)

    assert not set(groups[drawn].tolist()) & set(groups[~drawn].tolist())
    assert np.abs(np.bincount(labels[drawn]) - np.bincount(labels) / 5).max() <= 5


def test_groups_of_one_are_items():
    drawn = draw(LABELS, 30, np.random.default_rng(0), np.arange(100).astype(str))

    assert np.bincount(LABELS[drawn]).tolist() == [18, 9, 3]


def test_other_seeds_draw_other_groups():
    labels, groups = of_groups(60, 10)

    drawn = {
        tuple(draw(labels, 120, np.random.default_rng(seed), groups).tolist()) for seed in range(5)
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
        draw(LABELS, 20, np.random.default_rng(0), groups)


def test_nothing_wanted_is_nothing_drawn():
    assert not draw(LABELS, 0, np.random.default_rng(0), np.full(100, "one")).any()
