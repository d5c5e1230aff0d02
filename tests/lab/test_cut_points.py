"""Where a graph may be cut, on graphs small enough to see it."""

from onnx import parser

from edgeline.graph.cut_points import cut_points


def test_a_net_is_not_cut_beside_a_shortcut() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4] x) => (float[N, 4] y) <float[4, 4] w>
        {
          a = MatMul(x, w)
          b = Softmax(a)
          c = MatMul(b, w)
          d = Softmax(c)
          e = Add(d, b)
          f = Softmax(e)
          y = MatMul(f, w)
        }
    """)
    assert [point.tensor for point in cut_points(model)] == ["a", "b", "e", "f"]


def test_an_input_that_is_read_late_forbids_early_cuts() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4] x) => (float[N, 4] y) <float[4, 4] w>
        { a = Softmax(x)  b = MatMul(a, w)  c = Max(b, x)  y = MatMul(c, w) }
    """)
    assert [point.tensor for point in cut_points(model)] == ["c"]


def test_a_part_that_only_moves_numbers_is_none() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4] x) => (float[N, 4] y) <float s = {0.5}, uint8 o = {0}, float[4, 4] w>
        {
          a = Transpose <perm = [0, 1]> (x)
          q = QuantizeLinear(a, s, o)
          d = DequantizeLinear(q, s, o)
          b = MatMul(d, w)
          r = QuantizeLinear(b, s, o)
          e = DequantizeLinear(r, s, o)
          y = MatMul(e, w)
        }
    """)
    assert [point.tensor for point in cut_points(model)] == ["r"]


def test_a_branch_reads_what_its_inner_graphs_read() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) <float[2, 2] w, bool yes = {1}>
        {
          a = Softmax(x)
          b = MatMul(a, w)
          c = Softmax(b)
          y = If (yes) <
            then_branch = one () => (float[N, 2] t) { t = Add(c, a) },
            else_branch = two () => (float[N, 2] e) { e = Sub(c, a) }
          >
        }
    """)
    assert [point.tensor for point in cut_points(model)] == ["a"]
