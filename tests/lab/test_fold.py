"""What is computed once at export, and what must be left to every inference."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from edgeline.edge.session import load
from edgeline.graph.file import to_bytes
from edgeline.graph.fold import fold

X = np.zeros((1, 2), np.float32)


def kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def answer(model: onnx.ModelProto, **tensors: np.ndarray) -> np.ndarray:
    (output,) = load(to_bytes(model)).run(tensors).values()
    return output


def test_what_reads_weights_alone_is_computed_at_export() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y)
        <float[2] a = {1, 2}, float[2] b = {3, 4}, float s = {0.5}, int8[2] i = {2, 4}>
        {
          sum = Add(a, b)
          twice = Add(sum, sum)
          unpacked = DequantizeLinear(i, s)
          inner = Add(x, twice)
          y = Add(inner, unpacked)
        }
    """)
    fold(model)
    assert kinds(model) == ["DequantizeLinear", "Add", "Add"]
    assert answer(model, x=X).tolist() == [[9.0, 14.0]]


def test_weights_in_constant_nodes_are_weights() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y)
        { a = Constant <value = float[2] {1, 2}> ()  b = Neg(a)  y = Add(x, b) }
    """)
    fold(model)
    assert kinds(model) == ["Add"]
    assert answer(model, x=X).tolist() == [[-1.0, -2.0]]


def test_a_weight_that_a_caller_may_replace_is_not_folded() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x, float[2] a = {1, 2}) => (float[N, 2] y)
        { b = Neg(a)  y = Add(x, b) }
    """)
    fold(model)
    assert answer(model, x=X).tolist() == [[-1.0, -2.0]]
    assert answer(model, x=X, a=np.array([5, 6], np.float32)).tolist() == [[-5.0, -6.0]]


def test_an_old_file_whose_weights_are_all_inputs_stays_valid() -> None:
    model = parser.parse_model("""
        <ir_version: 3, opset_import: ["" : 13]>
        graph (float[N, 2] x, float[1, 2] a = {1, 2}, int64[1] shape = {2}) => (float[N, 2] y)
        { c = Constant <value = float[2] {10, 20}> ()  b = Reshape(a, shape)
          d = Add(b, c)  y = Add(x, d) }
    """)
    fold(model)
    onnx.checker.check_model(model)
    assert answer(model, x=X).tolist() == [[11.0, 22.0]]


@pytest.mark.parametrize(
    "draw",
    [
        "r = RandomNormal <shape = [1, 2]> ()",
        "r = RandomUniform <shape = [1, 2]> ()",
        "r = RandomNormalLike(ones)",
        "r = RandomUniformLike(ones)",
        "r = Bernoulli(halves)",
        "m = Multinomial <sample_size = 2> (ones)  r = Cast <to = 1> (m)",
        "r = Dropout(ones, half, yes)",
    ],
)
def test_what_draws_random_numbers_is_drawn_at_every_inference(draw: str) -> None:
    model = parser.parse_model(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y)
        <float[1, 2] ones = {{1, 1}}, float[1, 2] halves = {{0.5, 0.5}}, float half = {{0.5}},
         bool yes = {{1}}>
        {{ {draw}  y = Add(x, r) }}
    """)
    before = kinds(model)
    fold(model)
    assert kinds(model) == before
    session = load(to_bytes(model))
    drawn = {session.run({"x": X})["y"].tobytes() for _ in range(64)}
    assert len(drawn) > 1


def test_a_branch_that_reads_the_input_is_no_constant() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) <bool yes = {1}, float[2] a = {1, 2}>
        {
          b = Neg(a)
          y = If (yes) <
            then_branch = one () => (float[N, 2] t) { t = Add(x, b) },
            else_branch = two () => (float[N, 2] e) { e = Sub(x, b) }
          >
        }
    """)
    fold(model)
    assert kinds(model) == ["If"]
    assert answer(model, x=X).tolist() == [[-1.0, -2.0]]


def test_an_output_of_the_model_keeps_the_node_that_gives_it() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y, float[2] b) <float[2] a = {1, 2}>
        { b = Neg(a)  y = Add(x, b) }
    """)
    fold(model)
    assert {
        name: array.tolist() for name, array in load(to_bytes(model)).run({"x": X}).items()
    } == {
        "y": [[-1.0, -2.0]],
        "b": [-1.0, -2.0],
    }


def test_a_function_of_the_model_is_left_to_the_runtime() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18, "mine" : 1]>
        graph (float[N, 2] x) => (float[N, 2] y) <float[2] a = {1, 2}>
        { b = mine.Twice(a)  y = Add(x, b) }
        <opset_import: ["" : 18], domain: "mine"> Twice (v) => (w) { w = Add(v, v) }
    """)
    fold(model)
    assert kinds(model) == ["Twice", "Add"]
    assert answer(model, x=X).tolist() == [[2.0, 4.0]]


def test_an_output_without_a_name_is_none() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) <float[1, 2, 2] a = {9, 7, 8, 6}>
        { largest, at = MaxPool <kernel_shape = [2]> (a)  b = Flatten(largest)  y = Add(x, b) }
    """)
    model.graph.node[0].output[1] = ""
    fold(model)
    assert kinds(model) == ["Add"]
    assert [
        numpy_helper.to_array(w).tolist() for w in model.graph.initializer if w.name == ""
    ] == []
    assert answer(model, x=X).tolist() == [[9.0, 8.0]]


def test_an_operation_that_the_reference_does_not_know_is_left() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18, "com.microsoft" : 1]>
        graph (float[N, 2] x) => (float[N, 2] y) <float[1, 2] a = {0, 0}>
        { b = com.microsoft.FastGelu(a)  y = Add(x, b) }
    """)
    fold(model)
    assert kinds(model) == ["FastGelu", "Add"]
    assert answer(model, x=X).tolist() == [[0.0, 0.0]]
