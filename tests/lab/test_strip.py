"""Nothing but the computation is left, and the computation is left whole."""

import numpy as np
import onnx
from onnx import parser

from edgeline.edge.session import load
from edgeline.graph.file import to_bytes
from edgeline.graph.strip import strip

X = np.array([[1.0, 2.0]], np.float32)


def answer(model: onnx.ModelProto, **tensors: np.ndarray) -> list[float]:
    onnx.checker.check_model(strip(model))
    (output,) = load(to_bytes(model)).run(tensors).values()
    return output.tolist()


def weights(model: onnx.ModelProto) -> list[str]:
    return [tensor.name for tensor in strip(model).graph.initializer]


def test_names_that_look_short_are_counted_anew() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N] x) => (float[N] y) { t1 = Relu(x)  t0 = Neg(t1)  y = Abs(t0) }
    """)
    bare = strip(model)
    assert [node.output[0] for node in bare.graph.node] == ["t0", "t1", "y"]
    assert strip(bare) == bare


def test_unused_weights_and_domains_go() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18, "com.unused" : 1], producer_name: "someone">
        graph (float[N, 2] x) => (float[N, 2] y)
        <float[2] used = {1, 2}, float[2] idle = {3, 4}>
        { middle = Add(x, used)  y = Relu(middle) }
    """)
    bare = strip(model)
    assert weights(model) == ["w0"]
    assert [opset.domain for opset in bare.opset_import] == [""]
    assert [list(node.output) for node in bare.graph.node] == [["t0"], ["y"]]
    assert bare.producer_name == ""
    onnx.checker.check_model(bare)


def test_short_names_avoid_those_of_inputs() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N] t0) => (float[N] w0) <float[1] long_name = {1}>
        { inner = Add(t0, long_name)  w0 = Relu(inner) }
    """)
    bare = strip(model)
    assert list(bare.graph.node[0].input) == ["t0", "w1"]
    assert list(bare.graph.node[1].input) == ["t1"]


def test_names_that_inner_graphs_see_are_kept() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (bool flag, float[N] x) => (float[N] y)
        {
          shifted = Relu(x)
          y = If (flag) <
            then_branch = yes () => (float[N] a) { a = Identity(shifted) },
            else_branch = no () => (float[N] b) { b = Neg(shifted) }
          >
        }
    """)
    x = np.array([1.0, -2.0], np.float32)
    assert answer(model, flag=np.array(False), x=x) == [-1.0, 0.0]


def test_weights_that_only_branches_read_are_kept() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (bool flag, float[N, 2] x) => (float[N, 2] y)
        <float[2] one = {10, 20}, float[2] other = {30, 40}, float[2] idle = {5, 6}>
        {
          y = If (flag) <
            then_branch = yes () => (float[N, 2] a) { a = Add(x, one) },
            else_branch = no () => (float[N, 2] b) {
              b = If (flag) <
                then_branch = deep_yes () => (float[N, 2] c) { c = Identity(x) },
                else_branch = deep_no () => (float[N, 2] d) { d = Add(x, other) }
              >
            }
          >
        }
    """)
    assert weights(model) == ["one", "other"]
    assert answer(model, flag=np.array(True), x=X) == [[11.0, 22.0]]
    assert answer(model, flag=np.array(False), x=X) == [[31.0, 42.0]]


def test_weights_that_only_the_body_of_a_loop_reads_are_kept() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[1, 2] x) => (float[1, 2] y) <int64 times = {3}, bool yes = {1}, float[2] w = {1, 10}>
        {
          y = Loop (times, yes, x) <
            body = step (int64 i, bool go, float[1, 2] before) => (bool on, float[1, 2] after)
            { on = Identity(go)  after = Add(before, w) }
          >
        }
    """)
    assert sorted(weights(model)) == ["times", "w", "yes"]
    assert answer(model, x=X) == [[4.0, 32.0]]


def test_weights_that_only_the_body_of_a_scan_reads_are_kept() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[T, 2] x) => (float[2] total, float[T, 2] y)
        <float[2] start = {0, 0}, float[2] w = {2, 3}>
        {
          total, y = Scan <num_scan_inputs = 1,
            body = step (float[2] before, float[2] now) => (float[2] after, float[2] seen)
            { scaled = Mul(now, w)  after = Add(before, scaled)  seen = Identity(after) }
          > (start, x)
        }
    """)
    bare = strip(model)
    assert sorted(tensor.name for tensor in bare.graph.initializer) == ["start", "w"]
    answers = load(to_bytes(model)).run({"x": np.array([[1, 1], [2, 2]], np.float32)})
    assert answers["total"].tolist() == [6.0, 9.0]


def test_a_name_that_an_inner_graph_defines_itself_is_not_read_outside() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[1, 2] x) => (float[1, 2] y) <int64 times = {2}, bool yes = {1}, float[2] before = {7, 8}>
        {
          y = Loop (times, yes, x) <
            body = step (int64 i, bool go, float[1, 2] before) => (bool on, float[1, 2] after)
            { on = Identity(go)  after = Add(before, before) }
          >
        }
    """)
    assert sorted(weights(model)) == ["times", "yes"]


def test_a_weight_that_is_also_an_input_stays_one_that_need_not_be_fed() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x, float[2] bias = {1, 2}, float[2] idle = {3, 4}) => (float[N, 2] y)
        { y = Add(x, bias) }
    """)
    assert weights(model) == ["bias", "idle"]
    assert answer(model, x=X) == [[2.0, 4.0]]
    assert answer(model, x=X, bias=np.array([10, 10], np.float32)) == [[11.0, 12.0]]


def test_a_domain_that_only_a_branch_uses_is_kept() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18, "com.microsoft" : 1]>
        graph (bool flag, float[N, 2] x) => (float[N, 2] y)
        {
          y = If (flag) <
            then_branch = yes () => (float[N, 2] a) { a = com.microsoft.FastGelu(x) },
            else_branch = no () => (float[N, 2] b) { b = Neg(x) }
          >
        }
    """)
    assert [opset.domain for opset in strip(model).opset_import] == ["", "com.microsoft"]
    assert answer(model, flag=np.array(False), x=X) == [[-1.0, -2.0]]


def test_both_spellings_of_the_standard_domain_are_known() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["ai.onnx" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) { y = Neg(x) }
    """)
    assert [opset.domain for opset in strip(model).opset_import] == ["ai.onnx"]
    assert answer(model, x=X) == [[-1.0, -2.0]]


def test_inputs_and_outputs_that_are_left_out_stay_so() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) <float top = {1.5}>
        { clipped = Clip(x, , top)  y, mask = Dropout(clipped) }
    """)
    model.graph.node[1].output[1] = ""
    assert list(strip(model).graph.node[0].input) == ["x", "", "w0"]
    assert list(strip(model).graph.node[1].output) == ["y", ""]
    assert answer(model, x=X) == [[1.0, 1.5]]
