"""What a network answers, in batches, on one core."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edgeline.metrics import accuracy
from edgeline.models.checkpoint import Checkpoint
from edgeline.models.zoo import restore

BATCH = 250


def logits(checkpoint: Checkpoint, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """One row of logits per 8-bit image."""
    return answers(restore(checkpoint), torch.from_numpy(checkpoint.preprocessing(images)))


def score(checkpoint: Checkpoint, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Share of images whose most probable class is the label, between 0 and 1."""
    return accuracy(logits(checkpoint, images), labels)


def answers(network: nn.Module, inputs_NCHW: Tensor) -> NDArray[np.float32]:
    """One row of logits per input, of a network as it stands."""
    one_core()
    network = channels_last(network)
    with torch.inference_mode():
        rows = [network(batch) for batch in _batches(inputs_NCHW)]
    gathered: NDArray[np.float32] = torch.cat(rows).numpy()
    return gathered


def channels_last(network: nn.Module) -> nn.Module:
    """The same network, its weights laid out so that convolutions take half the time."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def one_core() -> None:
    """Hold the calling thread to one core: with several, the order of sums and the bits vary.

    Two steps of the line may each hold a core at the same time.
    """
    torch.set_num_threads(1)


def _batches(inputs_NCHW: Tensor) -> Iterator[Tensor]:
    for batch in torch.split(inputs_NCHW, BATCH):
        yield batch.contiguous(memory_format=torch.channels_last)
