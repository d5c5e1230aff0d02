"""A part of a model as a model of its own."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx.helper import make_tensor_value_info, np_dtype_to_tensor_dtype

from edgeline.graph import scope
from edgeline.graph.cut_points import CutPoint


def segment(
    model: onnx.ModelProto, start: CutPoint | None, end: CutPoint | None
) -> onnx.ModelProto:
    """The part between two cut points; None is the model's own beginning or end."""
    inputs = [_value(start)] if start else scope.data_inputs(model.graph)
    outputs = [_value(end)] if end else list(model.graph.output)
    return extract(model, inputs, outputs)


def extract(
    model: onnx.ModelProto,
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """What computes `outputs` from `inputs`, any number of each.

    A weight that a caller of the model may replace can be replaced in the part as well.
    """
    needed, given = ({value.name for value in values} for values in (outputs, inputs))
    nodes = []
    for node in reversed(model.graph.node):
        if needed.intersection(node.output) - given:
            nodes.append(node)
            needed |= scope.reads(node)
    weights = scope.weight_names(model.graph)
    replaceable = [one for one in model.graph.input if one.name in weights & needed]
    part = onnx.ModelProto()
    part.CopyFrom(model)
    fields = ("node", nodes[::-1]), ("input", [*inputs, *replaceable]), ("output", outputs)
    for field, values in fields:
        part.graph.ClearField(field)
        getattr(part.graph, field).extend(values)
    return part


def _value(point: CutPoint) -> onnx.ValueInfoProto:
    kind = np_dtype_to_tensor_dtype(np.dtype(point.dtype))
    return make_tensor_value_info(point.tensor, kind, [point.batch, *point.shape])
