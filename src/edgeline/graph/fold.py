"""What does not depend on the input is computed once, at export."""

import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator


def fold(model: onnx.ModelProto) -> None:
    """Replaces every node that reads weights alone by its answer; no answer of the model changes.

    Quantisation steps stay: integers that are unpacked when they are read are their whole point.
    """
    graph = model.graph
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear" or not set(node.input) <= {*known, ""}:
            kept.append(node)
            continue
        answers = ReferenceEvaluator(node, opsets={"": _opset(model)}).run(
            None, {name: known[name] for name in node.input if name}
        )
        known |= dict(zip(node.output, answers, strict=True))
        graph.initializer.extend(
            numpy_helper.from_array(known[name], name) for name in node.output if name
        )
    graph.ClearField("node")
    graph.node.extend(kept)


def _opset(model: onnx.ModelProto) -> int:
    return next(int(one.version) for one in model.opset_import if one.domain == "")
