"""Every architecture by name; a network is built from a seed or restored from a checkpoint."""

from collections.abc import Callable

import torch
from torch import nn

from edgeline.errors import EdgelineError, RecipeError
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.cnn import Cnn

ARCHITECTURES: dict[str, Callable[[ModelSpec], nn.Module]] = {"cnn": Cnn}


def build(spec: ModelSpec, seed: int) -> nn.Module:
    """A new network; its weights depend on `spec` and `seed` alone.

    Kaiming's uniform draw for ReLU networks (arXiv 1502.01852) from a generator of its own, biases
    zero.
    """
    network = _empty(spec)
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_uniform_(parameter, nonlinearity="relu", generator=generator)
        else:
            nn.init.zeros_(parameter)
    return network


def restore(checkpoint: Checkpoint) -> nn.Module:
    """The network of a checkpoint, with weights of its own; the checkpoint stays as it is."""
    network = _empty(checkpoint.spec)
    try:
        network.load_state_dict(checkpoint.state)
    except RuntimeError as error:
        raise EdgelineError(
            expected=f"the weights of {checkpoint.spec}",
            found=" ".join(str(error).split()),
            remedy="use the checkpoint with the spec it was saved with",
        ) from error
    return network


def count_weights(spec: ModelSpec) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in _empty(spec).parameters())


def _empty(spec: ModelSpec) -> nn.Module:
    """The network before it has weights: made on the meta device, it draws no random numbers."""
    if spec.architecture not in ARCHITECTURES:
        raise RecipeError(
            expected=f"an architecture among {', '.join(sorted(ARCHITECTURES))}",
            found=repr(spec.architecture),
            remedy="set pretrained.architecture to one of them",
        )
    with torch.device("meta"):
        network = ARCHITECTURES[spec.architecture](spec)
    return network.to_empty(device="cpu")
