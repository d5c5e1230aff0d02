"""Loss functions: by how much answers are wrong.

Legend: B batch, K classes.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from edgeline.recipe.training import Loss

Objective = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Loss of a batch from its logits, its inputs as the network saw them, and its labels."""

GAMMA = 2.0


def cross_entropy(
    logits_BK: Tensor, labels_B: Tensor, weights_K: Tensor | None, smoothing: float
) -> Tensor:
    return F.cross_entropy(logits_BK, labels_B, weights_K, label_smoothing=smoothing)


def focal(
    logits_BK: Tensor, labels_B: Tensor, weights_K: Tensor | None, smoothing: float
) -> Tensor:
    """Cross-entropy times (1 - p)^2, p being the label's probability: arXiv 1708.02002."""
    errors_B = F.cross_entropy(
        logits_BK, labels_B, weights_K, label_smoothing=smoothing, reduction="none"
    )
    probabilities_B = logits_BK.softmax(dim=1).gather(1, labels_B[:, None])[:, 0]
    total = len(labels_B) if weights_K is None else weights_K[labels_B].sum()
    return ((1 - probabilities_B) ** GAMMA * errors_B).sum() / total


LOSSES = {"cross-entropy": cross_entropy, "focal": focal}


def objective(settings: Loss, labels_N: NDArray[np.int64]) -> Objective:
    """The loss of the settings; with `class_weights` every class of these labels counts as much."""
    counts = torch.from_numpy(np.bincount(labels_N)).float()

    def loss(logits_BK: Tensor, _: Tensor, labels_B: Tensor) -> Tensor:
        weights_K = _balanced(counts, logits_BK) if settings.class_weights else None
        return LOSSES[settings.loss](logits_BK, labels_B, weights_K, settings.label_smoothing)

    return loss


def _balanced(counts: Tensor, logits_BK: Tensor) -> Tensor:
    """Weights of the classes, 1 on average over the examples; of a class that none has, 0."""
    counts_K = F.pad(counts, (0, logits_BK.shape[1] - len(counts)))
    mean = counts_K.sum() / (counts_K > 0).sum()
    return torch.where(counts_K > 0, mean / counts_K.clamp_min(1), 0.0).to(logits_BK)
