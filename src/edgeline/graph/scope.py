"""Which names a graph defines and which it takes from around it.

`If`, `Loop` and `Scan` hold inner graphs that read values of the outer one without listing them
among their inputs; whoever asks what a node reads must look inside.
"""

from collections.abc import Iterator

import onnx


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and every one inside it."""
    yield graph
    for node in graph.node:
        for inner in inner_graphs(node):
            yield from graphs(inner)


def nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Every node of the model, wherever it stands."""
    for graph in graphs(model.graph):
        yield from graph.node


def inner_graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node holds itself."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def reads(node: onnx.NodeProto) -> set[str]:
    """Every value that a node needs; an input that is left out has no name and does not count."""
    return set(node.input).union(*map(outer_names, inner_graphs(node))) - {""}


def outer_names(graph: onnx.GraphProto) -> set[str]:
    """What an inner graph reads of the graphs around it."""
    own = {value.name for value in graph.input} | weight_names(graph)
    outer: set[str] = set()
    for node in graph.node:
        outer |= reads(node) - own
        own.update(node.output)
    return outer | {value.name for value in graph.output} - own


def weight_names(graph: onnx.GraphProto) -> set[str]:
    """What the graph brings along, whether or not a caller may replace it."""
    return {tensor.name for tensor in graph.initializer}


def data_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """The inputs that a caller must feed: a weight may be listed as an input that has a default."""
    weights = weight_names(graph)
    return [value for value in graph.input if value.name not in weights]
