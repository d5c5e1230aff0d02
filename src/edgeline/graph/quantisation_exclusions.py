"""Which nodes stay in floating point because their 8-bit kernels are slower than their 32-bit ones.

A rule on the graph, not a timing, so that the same network always gives the same bytes. It was
found by profiling the 106,000-weight CNN (1 thread, batch 20; microseconds): the first
convolution, which reads one channel, takes 34 in fp32 and 242 in int8, the second 151 and 64; and
a maximum over uint8 in NCHW takes 356 instead of 12. Convolutions channel by channel read many
channels, one for each filter, and are faster in int8: left in fp32 they cost a MobileNet a third of
its speed.
"""

from collections.abc import Iterable

import onnx

# A 3x3 kernel over fewer channels than this fills no vector of integer products: images, and
# little else.
THIN_CHANNELS = 4


def keep_thin_in_float(model: onnx.ModelProto) -> list[str]:
    """Names every node, prepares thin convolutions to stay in fp32, returns what not to quantise.

    Where ReLU and a maximum follow, they change places, which changes no answer: onnxruntime would
    otherwise move the quantisation up through the maximum, onto its slow kernel.
    """
    nodes = list(model.graph.node)
    for index, node in enumerate(nodes):
        node.name = f"n{index}"
    thin = [
        node
        for node in nodes
        if node.op_type == "Conv" and _input_channels(model, node) < THIN_CHANNELS
    ]
    kept = [node.name for node in thin]
    for convolution in thin:
        relu = _only_reader(model, convolution)
        pool = _only_reader(model, relu) if relu and relu.op_type == "Relu" else None
        if relu and pool and pool.op_type == "MaxPool" and len(pool.output) == 1:
            _swap(model, relu, pool)
            kept += [pool.name, relu.name]
    return kept


def give_answers_in_float(model: onnx.ModelProto) -> None:
    """Takes the last quantisation away: logits rounded to 256 steps would make ties."""
    makers = {name: node for node in model.graph.node for name in node.output}
    for answer in model.graph.output:
        back = makers[answer.name]
        rounded = makers.get(back.input[0])
        if (
            back.op_type != "DequantizeLinear"
            or rounded is None
            or rounded.op_type != "QuantizeLinear"
        ):
            continue
        source = makers[rounded.input[0]]
        if _only_reader(model, source) is not None and _only_reader(model, rounded) is not None:
            model.graph.node.remove(back)
            model.graph.node.remove(rounded)
            source.output[0] = answer.name


def _input_channels(model: onnx.ModelProto, convolution: onnx.NodeProto) -> int:
    """All that it reads: the second side of its weight for each of its groups."""
    groups = next((one.i for one in convolution.attribute if one.name == "group"), 1)
    for tensor in model.graph.initializer:
        if tensor.name == convolution.input[1]:
            return int(tensor.dims[1]) * groups
    return THIN_CHANNELS


def _only_reader(model: onnx.ModelProto, node: onnx.NodeProto) -> onnx.NodeProto | None:
    readers = [other for other in model.graph.node if node.output[0] in other.input]
    is_output = node.output[0] in {value.name for value in model.graph.output}
    return readers[0] if len(readers) == 1 and not is_output else None


def _swap(model: onnx.ModelProto, relu: onnx.NodeProto, pool: onnx.NodeProto) -> None:
    """conv > relu > pool becomes conv > pool > relu; what follows reads the same name."""
    before, between, after = relu.input[0], relu.output[0], pool.output[0]
    pool.input[0], pool.output[0] = before, between
    relu.input[0], relu.output[0] = between, after
    _exchange(model.graph, relu, pool)
    _forget_shapes(model.graph, (between,))


def _exchange(graph: onnx.GraphProto, first: onnx.NodeProto, second: onnx.NodeProto) -> None:
    """In the list as well, since nodes must stand after what they read."""
    copy = onnx.NodeProto()
    copy.CopyFrom(first)
    first.CopyFrom(second)
    second.CopyFrom(copy)


def _forget_shapes(graph: onnx.GraphProto, names: Iterable[str]) -> None:
    gone = set(names)
    kept = [value for value in graph.value_info if value.name not in gone]
    graph.ClearField("value_info")
    graph.value_info.extend(kept)
