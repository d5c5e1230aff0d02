"""Networks of any number of tensors and of sides that may vary, as a session describes them."""

import numpy as np
import pytest
from onnx import parser

from edgeline.edge.session import Session, load, run_parts
from edgeline.errors import EdgelineError, RecipeError


def session(graph: str) -> Session:
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 13]> graph {graph}')
    return load(model.SerializeToString())


TWO = "(float[N, 2] x, float[N, 2] z) => (float[N, 2] sum, float[N, 2] product)"
TWO += "{ sum = Add(x, z)  product = Mul(x, z) }"


def test_a_classifier_has_one_input_and_one_output() -> None:
    x = np.array([[1, 2]], np.float32)
    assert session("(float[N, 2] x) => (float[N, 2] y) { y = Neg(x) }").logits(x).tolist() == [
        [-1, -2]
    ]
    with pytest.raises(RecipeError, match="found inputs x, z and outputs sum, product"):
        session(TWO).logits(x)


def test_tensors_are_given_and_taken_by_name() -> None:
    x, z = np.array([[1, 2]], np.float32), np.array([[3, 4]], np.float32)
    outputs = session(TWO).run({"z": z, "x": x})
    assert {name: array.tolist() for name, array in outputs.items()} == {
        "sum": [[4, 6]],
        "product": [[3, 8]],
    }


def test_a_part_may_read_any_earlier_tensor() -> None:
    first = session("(float[N] x) => (float[N] a) { a = Neg(x) }")
    second = session("(float[N] a, float[N] x) => (float[N] y) { y = Sub(a, x) }")
    values = run_parts([first, second], {"x": np.array([1, 2], np.float32)})
    assert {name: array.tolist() for name, array in values.items()} == {
        "x": [1, 2],
        "a": [-1, -2],
        "y": [-2, -4],
    }


@pytest.mark.parametrize(
    ("shape", "described", "batch"),
    [
        ("batch, 3", ("N", 3), None),
        ("batch, steps, 3", ("N", "steps", 3), None),
        ("5, 3", (5, 3), 5),
        ("1, steps", (1, "steps"), 1),
        ("batch, batch", ("N", "N"), None),
        ("batch, N", ("N", "D1"), None),
    ],
)
def test_the_first_side_that_varies_is_the_number_of_examples(
    shape: str, described: tuple[int | str, ...], batch: int | None
) -> None:
    loaded = session(f"(float[{shape}] x) => (float[{shape}] y) {{ y = Neg(x) }}")
    assert loaded.inputs[0].shape == loaded.outputs[0].shape == described
    assert loaded.batch == batch


def test_a_network_that_cannot_compute_says_so_in_a_line() -> None:
    loaded = session("(float[N] x, int64[2] shape) => (float[A, B] y) { y = Reshape(x, shape) }")
    with pytest.raises(EdgelineError, match="a network that computes with these tensors") as error:
        loaded.run({"x": np.ones(6, np.float32), "shape": np.array([4, 4])})
    assert "\n" not in str(error.value)
