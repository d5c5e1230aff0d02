"""The limits of the gate: a model below its baseline is held back, and what a small test set leaves open is not."""

import numpy as np
import pytest

from edgeline.comparison import Comparison, compare
from edgeline.recipe.gate import Gate, Limit


def below(broken: int, items: int) -> Comparison:
    """The model beside a baseline that has all items right, of which it breaks some."""
    labels = np.zeros(items, int)
    answers = np.arange(items) < broken
    return compare("trivial rule", np.eye(2)[labels], np.eye(2)[answers.astype(int)], labels)


def missed(gate: Gate, *comparisons: Comparison) -> list[Limit]:
    return [limit for limit in gate.limits(0.99, 0.0, None, comparisons) if not limit.is_met]


def test_a_model_below_its_baseline_is_held_back_by_name_and_figures() -> None:
    (limit,) = missed(Gate(), below(6, 10))

    assert limit.setting == "allow_below_baseline"
    assert limit.expected == "a test accuracy not below that of the trivial rule, 1.0000"
    assert limit.found == "0.4000, a gain of -0.6000 (-0.8784 to -0.0214) at 95 %"


def test_a_recipe_can_release_it_all_the_same() -> None:
    assert missed(Gate(allow_below_baseline=True), below(6, 10)) == []


def test_a_loss_that_chance_explains_holds_no_model_back() -> None:
    assert missed(Gate(), below(5, 10)) == []
    assert missed(Gate(), below(0, 10)) == []


@pytest.mark.parametrize(
    ("score", "settings"), [("accuracy", []), ("balanced_accuracy", ["allow_below_baseline"])]
)
def test_the_score_of_the_recipe_decides(score: str, settings: list[str]) -> None:
    """It breaks all 20 items of the rare class, and fixes 30 of the 200 of the other."""
    labels = np.repeat([0, 1], [200, 20])
    before = np.eye(2)[np.repeat([1, 0, 1], [30, 170, 20])]
    after = np.eye(2)[np.zeros(220, int)]

    found = missed(
        Gate.model_validate({"score": score}), compare("trivial rule", before, after, labels)
    )

    assert [limit.setting for limit in found] == settings


def test_the_other_limits_give_their_figures() -> None:
    limits = {limit.setting: limit for limit in Gate().limits(0.9, 0.05, 0.95, ())}

    assert [one.is_met for one in limits.values()] == [False, False, False]
    assert (limits["min_accuracy"].found, limits["max_quantisation_loss"].found) == (
        "0.9000",
        "0.0500",
    )
