"""Which nodes stay in floating point because their 8-bit kernels are slower than their 32-bit ones.

A rule on the graph, not a timing, so that the same network always gives the same bytes. It was
found by profiling the 106,000-weight CNN (1 thread, batch 20; microseconds): the first
convolution, which reads one channel, takes 34 in fp32 and 242 in int8, the second 151 and 64; and
a maximum over uint8 in NCHW takes 356 instead of 12. Convolutions channel by channel read many
channels, one for each filter, and are faster in int8: left in fp32 they cost a MobileNet a third of
its speed.
"""

import onnx

from edgeline.graph.rewrites import pool_before_relu

# A 3x3 kernel over fewer channels than this fills no vector of integer products: images, and
# little else.
THIN_CHANNELS = 4

DROPPED_ACTIVATIONS = {"Clip", "Relu"}


def exclusions(model: onnx.ModelProto) -> list[str]:
    """Names every node, prepares the graph, and returns the nodes that are not to be quantised."""
    for index, node in enumerate(model.graph.node):
        node.name = f"n{index}"
    return [*exclude_thin_convolutions(model), *exclude_last_activations(model)]


def exclude_thin_convolutions(model: onnx.ModelProto) -> list[str]:
    """The convolutions over few channels.

    Where ReLU and a maximum follow one, they change places: onnxruntime would otherwise move the
    quantisation up through the maximum, onto its slow kernel.
    """
    thin = [
        node
        for node in model.graph.node
        if node.op_type == "Conv" and _input_channels(model, node) < THIN_CHANNELS
    ]
    names = [node.name for node in thin]
    for convolution in thin:
        names += [node.name for node in pool_before_relu(model, convolution) or ()]
    return names


def exclude_last_activations(model: onnx.ModelProto) -> list[str]:
    """ReLU and Clip that give an output of the model.

    onnxruntime's quantiser drops them elsewhere, since rounding to a range that begins at zero
    clips as well; the outputs of the model are not rounded, and would lose their activation.
    """
    outputs = {value.name for value in model.graph.output}
    last = [node for node in model.graph.node if outputs.intersection(node.output)]
    return [node.name for node in last if node.op_type in DROPPED_ACTIVATIONS]


def _input_channels(model: onnx.ModelProto, convolution: onnx.NodeProto) -> int:
    """All that it reads: the second side of its weight for each of its groups."""
    groups = next((one.i for one in convolution.attribute if one.name == "group"), 1)
    for tensor in model.graph.initializer:
        if tensor.name == convolution.input[1]:
            return int(tensor.dims[1]) * groups
    return THIN_CHANNELS
