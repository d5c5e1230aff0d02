"""Changes of a graph that change no answer, or only how finely an answer is rounded."""

import onnx

from edgeline.graph import scope


def pool_before_relu(
    model: onnx.ModelProto, convolution: onnx.NodeProto
) -> tuple[onnx.NodeProto, onnx.NodeProto] | None:
    """Where ReLU and a maximum follow a convolution alone, they change places.

    A maximum of clipped numbers is the clipped maximum. Returns the two in their new order; None
    where something else follows.
    """
    relu = only_reader(model, convolution)
    pool = only_reader(model, relu) if relu and relu.op_type == "Relu" else None
    if relu is None or pool is None or pool.op_type != "MaxPool" or len(pool.output) != 1:
        return None
    before, between, after = relu.input[0], relu.output[0], pool.output[0]
    pool.input[0], pool.output[0] = before, between
    relu.input[0], relu.output[0] = between, after
    # Nodes stand after what they read, so the two change places in the list as well.
    copy = onnx.NodeProto()
    copy.CopyFrom(relu)
    relu.CopyFrom(pool)
    pool.CopyFrom(copy)
    # The shape that was known for it is another one now.
    shapes = [value for value in model.graph.value_info if value.name != between]
    model.graph.ClearField("value_info")
    model.graph.value_info.extend(shapes)
    return relu, pool


def keep_outputs_in_float(model: onnx.ModelProto) -> None:
    """Takes the last quantisation away: logits rounded to 256 steps would make ties."""
    makers = {name: node for node in model.graph.node for name in node.output}
    for output in model.graph.output:
        back = makers.get(output.name)
        rounded = makers.get(back.input[0]) if back and back.input else None
        source = makers.get(rounded.input[0]) if rounded and rounded.input else None
        if back is None or rounded is None or source is None:
            continue
        if (back.op_type, rounded.op_type) != ("DequantizeLinear", "QuantizeLinear"):
            continue
        alone = source.output[0] == rounded.input[0] and only_reader(model, source)
        if alone and only_reader(model, rounded):
            model.graph.node.remove(back)
            model.graph.node.remove(rounded)
            source.output[0] = output.name


def only_reader(model: onnx.ModelProto, node: onnx.NodeProto) -> onnx.NodeProto | None:
    """The one node that reads the first output of `node`; None where there are more, or a caller."""
    name = node.output[0]
    readers = [other for other in model.graph.node if name in scope.reads(other)]
    is_output = name in {value.name for value in model.graph.output}
    return readers[0] if len(readers) == 1 and not is_output else None
