"""What stays in floating point, on graphs small enough to see it."""

from onnx import parser

from edgeline.graph.quantisation_exclusions import exclusions
from edgeline.graph.rewrites import keep_outputs_in_float


def test_wide_convolutions_are_quantised() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4, 3, 3] x) => (float[N, 1, 1, 1] y) <float[1, 4, 3, 3] w>
        { y = Conv(x, w) }
    """)
    assert exclusions(model) == []


def test_a_convolution_channel_by_channel_reads_all_of_them() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4, 3, 3] x) => (float[N, 4, 1, 1] y) <float[4, 1, 3, 3] w>
        { y = Conv <group = 4> (x, w) }
    """)
    assert exclusions(model) == []


def test_a_branch_after_relu_is_left_in_order() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 1, 4, 4] x) => (float[N, 1, 2, 2] y, float[N, 1, 4, 4] r)
        <float[1, 1, 1, 1] w = {1}>
        { c = Conv(x, w)  r = Relu(c)  y = MaxPool <kernel_shape = [2, 2]> (r) }
    """)
    before = [node.op_type for node in model.graph.node]
    assert exclusions(model) == ["n0", "n1"]
    assert [node.op_type for node in model.graph.node] == before


def test_answers_that_are_read_elsewhere_stay_rounded() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N] x) => (float[N] y, float[N] z) <float s = {0.5}, uint8 o = {0}>
        { a = Relu(x)  q = QuantizeLinear(a, s, o)  y = DequantizeLinear(q, s, o)  z = Neg(a) }
    """)
    before = len(model.graph.node)
    keep_outputs_in_float(model)
    assert len(model.graph.node) == before
