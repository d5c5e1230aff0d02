"""What does not depend on the input is computed once, at export."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import defs, numpy_helper
from onnx.reference import ReferenceEvaluator

from edgeline.graph import scope

KEPT = {"DequantizeLinear"}
"""Integers that are unpacked when they are read are the whole point of quantisation."""

FIRST_WITH_CONSTANTS = 4
"""Before this version of the format, every weight had to be an input as well."""


def fold(model: onnx.ModelProto) -> None:
    """Replaces every node that reads constants alone by its answer; no answer of the model changes.

    A weight that is also an input is no constant, since a caller may feed another one. What draws
    random numbers, holds inner graphs, is not ONNX's own, or gives an output of the model stays.
    """
    if model.ir_version < FIRST_WITH_CONSTANTS:
        return
    graph, version = model.graph, scope.opset(model)
    inputs, outputs = ({value.name for value in values} for values in (graph.input, graph.output))
    constants = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.name not in inputs
    }
    kept = []
    for node in graph.node:
        answers = None
        if scope.reads(node) <= constants.keys() and not outputs.intersection(node.output):
            answers = _evaluate(node, constants, version)
        if answers is None:
            kept.append(node)
            continue
        constants |= answers
        graph.initializer.extend(
            numpy_helper.from_array(array, name) for name, array in answers.items()
        )
    graph.ClearField("node")
    graph.node.extend(kept)


def _evaluate(
    node: onnx.NodeProto, constants: dict[str, NDArray[Any]], version: int
) -> dict[str, NDArray[Any]] | None:
    """The values of its outputs by name; None where the node must be computed at each inference."""
    if not _is_foldable(node, version):
        return None
    try:
        answers = ReferenceEvaluator(node, opsets={"": version}).run(
            None, {name: constants[name] for name in node.input if name}
        )
    except (NotImplementedError, RuntimeError):
        # ONNX's reference does not know every operation; one that is left costs time, no answer.
        return None
    if not all(isinstance(answer, np.ndarray | np.generic) for answer in answers):
        return None
    pairs = zip(node.output, answers, strict=True)
    return {name: np.asarray(answer) for name, answer in pairs if name}


def _is_foldable(node: onnx.NodeProto, version: int) -> bool:
    if node.domain or node.op_type in KEPT:
        return False
    try:
        schema: Any = defs.get_schema(node.op_type, version)
    except defs.SchemaError:
        return False
    return bool(schema.node_determinism != defs.OpSchema.NodeDeterminism.NonDeterministic)
