"""A model without a word too many: bytes that depend on nothing but the computation.

Exporters leave stack traces, paths, long names and shapes of every inner value in a file: on a net
of 9,000 weights they are more than half of it, and they differ between machines. Here they go; the
answers stay bit for bit.
"""

from itertools import count
from typing import TypeAlias

import onnx

from edgeline.graph import scope

# Notes of tools, and the like: never needed to run a graph.
NOTES = ("doc_string", "metadata_props")
OF_MODEL = ("producer_name", "producer_version", "domain", "model_version", "training_info")

# Both spell the domain of ONNX's own operations.
STANDARD = ("", "ai.onnx")

_Message: TypeAlias = onnx.ModelProto | onnx.GraphProto | onnx.NodeProto | onnx.TensorProto


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that computes the same and says nothing else; inputs and outputs keep their names."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    _clear(bare, *OF_MODEL, *NOTES, "configuration")
    for graph in scope.graphs(bare.graph):
        _strip_graph(graph)
    for node in scope.nodes(bare):
        _strip_node(node)
    _drop_unused_weights(bare.graph)
    _drop_unused_opsets(bare)
    # Inner graphs (If, Loop, Scan) see the names of the outer one, so a model that has them keeps
    # its names.
    if not any(any(scope.inner_graphs(node)) for node in bare.graph.node):
        _rename(bare.graph)
    return bare


def _clear(message: _Message, *fields: str) -> None:
    for field in fields:
        message.ClearField(field)


def _strip_graph(graph: onnx.GraphProto) -> None:
    _clear(graph, *NOTES, "value_info", "quantization_annotation")
    graph.name = "net"
    for described in (*graph.initializer, *graph.input, *graph.output):
        _clear(described, *NOTES)
    for tensor in graph.initializer:
        # A loader of weights in other files writes the default place down.
        tensor.ClearField("data_location")


def _strip_node(node: onnx.NodeProto) -> None:
    _clear(node, *NOTES, "name", "device_configurations")
    attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
    for attribute in attributes:
        attribute.ClearField("doc_string")
    node.ClearField("attribute")
    node.attribute.extend(attributes)


def _drop_unused_weights(graph: onnx.GraphProto) -> None:
    """A weight that is listed as an input stays: without it, a caller would have to feed it."""
    used = {value.name for value in (*graph.input, *graph.output)}
    used = used.union(*map(scope.reads, graph.node))
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    graph.ClearField("initializer")
    graph.initializer.extend(kept)


def _drop_unused_opsets(model: onnx.ModelProto) -> None:
    domains = {node.domain for node in scope.nodes(model)}
    opsets = [one for one in model.opset_import if one.domain in domains.union(STANDARD)]
    model.ClearField("opset_import")
    model.opset_import.extend(sorted(opsets, key=lambda opset: opset.domain))


def _rename(graph: onnx.GraphProto) -> None:
    """Inner values become t0, t1, ... and weights w0, w1, ..., in the order of the file."""
    kept = {value.name for value in (*graph.input, *graph.output)} | {""}
    short = {name: name for name in kept}
    free_w = (f"w{index}" for index in count() if f"w{index}" not in kept)
    free_t = (f"t{index}" for index in count() if f"t{index}" not in kept)
    for tensor in graph.initializer:
        tensor.name = short.setdefault(tensor.name, next(free_w))
    for node in graph.node:
        for name in node.output:
            if name not in short:
                short[name] = next(free_t)
    for node in graph.node:
        node.input[:] = [short[name] for name in node.input]
        node.output[:] = [short[name] for name in node.output]
