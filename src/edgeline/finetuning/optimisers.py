"""How weights follow their gradients, and how the learning rate rises and falls."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.optim import Optimizer

from edgeline.recipe.training import Training

WARM_UP = 0.1
MOMENTUM = 0.9

Schedule = Callable[[int, int], float]
"""Share of the learning rate at a step (from 0) of so many."""


def one_cycle(step: int, steps: int) -> float:
    """Up over the first tenth, then down along a cosine to nothing."""
    warm = max(1, round(WARM_UP * steps))
    return (step + 1) / warm if step < warm else cosine(step - warm, steps - warm)


def cosine(step: int, steps: int) -> float:
    return (1 + math.cos(math.pi * step / max(1, steps))) / 2


def constant(_: int, __: int) -> float:
    return 1.0


OPTIMISERS: dict[str, Callable[..., Optimizer]] = {
    # arXiv 1412.6980; a decay joins the gradient
    "adam": partial(torch.optim.Adam, fused=True),
    # arXiv 1711.05101; a decay stands beside the gradient
    "adamw": partial(torch.optim.AdamW, fused=True),
    # Nesterov's accelerated gradient
    "sgd": partial(torch.optim.SGD, momentum=MOMENTUM, nesterov=True),
}
SCHEDULES: dict[str, Schedule] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": constant,
}


def make_optimiser(network: nn.Module, settings: Training) -> Optimizer:
    """Of the weights that learn; biases and norms do not decay."""
    learning = [weight for weight in network.parameters() if weight.requires_grad]
    matrices = [weight for weight in learning if weight.ndim > 1]
    vectors = [weight for weight in learning if weight.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return OPTIMISERS[settings.optimiser](groups, lr=settings.learning_rate)
