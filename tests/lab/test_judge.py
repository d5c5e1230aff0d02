"""What a smaller model is worth, with labels or without."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, parser

from edgeline.compression.judge import judge
from edgeline.errors import RecipeError
from edgeline.graph.file import write

X = np.array([[1, 0], [0, 1], [2, 1], [1, 3]], np.float32)


def model(folder: Path, name: str, w: str, batch: str = "N") -> Path:
    text = f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[{batch}, 2] x) => (float[{batch}, 2] y) <float[2, 2] w = {{{w}}}>
        {{ y = MatMul(x, w) }}
    """
    path = folder / f"{name}.onnx"
    write(parser.parse_model(text), path)
    return path


def test_accuracies_and_agreement_are_counted(tmp_path: Path) -> None:
    # The identity answers 0, 1, 0, 1; with columns exchanged it answers 1, 0, 1, 0.
    same, other = model(tmp_path, "same", "1, 0, 0, 1"), model(tmp_path, "other", "0, 1, 1, 0")
    labels = np.array([0, 1, 0, 0])
    report = judge(same, other, {"x": X}, 5, labels)
    assert (report.accuracy_before, report.accuracy_after) == (0.75, 0.25)
    assert report.agreement == 0.0
    # From 0 to 3, and at most 2 away: [1, 3] became [3, 1].
    assert report.difference == pytest.approx(2 / 3)
    assert (report.bytes_before, report.bytes_after) == (same.stat().st_size,) * 2
    assert min(report.cpu_ms_before, report.cpu_ms_after, report.speed_up) > 0


def test_a_file_beside_itself_is_neither_faster_nor_slower(tmp_path: Path) -> None:
    path = model(tmp_path, "same", "1, 0, 0, 1")
    report = judge(path, path, {"x": X}, 5)
    assert (report.speed_up, report.agreement, report.difference) == (1.0, 1.0, 0.0)
    assert report.accuracy_before is report.accuracy_after is None


def test_a_network_of_one_batch_size_is_judged_on_whole_batches(tmp_path: Path) -> None:
    one, other = (model(tmp_path, name, w, "3") for name, w in (("a", "1,0,0,1"), ("b", "0,1,1,0")))
    report = judge(one, other, {"x": X}, 5, np.array([0, 1, 0, 1]))
    assert (report.accuracy_before, report.accuracy_after) == (1.0, 0.0)


@pytest.mark.parametrize("count", [3, 5])
def test_each_example_has_one_label(count: int, tmp_path: Path) -> None:
    path = model(tmp_path, "same", "1, 0, 0, 1")
    with pytest.raises(RecipeError, match=f"found {count} labels"):
        judge(path, path, {"x": X}, 5, np.zeros(count, np.int64))


def test_several_outputs_are_compared_without_labels(tmp_path: Path) -> None:
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 2])
    outputs = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["N", 2]) for n in "ab"]
    for name, second in (("one", "Neg"), ("two", "Abs")):
        nodes = [helper.make_node("Neg", ["x"], ["a"]), helper.make_node(second, ["x"], ["b"])]
        graph = helper.make_graph(nodes, "g", [x], outputs)
        opset = [helper.make_opsetid("", 18)]
        write(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / name)
    report = judge(tmp_path / "one", tmp_path / "two", {"x": X}, 5)
    assert report.agreement is None
    # b ranges from -3 to 0, and -3 became 3.
    assert report.difference == 2.0
    with pytest.raises(RecipeError, match="a classifier that has one output"):
        judge(tmp_path / "one", tmp_path / "two", {"x": X}, 5, np.zeros(4, np.int64))
