"""Which weights of a network learn: all, the last layer, the biases, or low-rank additions.

`full` trains every weight. `probe` trains the last layer alone, and batch-norm statistics stay as
they are. `bias` (BitFit, arXiv 2106.10199) trains biases, norms and the last layer. `lora`
(arXiv 2106.09685) adds to each linear or convolutional weight W a product B A of low rank, beside
norms and the last layer; after training, W + B A becomes the weight.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from edgeline.models.zoo import head
from edgeline.recipe.finetune import Finetune

BATCH_NORM = nn.modules.batchnorm._BatchNorm
NORMS = (BATCH_NORM, nn.GroupNorm, nn.LayerNorm)
MATRICES = (nn.Linear, nn.Conv1d, nn.Conv2d)


@dataclass(frozen=True)
class MethodReport:
    """How much of a network learned."""

    method: str
    weights: int
    """Of the network."""
    trained: int
    """Numbers that learned; with lora those of the additions, which are no weights in the end."""
    share: float
    """Of the weights that learned."""
    untouched: tuple[str, ...]
    """Recurrent layers, which have no low-rank additions; empty with other methods."""


class LowRank(nn.Module):
    """A weight, seen as a matrix of its outputs, plus the product of two thin ones."""

    def __init__(self, weight: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        rows, columns = len(weight), weight[0].numel()
        rank = min(rank, rows, columns)
        bound = 1 / math.sqrt(columns)
        down = (2 * torch.rand(rank, columns, generator=generator) - 1) * bound
        self.down = nn.Parameter(down.to(weight))
        # At zero, so that the network begins as it was.
        self.up = nn.Parameter(weight.new_zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.up @ self.down).reshape(weight.shape)


def choose(network: nn.Module, settings: Finetune) -> MethodReport:
    """Freeze the weights of `network` that the method does not train, and report how many learn."""
    weights = sum(weight.numel() for weight in network.parameters())
    network.requires_grad_(False)
    for weight in METHODS[settings.method](network):
        weight.requires_grad_(True)
    untouched = _add_low_rank(network, settings) if settings.method == "lora" else ()
    trained = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    return MethodReport(settings.method, weights, trained, trained / weights, untouched)


def merge(network: nn.Module) -> nn.Module:
    """The network with its additions merged into its weights, with exactly the same outputs."""
    for module in list(network.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
    return network


def train_mode(network: nn.Module) -> nn.Module:
    """The network in training mode, except frozen norms, whose statistics stay."""
    network.train()
    for module in network.modules():
        weights = list(module.parameters(recurse=False))
        if isinstance(module, NORMS) and weights and not any(w.requires_grad for w in weights):
            module.eval()
    return network


def has_batch_norm(network: nn.Module) -> bool:
    return any(isinstance(module, BATCH_NORM) for module in network.modules())


def _head(network: nn.Module) -> Iterator[nn.Parameter]:
    return network.get_submodule(head(network)).parameters()


def _norms_and_head(network: nn.Module) -> Iterator[nn.Parameter]:
    yield from _head(network)
    for module in network.modules():
        if isinstance(module, NORMS):
            yield from module.parameters()


def _biases_norms_and_head(network: nn.Module) -> Iterator[nn.Parameter]:
    yield from _norms_and_head(network)
    for name, weight in network.named_parameters():
        # A recurrent layer's are called bias_ih_l0 and bias_hh_l0.
        if name.rpartition(".")[2].startswith("bias"):
            yield weight


METHODS: dict[str, Callable[[nn.Module], Iterator[nn.Parameter]]] = {
    "full": nn.Module.parameters,
    "probe": _head,
    "bias": _biases_norms_and_head,
    "lora": _norms_and_head,
}
"""By name: which of a network's own weights learn."""


def _add_low_rank(network: nn.Module, settings: Finetune) -> tuple[str, ...]:
    """The recurrent layers that have no additions: their kernels take no weights but their own."""
    generator, last = torch.Generator().manual_seed(settings.seed), head(network)
    for name, module in list(network.named_modules()):
        if isinstance(module, MATRICES) and name != last:
            addition = LowRank(module.weight, settings.rank, generator)
            parametrize.register_parametrization(module, "weight", addition, unsafe=True)
    return tuple(name for name, module in network.named_modules() if isinstance(module, nn.RNNBase))
