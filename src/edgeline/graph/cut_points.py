"""Where a network may be cut: at a tensor through which all flows, and across which nothing fuses.

Fused kernels (a convolution with its ReLU, an integer convolution between its quantisation steps)
are what makes a network fast; a cut through one of them makes the sum of the parts slower than the
whole, by 10 to 14 percent in a U-Net-like net, and lets answers differ. In a quantised network
only the uint8 tensors between QuantizeLinear and DequantizeLinear qualify, so that a quarter of
the bytes travels.
"""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx.helper import tensor_dtype_to_np_dtype

from edgeline.errors import RecipeError
from edgeline.graph import scope

# onnxruntime fuses a follower into the leader that it reads.
ARITHMETIC = {"Add", "BatchNormalization", "Div", "Mul", "Sub"}
RECTIFIERS = {"Clip", "Elu", "LeakyRelu", "PRelu", "Relu"}
SIGMOIDS = {"HardSigmoid", "HardSwish", "Sigmoid", "Tanh"}
LEADERS = ARITHMETIC | {"Conv", "ConvTranspose", "Gemm", "MatMul"}
FOLLOWERS = ARITHMETIC | RECTIFIERS | SIGMOIDS

ROUNDING = {"QuantizeLinear", "DequantizeLinear"}

# What only renames its input: the cut before it is the same cut.
VIEWS = {"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}
IDLE = VIEWS | ROUNDING | {"Transpose"}
"""What computes nothing; a part needs more than that."""


@dataclass(frozen=True)
class CutPoint:
    """A tensor that could travel between two devices."""

    tensor: str
    dtype: str
    shape: tuple[int, ...]
    """Of one example, without the batch."""
    maker: str
    """The operation that gives it, for a person to read."""
    batch: int | str = "N"
    """Examples at a time: a number where the model takes no other one."""

    @property
    def bytes(self) -> int:
        """Of one example."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


def cut_points(model: onnx.ModelProto) -> tuple[CutPoint, ...]:
    """Every tensor at which the model may be cut, in the order of computation."""
    nodes = _data_nodes(model)
    integer = any(node.op_type == "QuantizeLinear" for node in nodes)
    batch = _batch(model)
    shapes = _shapes(model, batch)
    points = []
    for maker, live in _live_tensors(model, nodes)[:-1]:
        name = next(iter(live), "")
        if len(live) != 1 or name not in maker.output or name not in shapes:
            continue
        readers = {node.op_type for node in nodes if name in scope.reads(node)}
        whole = not (maker.op_type in LEADERS and readers & FOLLOWERS)
        if integer:
            whole = maker.op_type == "QuantizeLinear" and readers == {"DequantizeLinear"}
        source = _source(nodes, maker)
        if whole and source and source.op_type not in VIEWS:
            dtype, shape = shapes[name]
            points.append(CutPoint(name, dtype, shape, _spell(nodes, source), batch))
    return tuple(points)


def find(points: tuple[CutPoint, ...], tensor: str) -> CutPoint:
    """The cut point of that name.

    Raises:
        RecipeError: the model cannot be cut there.
    """
    for point in points:
        if point.tensor == tensor:
            return point
    raise RecipeError(
        expected=f"a cut at one of {', '.join(point.tensor for point in points) or 'no tensor'}",
        found=tensor,
        remedy="make a new plan for this model",
    )


def _data_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """Nodes that depend on the input; the others unpack weights, and go with who reads them."""
    reached = {value.name for value in scope.data_inputs(model.graph)}
    nodes = []
    for node in model.graph.node:
        if reached & scope.reads(node):
            reached.update(node.output)
            nodes.append(node)
    return nodes


def _live_tensors(
    model: onnx.ModelProto, nodes: list[onnx.NodeProto]
) -> list[tuple[onnx.NodeProto, frozenset[str]]]:
    """Each of the `_data_nodes`, and the tensors that are needed once it has run.

    The outputs of the model are needed to the end.
    """
    last_read = {name: index for index, node in enumerate(nodes) for name in scope.reads(node)}
    last_read |= {value.name: len(nodes) for value in model.graph.output}
    live = {value.name for value in scope.data_inputs(model.graph)}
    steps = []
    for index, node in enumerate(nodes):
        live.update(node.output)
        live = {name for name in live if last_read.get(name, -1) > index}
        steps.append((node, frozenset(live)))
    return steps


def _batch(model: onnx.ModelProto) -> int | str:
    """Examples at a time: "N" for any number, else the one number that every input begins with."""
    shapes = [value.type.tensor_type.shape.dim for value in scope.data_inputs(model.graph)]
    sizes = {sides[0].dim_value for sides in shapes if sides}
    return sizes.pop() if len(sizes) == 1 and 0 not in sizes else "N"


def _shapes(model: onnx.ModelProto, batch: int | str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of one example, where the first side is the batch and the rest is fixed."""
    first = 0 if batch == "N" else batch
    shapes = {}
    for value in onnx.shape_inference.infer_shapes(_with_standard_lstm(model)).graph.value_info:
        tensor = value.type.tensor_type
        sides = [side.dim_value if side.HasField("dim_value") else 0 for side in tensor.shape.dim]
        if sides and sides[0] == first and all(side > 0 for side in sides[1:]):
            shapes[value.name] = (tensor_dtype_to_np_dtype(tensor.elem_type).name, tuple(sides[1:]))
    return shapes


def _with_standard_lstm(model: onnx.ModelProto) -> onnx.ModelProto:
    """With onnxruntime's own integer LSTM written as the LSTM whose shapes it has."""
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    for node in twin.graph.node:
        if node.op_type == "DynamicQuantizeLSTM":
            node.op_type, node.domain = "LSTM", ""
            del node.input[8:]
    return twin


def _source(nodes: list[onnx.NodeProto], maker: onnx.NodeProto) -> onnx.NodeProto | None:
    """The last operation up to `maker` that does not merely round; none where nothing computes."""
    before = nodes[: nodes.index(maker) + 1]
    working = [node for node in before if node.op_type not in ROUNDING]
    return working[-1] if any(node.op_type not in IDLE for node in working) else None


def _spell(nodes: list[onnx.NodeProto], source: onnx.NodeProto) -> str:
    """Its place among those of its kind: Conv 2."""
    alike = [node for node in nodes if node.op_type == source.op_type]
    return f"{source.op_type} {alike.index(source) + 1}"
