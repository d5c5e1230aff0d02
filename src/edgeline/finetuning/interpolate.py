"""The article's interpolation between what a network knew and what it has learned since.

    theta' = alpha * theta_pretrained + (1 - alpha) * theta_tuned

so alpha = 0 is the tuned network and alpha = 1 the pretrained one. WiSE-FT (Wortsman et al.,
"Robust fine-tuning of zero-shot models", arXiv 2109.01903) is the same line walked from the other
end: its alpha is 1 - alpha here.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from edgeline.finetuning.evaluate import score
from edgeline.models.checkpoint import Checkpoint

ALPHAS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Sweep:
    """Validation accuracy along the line between two networks."""

    alpha: float
    """The chosen one: the most accurate, and of equals the smallest."""
    accuracy: float
    """At that alpha."""
    curve: tuple[tuple[float, float], ...]
    """Each alpha tried, with its accuracy."""


def interpolate(pretrained: Checkpoint, tuned: Checkpoint, alpha: float) -> Checkpoint:
    """The network at `alpha` on the line from tuned (0) to pretrained (1)."""
    state: dict[str, Tensor] = {
        name: tuned.state[name].lerp(pretrained.state[name], alpha) if alpha else tuned.state[name]
        for name in tuned.state
    }
    return replace(tuned, state=state)


def sweep(
    pretrained: Checkpoint, tuned: Checkpoint, images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[Checkpoint, Sweep]:
    """The most accurate network on the line, judged on validation images, with the whole curve."""
    curve = tuple(
        (alpha, score(interpolate(pretrained, tuned, alpha), images, labels)) for alpha in ALPHAS
    )
    best, accuracy = max(curve, key=lambda point: (point[1], -point[0]))
    return interpolate(pretrained, tuned, best), Sweep(best, accuracy, curve)
