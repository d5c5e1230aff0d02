"""Every architecture by name; a network is built from a seed or restored from a checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from edgeline.errors import EdgelineError, RecipeError
from edgeline.models import timm_nets, weights
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.cnn import Cnn
from edgeline.models.cnn1d import Cnn1d
from edgeline.models.mlp import Mlp
from edgeline.models.mobilenet import MobileNet
from edgeline.models.recurrent import Recurrent
from edgeline.models.resnet import ResNet
from edgeline.preprocess import Preprocessing

KINDS = {3: "images (channels, height, width)", 2: "series (steps, channels)", 1: "rows (features)"}
"""What a network takes, by the number of sides of one example."""

MOST = 100_000
"""Largest number in a spec, since a file may describe a network that no memory holds."""


@dataclass(frozen=True)
class Architecture:
    """A kind of network, and the specs that it takes."""

    make: Callable[[ModelSpec], nn.Module]
    sides: int
    """Of one example; see KINDS."""
    widths: tuple[int, ...]
    """Its default ones."""
    fixed: bool = False
    """Whether it takes exactly as many widths as its default."""
    least: int = 1
    """Pixels a side, or steps."""

    def takes(self, shape: tuple[int, ...]) -> bool:
        counted = {3: shape[1:], 2: shape[:1]}.get(len(shape), ())
        return len(shape) == self.sides and min(counted, default=self.least) >= self.least


ARCHITECTURES: dict[str, Architecture] = {
    "cnn": Architecture(Cnn, 3, (64, 128, 256), fixed=True, least=4),
    "resnet20": Architecture(partial(ResNet, blocks=3), 3, (16, 32, 64), fixed=True, least=4),
    "resnet56": Architecture(partial(ResNet, blocks=9), 3, (16, 32, 64), fixed=True, least=4),
    "mobilenet": Architecture(MobileNet, 3, (16, 24, 40, 80), least=8),
    "rnn": Architecture(Recurrent, 2, (64,)),
    "lstm": Architecture(Recurrent, 2, (64,)),
    "gru": Architecture(Recurrent, 2, (64,)),
    "cnn1d": Architecture(Cnn1d, 2, (32, 64, 32)),
    "mlp": Architecture(Mlp, 1, (64, 32)),
}


def spec(
    architecture: str, shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = ()
) -> ModelSpec:
    """A spec that can be built; without widths, the architecture's default.

    Raises:
        RecipeError: an unknown architecture, one for other data, or impossible widths.
    """
    kind = _find(architecture)
    checked = ModelSpec(architecture, shape, classes, widths or kind.widths)
    _check(checked, kind)
    return checked


def build(spec: ModelSpec, seed: int) -> nn.Module:
    """A new network; its weights depend on `spec` and `seed` alone."""
    if timm_nets.is_timm(spec):
        return timm_nets.build(spec, seed)
    network = _bare(spec).to_empty(device="cpu")
    weights.draw(network, seed)
    return network


def restore(checkpoint: Checkpoint) -> nn.Module:
    """The network of a checkpoint, with weights of its own; the checkpoint stays as it is."""
    state = {name: tensor.detach().clone() for name, tensor in checkpoint.state.items()}
    try:
        network = _bare(checkpoint.spec)
        # On the meta device shapes are compared before any memory is taken.
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise EdgelineError(
            expected=f"the weights of {checkpoint.spec}",
            found=" ".join(str(error).split()),
            remedy="use a checkpoint that was saved with this spec",
        ) from error
    return network


def snapshot(network: nn.Module, spec: ModelSpec, preprocessing: Preprocessing) -> Checkpoint:
    """The checkpoint of a network as it stands; `restore` gives the network back."""
    state = {
        name: tensor.detach().cpu().clone().contiguous()
        for name, tensor in network.state_dict().items()
    }
    return Checkpoint(spec, preprocessing, state)


def count_weights(spec: ModelSpec) -> int:
    """How many weights the network has."""
    return sum(parameter.numel() for parameter in _bare(spec).parameters())


def head(network: nn.Module) -> str:
    """Name of the last linear layer, which gives the logits."""
    linear = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return linear[-1]


def _bare(wanted: ModelSpec) -> nn.Module:
    """The network without weights: on the meta device it takes no memory and draws no numbers."""
    checked = spec(wanted.architecture, wanted.shape, wanted.classes, wanted.widths)
    if timm_nets.is_timm(checked):
        # in memory, since timm keeps some numbers outside of the weights
        return timm_nets.build(checked, 0)
    with torch.device("meta"):
        return _find(checked.architecture).make(checked)


def _find(architecture: str) -> Architecture:
    if architecture.startswith(timm_nets.PREFIX):
        return Architecture(partial(timm_nets.build, seed=0), 3, ())
    if architecture in ARCHITECTURES:
        return ARCHITECTURES[architecture]
    raise RecipeError(
        expected=f"an architecture among {', '.join(sorted(ARCHITECTURES))}",
        found=repr(architecture),
        remedy="set pretrained.architecture to one of them",
    )


def _check(spec: ModelSpec, kind: Architecture) -> None:
    if not kind.takes(spec.shape):
        fitting = sorted(name for name, one in ARCHITECTURES.items() if one.takes(spec.shape))
        raise RecipeError(
            expected=f"an architecture for data of shape {list(spec.shape)}: "
            + (", ".join(fitting) or "there is none"),
            found=f"{spec.architecture}, which takes {_spell(kind)}",
            remedy="set pretrained.architecture to one that fits the data",
        )
    count = f"{len(kind.widths)} " if kind.fixed else ""
    wrong_count = kind.fixed and len(spec.widths) != len(kind.widths)
    numbers = (*spec.shape, spec.classes, *spec.widths)
    if wrong_count or not all(1 <= number <= MOST for number in numbers):
        raise RecipeError(
            expected=f"{count}positive widths for {spec.architecture}, and nothing above {MOST}",
            found=f"widths {list(spec.widths)}, {spec.classes} classes, shape {list(spec.shape)}",
            remedy=f"set the section's widths to {list(kind.widths)} or the like",
        )


def _spell(kind: Architecture) -> str:
    least = f" of at least {kind.least} pixels a side" if kind.least > 1 else ""
    return KINDS[kind.sides] + least
