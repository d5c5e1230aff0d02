"""What a step did to the answers, on items that can be counted by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest

from edgeline.comparison import (
    HARMED,
    HELPED,
    WITHIN_CHANCE,
    Comparison,
    compare,
    describe,
)


def answers(classes: list[int]) -> np.ndarray:
    """Logits of two classes that say these."""
    return np.eye(2)[classes]


def counted(fixed: int, broken: int, items: int = 10) -> Comparison:
    """Of items of class 0: some wrong before and right after, some the other way, the rest right in both."""
    same = items - fixed - broken
    before = answers([1] * fixed + [0] * broken + [0] * same)
    after = answers([0] * fixed + [1] * broken + [0] * same)
    return compare("shrink", before, after, np.zeros(items, int))


@pytest.mark.parametrize(
    ("fixed", "broken", "effect"),
    [
        (6, 0, HELPED),
        (5, 0, WITHIN_CHANCE),
        (0, 0, WITHIN_CHANCE),
        (3, 3, WITHIN_CHANCE),
        (0, 5, WITHIN_CHANCE),
        (0, 6, HARMED),
        (1, 7, WITHIN_CHANCE),
        (1, 8, HARMED),
    ],
)
def test_a_step_is_judged_by_the_items_that_it_fixed_and_broke(
    fixed: int, broken: int, effect: str
) -> None:
    """As McNemar's exact test does: 6 of 6 have chance 2 / 2^6 = 0.031, 5 of 5 have 0.0625."""
    found = counted(fixed, broken)

    assert (found.fixed, found.broken) == (fixed, broken)
    assert found.accuracy.gain == pytest.approx((fixed - broken) / 10)
    assert found.accuracy.effect == found.by("balanced_accuracy").effect == effect
    if fixed + broken:
        assert (binomtest(fixed, fixed + broken).pvalue < 0.05) == (effect != WITHIN_CHANCE)


def test_the_interval_knows_how_few_items_there_are() -> None:
    """All ten broken: of such tests, a share of 0.025^(1/10) = 0.69 and more differs and is broken."""
    change = counted(0, 10).accuracy
    least = 0.025 ** (1 / 10)

    assert (change.before, change.after, change.low) == (1.0, 0.0, -1.0)
    assert change.high == pytest.approx(-least * (2 * least - 1))
    assert str(change) == "-1.0000 (-1.0000 to -0.2648)"


@pytest.mark.parametrize(("items", "reach"), [(10, 0.3085), (1000, 0.0037)])
def test_the_same_answers_bound_what_more_items_could_show(items: int, reach: float) -> None:
    """As the rule of three does: 1 - 0.025^(1/N)."""
    change = counted(0, 0, items).accuracy

    assert change.gain == 0
    assert (-change.low, change.high) == pytest.approx((reach, reach), abs=5e-5)


def test_the_interval_covers_the_truth_nineteen_times_of_twenty() -> None:
    """Of 114 items a model fixes 10 % and breaks 2 %."""
    draws = np.random.default_rng(0).multinomial(114, [0.1, 0.02, 0.88], 400)
    found = [counted(int(fixed), int(broken), 114).accuracy for fixed, broken, _ in draws]

    assert np.mean([one.low <= 0.08 <= one.high for one in found]) >= 0.95


def test_a_rare_class_counts_as_much_as_a_frequent_one_in_balanced_accuracy() -> None:
    """Of 90 and 10 items, 8 of the many are broken and 8 of the few are fixed."""
    labels = np.repeat([0, 1], [90, 10])
    before = answers([0] * 90 + [0] * 8 + [1] * 2)
    after = answers([1] * 8 + [0] * 82 + [1] * 10)

    found = compare("pretrained", before, after, labels)

    assert found.accuracy.gain == pytest.approx(0)
    assert found.accuracy.effect == WITHIN_CHANCE
    balanced = found.balanced_accuracy
    assert balanced.gain == pytest.approx((8 / 10 - 8 / 90) / 2)
    assert balanced.effect == HELPED
    # in one class at least 0.025^(1/8) of what differs is fixed, in the other all of it may be broken
    few, many = (binomtest(8, of).proportion_ci() for of in (10, 90))
    below = 0.8 - few.low * (2 * 0.025 ** (1 / 8) - 1), many.high - 8 / 90
    assert balanced.low == pytest.approx(balanced.gain - np.hypot(*below) / 2)


def test_in_a_small_test_set_a_loss_may_be_chance_and_is_still_told() -> None:
    found = counted(0, 4, items=54)

    assert str(found.accuracy) == "-0.0741 (-0.1789 to +0.0366)"
    assert found.remark("accuracy") == "within chance against shrink"
    assert counted(6, 0).remark("accuracy") == ""
    assert counted(0, 6).remark("accuracy") == (
        "harmed against shrink, -0.6000 (-0.8784 to -0.0214)"
    )


def test_a_row_has_the_words_and_figures_of_a_step() -> None:
    """Clopper and Pearson's tables have 0.5550 to 0.9975 for nine in ten, 0.0028 to 0.4825 for one in nine."""
    row = counted(1, 8).row("federate", "accuracy")

    assert row == {
        "step": "federate",
        "against": "shrink",
        "effect": "harmed",
        "score": "accuracy",
        "before": 0.9,
        "after": 0.2,
        "gain": -0.7,
        "low": -0.9919,
        "high": -0.0194,
        "fixed": 1,
        "broken": 8,
    }
    assert describe(row) == "federate harmed against shrink, -0.7000 (-0.9919 to -0.0194)"
