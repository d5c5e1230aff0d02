"""ONNX files whose bytes depend on nothing but the computation.

Exporters leave stack traces, paths, long names and shapes of every inner value in a file: on a net
of 9,000 weights they are more than half of it, and they differ between machines. Here they go; the
answers stay bit for bit.
"""

from itertools import count
from pathlib import Path

import onnx

from edgeline.digest import sha256_bytes
from edgeline.files import write_atomically

# Shapes of an inner value, notes of tools, and the like: never needed to run a graph.
NOTES = ("doc_string", "metadata_props")


def write(model: onnx.ModelProto, path: Path) -> str:
    """Writes the stripped model, all or nothing, and returns its SHA-256.

    `onnx.save_model(onnx.load_model(path), elsewhere)` writes the same bytes again.
    """
    data = strip(model).SerializeToString(deterministic=True)
    write_atomically(path, data)
    return sha256_bytes(data)


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that computes the same and says nothing else; inputs and outputs keep their names."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for note in ("producer_name", "producer_version", "domain", "model_version", *NOTES):
        bare.ClearField(note)
    graph = bare.graph
    _clear(graph, *NOTES, "value_info", "quantization_annotation")
    graph.name = "net"
    for node in graph.node:
        _clear(node, *NOTES, "name")
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        node.ClearField("attribute")
        node.attribute.extend(attributes)
    for described in (*graph.initializer, *graph.input, *graph.output):
        _clear(described, *NOTES)
    _drop_unused(bare)
    # Inner graphs (If, Loop) see the names of the outer one, so a model that has them keeps its
    # names.
    if not any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        _rename(graph)
    return bare


def _clear(message: onnx.GraphProto | onnx.NodeProto, *fields: str) -> None:
    for field in fields:
        message.ClearField(field)


def _drop_unused(model: onnx.ModelProto) -> None:
    graph = model.graph
    used = {name for node in graph.node for name in node.input} | {out.name for out in graph.output}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    graph.ClearField("initializer")
    graph.initializer.extend(kept)
    domains = {node.domain for node in graph.node} | {""}
    opsets = [opset for opset in model.opset_import if opset.domain in domains]
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
        inputs, outputs = [short[name] for name in node.input], list(node.output)
        for index, name in enumerate(outputs):
            if name not in short:
                short[name] = next(free_t)
            outputs[index] = short[name]
        node.ClearField("input")
        node.ClearField("output")
        node.input.extend(inputs)
        node.output.extend(outputs)
