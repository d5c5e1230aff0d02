"""Recurrent layers as the one ONNX node that each of them is.

The exporter's own translation leaves the reordering of gates in the graph, where every inference
pays a tenth of its time for it, and has none for plain cells, which it writes out step by step: for
29 steps 21 times the file and 2.4 times the time. It also follows torch through every step of a
series. States begin at zero in every network here, which is ONNX's default.

Legend: B batch, T steps, D directions, H units.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from onnxscript import opset18
from torch import Tensor, nn

# The tracer takes plain lists where the types of its operations ask for tensors.
op: Any = opset18


@dataclass(frozen=True)
class Cell:
    """How ONNX calls it, and where in its order of gates torch's gates go."""

    node: Callable[..., Any]
    gates: tuple[int, ...]
    attributes: dict[str, Any]


CELLS: dict[str, Cell] = {
    # torch: input, forget, cell, output; ONNX: input, output, forget, cell
    "LSTM": Cell(op.LSTM, (0, 3, 1, 2), {}),
    # torch: reset, update, new; ONNX: update, reset, new, and torch resets after the product
    "GRU": Cell(op.GRU, (1, 0, 2), {"linear_before_reset": 1}),
    "RNN_TANH": Cell(op.RNN, (0,), {"activations": ["Tanh", "Tanh"]}),
}
"""By torch's own name for its mode."""


# Stands for a layer while a network is traced: it has a shape, and no kernel that could run it.
torch.library.define("edgeline::layer", "(Tensor steps, Tensor[] weights, str mode) -> Tensor")


@torch.library.register_fake("edgeline::layer")
def _shape_of_layer(steps_BTC: Tensor, weights: Sequence[Tensor], mode: str) -> Tensor:
    units = weights[1].shape[1]
    return steps_BTC.new_empty(steps_BTC.shape[0], steps_BTC.shape[1], 2 * units)


class _Traced(nn.Module):
    """Takes a layer's place; its state, which no network here reads, is left out."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        assert (layer.num_layers, layer.bidirectional, layer.batch_first) == (1, True, True)
        self.mode, self.weights = layer.mode, nn.ParameterList(layer.all_weights[0])
        self.weights.extend(layer.all_weights[1])

    def forward(self, steps_BTC: Tensor) -> tuple[Tensor, None]:
        return torch.ops.edgeline.layer(steps_BTC, list(self.weights), self.mode), None


def traceable(network: nn.Module) -> nn.Module:
    """A copy of `network` whose recurrent layers `TRANSLATIONS` knows."""
    network = copy.deepcopy(network)
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.RNNBase):
            network.set_submodule(name, _Traced(module))
    return network


def _translate(steps_BTC: Any, weights: Sequence[Any], mode: str) -> Any:
    cell = CELLS[mode]
    stacked = [_stacked(cell, pair) for pair in zip(weights[:4], weights[4:], strict=True)]
    answers_TDBH, *_ = cell.node(
        op.Transpose(steps_BTC, perm=[1, 0, 2]),
        stacked[0],
        stacked[1],
        op.Concat(stacked[2], stacked[3], axis=1),
        direction="bidirectional",
        hidden_size=weights[1].shape[1],
        **cell.attributes,
    )
    # (B, T, D * H): directions beside one another, as torch has them
    return op.Reshape(op.Transpose(answers_TDBH, perm=[2, 0, 1, 3]), [0, 0, -1])


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.edgeline.layer.default: _translate
}
"""What `torch.onnx.export` takes as its custom_translation_table."""


def _stacked(cell: Cell, weights: Sequence[Any]) -> Any:
    """(D, gates * H, ...) with the gates in ONNX's order."""
    ways = [op.Unsqueeze(_reordered(cell, weight), [0]) for weight in weights]
    return op.Concat(*ways, axis=0)


def _reordered(cell: Cell, weight: Any) -> Any:
    units = weight.shape[0] // len(cell.gates)
    gates = [op.Slice(weight, [gate * units], [(gate + 1) * units], [0]) for gate in cell.gates]
    return op.Concat(*gates, axis=0)
