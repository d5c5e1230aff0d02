"""The article's interpolation between the weights of a pretrained and a fine-tuned network.

    theta' = alpha * theta_pretrained + (1 - alpha) * theta_tuned

so alpha = 0 is the tuned network and alpha = 1 the pretrained one. WiSE-FT (Wortsman et al.,
"Robust fine-tuning of zero-shot models", arXiv 2109.01903) is the same line from the other end:
its alpha is 1 - alpha here. Between the ends, the statistics of batch norm belong to neither network.
A second branch of the line measures them again on the training items.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edgeline.finetuning.evaluate import (
    BATCH,
    Labels,
    Values,
    answers,
    images_channels_last,
    one_core,
)
from edgeline.finetuning.methods import BATCH_NORM, has_batch_norm
from edgeline.metrics import Interval, accuracy, paired_bootstrap
from edgeline.models.checkpoint import Checkpoint
from edgeline.models.zoo import restore

ENOUGH = 2000
"""Items that statistics are measured on, evenly taken; they hardly change with more."""

ALPHAS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Sweep:
    """Validation accuracy along the line between two networks."""

    alpha: float
    """The chosen one: the most accurate, and of equals the smallest."""
    accuracy: float
    """At that alpha, in the branch that was kept."""
    curve: tuple[tuple[float, float], ...]
    """Each alpha tried, with its accuracy."""
    reestimated: bool
    """Whether the network kept has its batch-norm statistics measured again."""
    reestimated_curve: tuple[tuple[float, float], ...]
    """The same with statistics measured again; never the ends; empty where it was not tried."""
    gain: Interval
    """Accuracy of the network kept minus that of the tuned one, on the validation items."""


@dataclass(frozen=True)
class _Point:
    alpha: float
    reestimated: bool
    checkpoint: Checkpoint
    logits: NDArray[np.float32]
    accuracy: float

    @property
    def order(self) -> tuple[float, float, bool]:
        """The more accurate, of equals the smaller alpha, of those the plain one."""
        return self.accuracy, -self.alpha, not self.reestimated


def interpolate(
    pretrained: Checkpoint, tuned: Checkpoint, alpha: float, fresh: Collection[str] = ()
) -> Checkpoint:
    """The network at `alpha` on the line from tuned (0) to pretrained (1).

    Weights named in `fresh`, such as a new head, stay the tuned ones, since the pretrained ones are
    random. Counters are not mixed; at 1 they are the pretrained network's.
    """
    state = {
        name: _between(tensor, tensor if name in fresh else pretrained.state[name], alpha)
        for name, tensor in tuned.state.items()
    }
    return replace(tuned, state=state)


def reestimate(checkpoint: Checkpoint, values: Values) -> Checkpoint:
    """The network with batch-norm statistics of these items, in one pass."""
    one_core()
    network = restore(checkpoint).eval()
    for module in network.modules():
        if isinstance(module, BATCH_NORM):
            module.reset_running_stats()
            module.momentum = None  # the mean over all batches
            module.train()
    sample = values[:: -(-len(values) // ENOUGH)]
    inputs = torch.from_numpy(checkpoint.preprocessing(sample))
    with torch.no_grad():
        # Batches of one size, so that each counts as much as its items do.
        for batch in torch.tensor_split(inputs, -(-len(inputs) // BATCH)):
            network(images_channels_last(batch))
    state = network.state_dict()
    return replace(checkpoint, state={name: state[name].detach() for name in checkpoint.state})


def sweep(
    pretrained: Checkpoint,
    tuned: Checkpoint,
    values: Values,
    labels: Labels,
    *,
    training_values: Values | None = None,
    fresh: Collection[str] = (),
) -> tuple[Checkpoint, Sweep]:
    """The most accurate network on the line, judged on validation items, with the whole curve.

    With `training_values`, and where there is batch norm, the second branch is tried too.
    """
    network, inputs = restore(tuned), torch.from_numpy(tuned.preprocessing(values))

    def point(mixed: Checkpoint, alpha: float, reestimated: bool) -> _Point:
        network.load_state_dict(mixed.state)
        logits = answers(network, inputs)
        return _Point(alpha, reestimated, mixed, logits, accuracy(logits, labels))

    line = [(alpha, interpolate(pretrained, tuned, alpha, fresh)) for alpha in ALPHAS]
    plain = [point(mixed, alpha, False) for alpha, mixed in line]
    branch = []
    if training_values is not None and has_batch_norm(network):
        branch = [
            point(reestimate(mixed, training_values), alpha, True) for alpha, mixed in line[1:-1]
        ]
    best = max([*plain, *branch], key=lambda tried: tried.order)
    return best.checkpoint, Sweep(
        alpha=best.alpha,
        accuracy=best.accuracy,
        curve=_curve(plain),
        reestimated=best.reestimated,
        reestimated_curve=_curve(branch),
        gain=paired_bootstrap(accuracy, best.logits, plain[0].logits, labels, seed=0),
    )


def _curve(points: list[_Point]) -> tuple[tuple[float, float], ...]:
    return tuple((point.alpha, point.accuracy) for point in points)


def _between(tuned: Tensor, pretrained: Tensor, alpha: float) -> Tensor:
    if alpha in (0, 1):
        return pretrained if alpha else tuned
    return tuned.lerp(pretrained, alpha) if tuned.is_floating_point() else tuned
