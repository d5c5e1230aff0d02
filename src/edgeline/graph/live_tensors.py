"""What the rest of a computation still needs, after each of its steps."""

import onnx

from edgeline.graph import scope


def data_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """Nodes that depend on the input; the others unpack weights, and go with who reads them."""
    reached = {value.name for value in scope.data_inputs(model.graph)}
    nodes = []
    for node in model.graph.node:
        if reached & scope.reads(node):
            reached.update(node.output)
            nodes.append(node)
    return nodes


def live_tensors(
    model: onnx.ModelProto, nodes: list[onnx.NodeProto]
) -> list[tuple[onnx.NodeProto, frozenset[str]]]:
    """Each of the `data_nodes`, and the tensors that are needed once it has run.

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
