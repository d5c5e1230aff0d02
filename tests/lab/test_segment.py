"""A part of a graph as a model of its own, with any number of tensors in and out."""

import numpy as np
import onnx
from onnx import helper, parser

from edgeline.edge.session import load
from edgeline.graph.cut_points import cut_points, find
from edgeline.graph.file import to_bytes
from edgeline.graph.segment import extract, segment
from edgeline.graph.strip import strip


def test_weights_that_both_parts_read_go_into_both() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1, 2, 3, 4}>
        { a = MatMul(x, w)  b = Softmax(a)  y = MatMul(b, w) }
    """)
    point = find(cut_points(model), "b")
    for start, end in ((None, point), (point, None)):
        assert len(strip(segment(model, start, end)).graph.initializer) == 1


def test_a_model_of_one_batch_size_is_cut_as_well() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[3, 2] x) => (float[3, 2] y) <float[2, 2] w = {1, 2, 3, 4}>
        { a = MatMul(x, w)  b = Softmax(a)  y = MatMul(b, w) }
    """)
    point = find(cut_points(model), "b")
    assert (point.batch, point.shape, point.bytes) == (3, (2,), 8)
    x = np.ones((3, 2), np.float32)
    first, second = (
        load(to_bytes(segment(model, *ends))) for ends in ((None, point), (point, None))
    )
    assert second.inputs[0].shape == (3, 2)
    passed = first.run({"x": x})
    assert np.array_equal(second.run(passed)["y"], load(to_bytes(model)).run({"x": x})["y"])


def test_weights_that_are_also_inputs_are_no_data_and_stay_replaceable() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x, float[2, 2] w = {1, 2, 3, 4}, float[2] v = {1, 1}) => (float[N, 2] y)
        { a = MatMul(x, w)  b = Softmax(a)  y = Mul(b, v) }
    """)
    point = find(cut_points(model), "b")
    first, second = (segment(model, *ends) for ends in ((None, point), (point, None)))
    assert [value.name for value in first.graph.input] == ["x", "w"]
    assert [value.name for value in second.graph.input] == ["b", "v"]
    session = load(to_bytes(second))
    b = np.array([[1.0, 2.0]], np.float32)
    assert session.run({"b": b})["y"].tolist() == [[1.0, 2.0]]
    assert session.run({"b": b, "v": np.array([3, 4], np.float32)})["y"].tolist() == [[3.0, 8.0]]


def test_a_part_has_any_number_of_inputs_and_outputs() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x, float[N, 2] z) => (float[N, 2] y)
        { a = Neg(x)  b = Add(a, z)  c = Mul(a, b)  y = Sub(c, z) }
    """)
    named = {
        name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", 2])
        for name in "xzab"
    }
    first = extract(model, [named["x"], named["z"]], [named["a"], named["b"]])
    second = extract(model, [named["a"], named["b"], named["z"]], list(model.graph.output))
    feed = {"x": np.array([[1, 2]], np.float32), "z": np.array([[3, 4]], np.float32)}
    passed = load(to_bytes(first)).run(feed)
    assert {name: array.tolist() for name, array in passed.items()} == {
        "a": [[-1, -2]],
        "b": [[2, 2]],
    }
    assert load(to_bytes(second)).run({**passed, "z": feed["z"]})["y"].tolist() == [[-5, -8]]
