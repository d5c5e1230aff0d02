"""Where a net may be cut, which cut is best, and that the parts are the whole."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, parser

from edgeline.compression.quantise import quantise
from edgeline.edge.session import load
from edgeline.errors import EdgelineError, RecipeError
from edgeline.export.onnx import export
from edgeline.graph import file as onnx_file
from edgeline.graph.cut_points import CutPoint, cut_points, find
from edgeline.graph.segment import extract
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing
from edgeline.recipe.quantise import Quantise
from edgeline.recipe.split import Split
from edgeline.splitting.costs import Costs, layouts
from edgeline.splitting.cut import check, cut
from edgeline.splitting.planner import choose, plan

SPEC = ModelSpec("cnn", (1, 28, 28), 10, (4, 6, 12))
INPUTS = np.random.default_rng(0).normal(size=(50, 1, 28, 28)).astype(np.float32)
FEED = {"input": INPUTS}
A, B, C = (
    CutPoint(name, "uint8", (size,), "Conv 1")
    for name, size in zip("abc", (1000, 200, 10), strict=True)
)
SETTINGS = Split(bandwidth_mbit=8.0, link_delay_ms=0.5, device_slowdown=2.0, rounds=3)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    state = build(SPEC, seed=4).state_dict()
    checkpoint = Checkpoint(SPEC, Preprocessing("image", (28, 28, 1), (0.0,), (1.0,)), state)
    fp32, _ = export(checkpoint, folder / "fp32.onnx")
    int8 = folder / "int8.onnx"
    onnx_file.write(quantise(onnx_file.read(fp32), FEED, Quantise(calibration_items=20))[0], int8)
    return {"fp32": fp32, "int8": int8}


def test_a_convolution_is_not_parted_from_its_relu(models: dict[str, Path]) -> None:
    points = cut_points(onnx.load(models["fp32"]))
    assert [(point.maker, point.bytes) for point in points] == [
        ("Relu 1", 4 * 4 * 28 * 28),
        ("MaxPool 1", 4 * 4 * 14 * 14),
        ("Relu 2", 4 * 6 * 14 * 14),
        ("MaxPool 2", 4 * 6 * 7 * 7),
        ("Relu 3", 4 * 12),
    ]


def test_an_integer_net_is_cut_where_bytes_are_bytes(models: dict[str, Path]) -> None:
    points = cut_points(onnx.load(models["int8"]))
    assert {point.dtype for point in points} == {"uint8"}
    assert [(point.maker, point.bytes) for point in points] == [
        ("Relu 1", 4 * 14 * 14),
        ("Conv 2", 6 * 14 * 14),
        ("MaxPool 2", 6 * 7 * 7),
        ("Gemm 1", 12),
    ]


@pytest.mark.parametrize("kind", ["fp32", "int8"])
def test_parts_are_the_whole_at_every_cut(
    kind: str, models: dict[str, Path], tmp_path: Path
) -> None:
    for point in cut_points(onnx.load(models[kind])):
        parts = cut(models[kind], [point.tensor], tmp_path / point.tensor)
        report = check(models[kind], parts, FEED)
        assert report.bit_equal
        travelling = load(parts[0]).logits(INPUTS)
        assert travelling.dtype.name == point.dtype
        assert travelling.shape[1:] == point.shape


def test_three_parts_follow_one_another(models: dict[str, Path], tmp_path: Path) -> None:
    points = cut_points(onnx.load(models["int8"]))
    parts = cut(models["int8"], [points[0].tensor, points[2].tensor], tmp_path)
    assert [part.name for part in parts] == ["0.onnx", "1.onnx", "2.onnx"]
    assert check(models["int8"], parts, FEED).bit_equal


def test_parts_have_stable_bytes(models: dict[str, Path], tmp_path: Path) -> None:
    at = [cut_points(onnx.load(models["int8"]))[0].tensor]
    first, second = (cut(models["int8"], at, tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        onnx.save_model(onnx.load_model(one), tmp_path / "again.onnx")
        assert (tmp_path / "again.onnx").read_bytes() == one.read_bytes()


def test_wrong_parts_are_noticed(models: dict[str, Path], tmp_path: Path) -> None:
    at = [cut_points(onnx.load(models["fp32"]))[1].tensor]
    first, second = cut(models["fp32"], at, tmp_path)
    model = onnx.load(second)
    weight = next(tensor for tensor in model.graph.initializer if list(tensor.dims) == [10, 12])
    doubled = onnx.numpy_helper.to_array(weight) * 2
    weight.CopyFrom(onnx.numpy_helper.from_array(doubled, weight.name))
    onnx_file.write(model, second)
    with pytest.raises(EdgelineError, match="cut elsewhere"):
        check(models["fp32"], [first, second], FEED)


def test_a_cut_that_is_not_there_names_those_that_are(models: dict[str, Path]) -> None:
    points = cut_points(onnx.load(models["fp32"]))
    with pytest.raises(RecipeError, match=points[0].tensor):
        find(points, "nowhere")


def test_layouts_are_all_ways_to_cut() -> None:
    assert layouts(2, 1) == [((0, 3),)]
    assert layouts(2, 2) == [((0, 1), (1, 3)), ((0, 2), (2, 3))]
    assert layouts(2, 3) == [((0, 1), (1, 2), (2, 3))]
    assert layouts(1, 3) == []


def test_the_slowest_station_decides() -> None:
    # Devices are twice as slow as this machine; 8 Mbit/s carry a byte in a microsecond.
    spans = {(0, 1): 0.1, (1, 4): 0.4, (0, 2): 0.2, (2, 4): 0.3, (0, 3): 0.45, (3, 4): 0.05}
    found = choose("digest", (A, B, C), Costs(0.5, spans), SETTINGS)
    assert [one.cut for one in found.candidates] == [("b",), ("c",), ("a",)]
    assert [one.bottleneck_ms for one in found.candidates] == pytest.approx([0.6, 0.9, 1.0])
    assert found.best.part_ms == pytest.approx((0.4, 0.6))
    assert found.best.link_ms == pytest.approx((0.2,))
    assert found.best.latency_ms == pytest.approx(0.4 + 0.2 + 0.6 + 0.5)
    assert found.whole_ms == pytest.approx(1.0)


def test_of_nearly_equal_cuts_the_fewest_bytes_win() -> None:
    spans = {(0, 1): 0.2, (1, 3): 0.5, (0, 2): 0.51, (2, 3): 0.2}
    found = choose("digest", (A, B), Costs(0.7, spans), SETTINGS)
    assert found.cut == ("b",)


@pytest.mark.parametrize("kind", ["fp32", "int8"])
def test_a_plan_measures_every_cut(kind: str, models: dict[str, Path], tmp_path: Path) -> None:
    points = cut_points(onnx.load(models[kind]))
    found = plan(models[kind], FEED, SETTINGS)
    assert sorted(one.cut[0] for one in found.candidates) == sorted(p.tensor for p in points)
    assert all(min(one.part_ms) > 0 for one in found.candidates)
    lines = str(found).splitlines()
    assert len(lines) == 1 + len(points)
    assert lines[1].startswith(f"after {found.best.after[0]}: devices")
    assert check(models[kind], cut(models[kind], found.cut, tmp_path), FEED)


def test_three_parts_can_be_planned(models: dict[str, Path]) -> None:
    found = plan(models["int8"], FEED, SETTINGS.model_copy(update={"parts": 3}))
    assert len(found.candidates) == 6
    assert len(found.cut) == 2


def test_a_net_may_stay_whole(models: dict[str, Path], tmp_path: Path) -> None:
    found = plan(models["int8"], FEED, SETTINGS.model_copy(update={"parts": 1}))
    assert found.cut == ()
    (part,) = cut(models["int8"], found.cut, tmp_path)
    assert part.read_bytes() == models["int8"].read_bytes()


def test_more_parts_than_places_are_refused(tmp_path: Path) -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x) => (float[N, 2] y) { y = Softmax(x) }
    """)
    onnx_file.write(model, tmp_path / "model.onnx")
    with pytest.raises(RecipeError, match=r"split\.parts=2"):
        plan(tmp_path / "model.onnx", {"x": np.zeros((1, 2), np.float32)}, SETTINGS)


def test_parts_of_several_tensors_are_compared_with_the_whole(tmp_path: Path) -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 2] x, float[N, 2] z) => (float[N, 2] early, float[N, 2] late)
        { a = Neg(x)  early = Add(a, z)  c = Mul(a, early)  late = Sub(c, z) }
    """)
    named = {
        name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", 2])
        for name in ("x", "z", "a", "early", "late")
    }
    pieces = (("x", "z"), ("a", "early")), (("a", "early", "z"), ("late",))
    parts = []
    for index, ends in enumerate(pieces):
        parts.append(tmp_path / f"{index}.onnx")
        onnx_file.write(extract(model, *([named[n] for n in names] for names in ends)), parts[-1])
    onnx_file.write(model, tmp_path / "whole.onnx")
    feed = {name: np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32) for name in "xz"}
    report = check(tmp_path / "whole.onnx", parts, feed)
    assert report.bit_equal
    assert report.top1 is None
