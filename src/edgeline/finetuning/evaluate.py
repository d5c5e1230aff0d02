"""A network's outputs, computed in batches on one core."""

from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edgeline import metrics
from edgeline.errors import EnvironmentUnfit
from edgeline.models.checkpoint import Checkpoint
from edgeline.models.zoo import restore

BATCH = 250

Values: TypeAlias = NDArray[Any]
"""Items as their preprocessing takes them: images, series or rows of a table."""
Labels: TypeAlias = NDArray[np.int64]


def logits(checkpoint: Checkpoint, values: Values) -> NDArray[np.float32]:
    """One row of logits per item."""
    return answers(restore(checkpoint), torch.from_numpy(checkpoint.preprocessing(values)))


def score(checkpoint: Checkpoint, values: Values, labels: Labels) -> float:
    """Share of items whose most probable class is the label, between 0 and 1."""
    return metrics.accuracy(logits(checkpoint, values), labels)


def scores(checkpoint: Checkpoint, values: Values, labels: Labels) -> metrics.Scores:
    """Accuracy, balanced accuracy and the area under the ROC curve."""
    return metrics.scores(logits(checkpoint, values), labels)


def answers(network: nn.Module, inputs: Tensor) -> NDArray[np.float32]:
    """One row of logits per input; the network is left in evaluation mode."""
    one_core()
    network = channels_last(network).eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        batches = map(images_channels_last, torch.split(inputs, BATCH))
        rows = [network(batch.to(device)).cpu() for batch in batches]
    logits_NK: NDArray[np.float32] = torch.cat(rows).numpy()
    return logits_NK


def channels_last(network: nn.Module) -> nn.Module:
    """The same network in the memory format in which convolutions take half the time."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def images_channels_last(inputs: Tensor) -> Tensor:
    """The same inputs; images in the memory format of `channels_last` networks."""
    is_image = inputs.ndim == 4
    return inputs.contiguous(
        memory_format=torch.channels_last if is_image else torch.contiguous_format
    )


def one_core() -> None:
    """Hold the calling thread to one core: with several, the order of sums and the bits vary.

    Two steps of the line may each hold a core at the same time.
    """
    torch.set_num_threads(1)


def choose_device(name: str) -> torch.device:
    """Where a network computes; `auto` takes CUDA where there is one.

    Raises:
        EnvironmentUnfit: the settings name CUDA, and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise EnvironmentUnfit(
            expected="a CUDA device, since a recipe's `device` is cuda",
            found="none that torch can use",
            remedy="set `device` of that section (such as finetune.device) to auto or cpu",
        )
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")
