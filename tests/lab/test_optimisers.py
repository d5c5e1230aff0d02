"""How weights move, by hand."""

import pytest
import torch
from torch import nn

from edgeline.finetuning.optimisers import OPTIMISERS, SCHEDULES, make_optimiser
from edgeline.recipe.training import Training


def chosen(name: str, decay: float) -> Training:
    return Training(optimiser=name, learning_rate=0.1, weight_decay=decay)


def stepped(name: str, decay: float = 0.0, steps: int = 1) -> tuple[float, float]:
    """Weight and bias after steps against a gradient of 1, from 1, at a rate of 0.1."""
    network = nn.Linear(1, 1)
    nn.init.ones_(network.weight)
    nn.init.ones_(network.bias)
    moving = make_optimiser(network, chosen(name, decay))
    for _ in range(steps):
        for weight in network.parameters():
            weight.grad = torch.ones_like(weight)
        moving.step()
    return network.weight.item(), network.bias.item()


def test_first_step_of_adam_is_the_rate():
    assert stepped("adam") == pytest.approx((0.9, 0.9))


def test_decay_stands_beside_the_gradient_and_spares_biases():
    # 1 - 0.1 * 0.5 * 1 - 0.1 for the weight.
    assert stepped("adamw", decay=0.5) == pytest.approx((0.85, 0.9))


def test_momentum_looks_ahead():
    # Nesterov: 1 + 0.9 * 1 at the first step, 1 + 0.9 * 1.9 at the second.
    assert stepped("sgd")[0] == pytest.approx(1 - 0.1 * 1.9)
    assert stepped("sgd", steps=2)[0] == pytest.approx(1 - 0.1 * 1.9 - 0.1 * 2.71)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_held_weights_do_not_move(name):
    network = nn.Linear(2, 2)
    network.weight.requires_grad_(False)
    moving = make_optimiser(network, chosen(name, 0.5))

    assert [weight.shape for group in moving.param_groups for weight in group["params"]] == [(2,)]


@pytest.mark.parametrize(
    ("name", "first", "last"), [("one-cycle", 0.5, 0.01), ("cosine", 1, 0.01), ("constant", 1, 1)]
)
def test_schedules_end_where_they_should(name, first, last):
    pace = SCHEDULES[name]

    assert pace(0, 20) == pytest.approx(first)
    assert pace(19, 20) == pytest.approx(last, abs=0.01)
