"""The initial weights of a network, from a seed."""

from functools import singledispatch

import torch
from torch import nn


def draw(network: nn.Module, seed: int) -> None:
    """Set every weight and buffer of `network`; the same seed gives the same weights.

    Layers that end in a ReLU: Kaiming's uniform draw (arXiv 1502.01852), biases zero. Norms: the
    identity. Recurrent ones: Glorot's uniform draw for the inputs, orthogonal for the state of each
    gate, biases zero, but one for the forget gates of an LSTM (Jozefowicz et al. 2015), which would
    otherwise forget half of each step.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        _draw(module, generator)


@singledispatch
def _draw(module: nn.Module, generator: torch.Generator) -> None:
    for parameter in module.parameters(recurse=False):
        if parameter.ndim > 1:
            nn.init.kaiming_uniform_(parameter, nonlinearity="relu", generator=generator)
        else:
            nn.init.zeros_(parameter)


@_draw.register
def _identity(module: nn.modules.batchnorm._BatchNorm, _: torch.Generator) -> None:
    """Ones and zeros, by the norm's own reset; nothing is drawn."""
    module.reset_parameters()


@_draw.register
def _recurrent(module: nn.RNNBase, generator: torch.Generator) -> None:
    units = module.hidden_size
    for name, parameter in module.named_parameters(recurse=False):
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter, generator=generator)
        elif name.startswith("weight_hh"):
            for gate in parameter.data.split(units):
                gate.copy_(_orthogonal(units, generator))
        else:
            nn.init.zeros_(parameter)
            if isinstance(module, nn.LSTM) and name.startswith("bias_ih"):
                nn.init.ones_(parameter.data[units : 2 * units])


def _orthogonal(size: int, generator: torch.Generator) -> torch.Tensor:
    """A square of orthonormal rows, by Gram-Schmidt.

    LAPACK's, behind nn.init.orthogonal_, gives other bits on another number of threads.
    """
    rows = torch.randn(size, size, dtype=torch.float64, generator=generator)
    for index in range(size):
        rows[index] /= rows[index].square().sum().sqrt()
        rest = rows[index + 1 :]
        rest -= (rest * rows[index]).sum(1, keepdim=True) * rows[index]
    return rows
