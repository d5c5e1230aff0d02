"""The one training loop: pretraining, fine-tuning, distillation and federated clients all call it.

It knows arrays, a network and an objective; not where any of them came from.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from edgeline.finetuning.augment import jitter
from edgeline.finetuning.evaluate import answers, channels_last, one_core
from edgeline.metrics import accuracy

# With a hundred labels, measuring after every epoch would cost more than learning.
MEASUREMENTS = 10
WARM_UP = 0.1


class Training(Protocol):
    """The settings that the loop reads; recipe sections and round specs have them."""

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def augment(self) -> float: ...


@dataclass(frozen=True)
class Examples:
    """Network inputs (N, C, H, W) and labels (N,), ready to be batched."""

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Epoch:
    """A point of the learning curve."""

    epoch: int
    """Counted from 1."""
    loss: float
    """Mean over the epoch's examples."""
    accuracy: float | None
    """On validation data; None where it was not measured after this epoch."""


@dataclass(frozen=True)
class TrainReport:
    """How a network learned."""

    examples: int
    batches: int
    loss: float
    """Mean over the last epoch."""
    accuracy: float | None
    """On validation data after the last epoch; None without validation data."""
    curve: tuple[Epoch, ...]


Objective = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Loss of a batch from its logits, its inputs as the network saw them, and its labels."""
Schedule = Callable[[int, int], float]
"""Share of the learning rate at a step (from 0) of so many."""
OnEpoch = Callable[[Epoch, int], None]
"""Told each point of the curve and how many epochs there will be."""


def cross_entropy(logits_BK: Tensor, _: Tensor, labels_B: Tensor) -> Tensor:
    return F.cross_entropy(logits_BK, labels_B)


def one_cycle(step: int, steps: int) -> float:
    """Up over the first tenth, then down along a cosine to nothing."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    return (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2


def constant(_: int, __: int) -> float:
    return 1.0


def nothing(*_: object) -> None:
    """The callback of a caller who does not listen."""


def train(
    network: nn.Module,
    examples: Examples,
    settings: Training,
    *,
    seed: int,
    validation: Examples | None = None,
    objective: Objective = cross_entropy,
    schedule: Schedule = one_cycle,
    on_epoch: OnEpoch = nothing,
    before_batch: Callable[[], None] = nothing,
) -> tuple[nn.Module, TrainReport]:
    """Train `network` in place with Adam (arXiv 1412.6980) and return it with its learning curve.

    The same network, examples, settings and seed give the same bits, whatever else runs beside it.
    `before_batch` may raise to stop the training between two batches.
    """
    one_core()
    network = channels_last(network).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    inputs, labels = torch.from_numpy(examples.inputs), torch.from_numpy(examples.labels)
    steps = settings.epochs * math.ceil(len(labels) / settings.batch_size)
    step, curve = 0, []
    for epoch in range(1, settings.epochs + 1):
        total = 0.0
        for rows in _batches(len(labels), settings.batch_size, generator):
            before_batch()
            seen = jitter(inputs[rows], settings.augment, generator).contiguous(
                memory_format=torch.channels_last
            )
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * schedule(step, steps)
            loss = objective(network(seen), seen, labels[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total, step = total + loss.item() * len(rows), step + 1
        measured = _measure(network, validation) if _is_measured(epoch, settings.epochs) else None
        curve.append(Epoch(epoch, total / len(labels), measured))
        on_epoch(curve[-1], settings.epochs)
    network.eval()
    return network, TrainReport(len(labels), step, curve[-1].loss, curve[-1].accuracy, tuple(curve))


def _batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    yield from torch.split(torch.randperm(count, generator=generator), size)


def _is_measured(epoch: int, epochs: int) -> bool:
    return (epochs - epoch) % math.ceil(epochs / MEASUREMENTS) == 0


def _measure(network: nn.Module, validation: Examples | None) -> float | None:
    if validation is None:
        return None
    return accuracy(answers(network, torch.from_numpy(validation.inputs)), validation.labels)
