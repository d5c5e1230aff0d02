"""Where a network may be cut: at a tensor through which all flows, and across which nothing fuses.

Fused kernels (a convolution with its ReLU, an integer convolution between its quantisation steps)
are what makes a network fast; a cut through one of them makes the sum of the parts slower than the
whole, by 10 to 14 percent in a U-Net-like net, and lets answers differ. In a quantised network
only the uint8 tensors between QuantizeLinear and DequantizeLinear qualify, so that a quarter of
the bytes travels.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from onnx.helper import make_tensor_value_info, tensor_dtype_to_np_dtype

from edgeline.errors import RecipeError

# onnxruntime fuses a follower into the leader that it reads.
LEADERS = {
    "Add",
    "BatchNormalization",
    "Conv",
    "ConvTranspose",
    "Div",
    "Gemm",
    "MatMul",
    "Mul",
    "Sub",
}
FOLLOWERS = {
    "Add",
    "BatchNormalization",
    "Clip",
    "Div",
    "Elu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Mul",
    "PRelu",
    "Relu",
    "Sigmoid",
    "Sub",
    "Tanh",
}


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

    @property
    def bytes(self) -> int:
        """Of one example."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


def cut_points(model: onnx.ModelProto) -> tuple[CutPoint, ...]:
    """Every tensor at which the model may be cut, in the order of computation."""
    nodes = _data_nodes(model)
    integer = any(node.op_type == "QuantizeLinear" for node in nodes)
    described = _shapes(model)
    points = []
    for name in _separators(model, nodes):
        maker = next(node for node in nodes if name in node.output)
        readers = {node.op_type for node in nodes if name in node.input}
        whole = not (maker.op_type in LEADERS and readers & FOLLOWERS)
        if integer:
            whole = maker.op_type == "QuantizeLinear" and readers == {"DequantizeLinear"}
        worker = _worker(nodes, maker)
        if whole and name in described and worker and worker.op_type not in VIEWS:
            dtype, shape = described[name]
            points.append(CutPoint(name, dtype, shape, _spell(nodes, worker)))
    return tuple(points)


def segment(
    model: onnx.ModelProto, start: CutPoint | None, end: CutPoint | None
) -> onnx.ModelProto:
    """The part between two cut points; None is the model's own beginning or end."""
    inputs = [_value(start)] if start else list(model.graph.input)
    outputs = [_value(end)] if end else list(model.graph.output)
    wanted = {value.name for value in outputs}
    given = {value.name for value in inputs}
    nodes = []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output) - given:
            nodes.append(node)
            wanted.update(node.input)
    part = onnx.ModelProto()
    part.CopyFrom(model)
    for field, values in (("node", nodes[::-1]), ("input", inputs), ("output", outputs)):
        part.graph.ClearField(field)
        getattr(part.graph, field).extend(values)
    return part


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
    reached = {value.name for value in model.graph.input}
    nodes = []
    for node in model.graph.node:
        if reached.intersection(node.input):
            reached.update(node.output)
            nodes.append(node)
    return nodes


def _separators(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> Iterator[str]:
    """Tensors that are, at some moment, all that the rest of the computation needs."""
    last_read = {name: index for index, node in enumerate(nodes) for name in node.input}
    last_read |= {value.name: len(nodes) for value in model.graph.output}
    live = {value.name for value in model.graph.input}
    for index, node in enumerate(nodes[:-1]):
        live.update(node.output)
        live = {name for name in live if last_read.get(name, -1) > index}
        if len(live) == 1 and (name := next(iter(live))) in node.output:
            yield name


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of one example, where the first side is the batch and the rest is known."""
    known = {}
    for value in onnx.shape_inference.infer_shapes(_known_to_onnx(model)).graph.value_info:
        tensor = value.type.tensor_type
        sides = [side.dim_value if side.HasField("dim_value") else 0 for side in tensor.shape.dim]
        if sides and sides[0] == 0 and all(side > 0 for side in sides[1:]):
            known[value.name] = (tensor_dtype_to_np_dtype(tensor.elem_type).name, tuple(sides[1:]))
    return known


def _known_to_onnx(model: onnx.ModelProto) -> onnx.ModelProto:
    """With onnxruntime's own integer LSTM written as the LSTM whose shapes it has."""
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    for node in twin.graph.node:
        if node.op_type == "DynamicQuantizeLSTM":
            node.op_type, node.domain = "LSTM", ""
            del node.input[8:]
    return twin


def _value(point: CutPoint) -> onnx.ValueInfoProto:
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(point.dtype))
    return make_tensor_value_info(point.tensor, kind, ["N", *point.shape])


def _worker(nodes: list[onnx.NodeProto], maker: onnx.NodeProto) -> onnx.NodeProto | None:
    """The last operation up to `maker` that does not merely round; none where nothing computes."""
    before = nodes[: nodes.index(maker) + 1]
    working = [node for node in before if node.op_type not in ROUNDING]
    return working[-1] if any(node.op_type not in IDLE for node in working) else None


def _spell(nodes: list[onnx.NodeProto], worker: onnx.NodeProto) -> str:
    """Its place among those of its kind: Conv 2."""
    alike = [node for node in nodes if node.op_type == worker.op_type]
    return f"{worker.op_type} {alike.index(worker) + 1}"
