"""Every architecture goes the whole road: built, exported, quantised, cut in two, and it answers
alike all along.

Takes half a minute: nine networks, of which resnet56 alone takes a third.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from edgeline.compression.quantise import QuantiseReport, quantise
from edgeline.edge.agreement import agreement
from edgeline.edge.session import load
from edgeline.export.onnx import export
from edgeline.export.parity import ParityReport, check_parity
from edgeline.finetuning.evaluate import one_core
from edgeline.graph.cut_points import cut_points
from edgeline.graph.file import read, write
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint
from edgeline.preprocess import Preprocessing
from edgeline.recipe.quantise import Quantise
from edgeline.splitting.cut import check, cut

# Narrow, so that each goes the road in a second or two.
WIDTHS = {
    "cnn": (4, 6, 12),
    "resnet20": (4, 6, 8),
    "resnet56": (4, 5, 6),
    "mobilenet": (4, 6, 8),
    "rnn": (6,),
    "lstm": (12, 8),
    "gru": (6,),
    "cnn1d": (6, 8, 6),
    "mlp": (12, 8),
}
PREPROCESSING = {
    3: Preprocessing("image", (12, 12, 1), (0.5,), (0.3,)),
    2: Preprocessing("series", (9, 3), (0.0, 1.0, 2.0), (1.0, 2.0, 3.0)),
    1: Preprocessing("table", (5,), (0.0,) * 5, (1.0,) * 5),
}
METHODS = {"lstm": "dynamic", "gru": "none", "rnn": "none"}


def items(preprocessing: Preprocessing) -> np.ndarray:
    generator = np.random.default_rng(0)
    shape = (120, *preprocessing.shape)
    if preprocessing.kind == "image":
        return generator.integers(0, 256, shape, dtype=np.uint8)
    values = generator.normal(size=shape).astype(np.float32)
    if preprocessing.kind == "series":
        values[::3, :4] = np.nan
    return values


@dataclass(frozen=True)
class Road:
    fp32: Path
    int8: Path
    parity: ParityReport
    quantised: QuantiseReport
    inputs: np.ndarray


@pytest.fixture(scope="module", params=WIDTHS)
def road(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Road:
    name, folder = request.param, tmp_path_factory.mktemp(request.param)
    preprocessing = PREPROCESSING[zoo.ARCHITECTURES[name].sides]
    values = items(preprocessing)
    inputs = preprocessing(values)
    spec = zoo.spec(name, preprocessing.input_shape, 3, WIDTHS[name])
    network = zoo.build(spec, seed=1)
    # Norms take the ranges of these inputs: fresh ones would have nothing to fold away.
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    one_core()
    with torch.no_grad():
        network.train()(torch.from_numpy(inputs))
        checkpoint = Checkpoint(spec, preprocessing, network.state_dict())
        fp32, _ = export(checkpoint, folder / "fp32.onnx")
        parity = check_parity(checkpoint, fp32, values[:40])
    settings, int8 = Quantise(calibration_items=60), folder / "int8.onnx"
    model, report = quantise(read(fp32), {"input": inputs[:60]}, settings)
    write(model, int8)
    return Road(fp32, int8, parity, report, inputs)


def test_all_architectures_are_here() -> None:
    assert set(WIDTHS) == set(zoo.ARCHITECTURES)


def test_the_file_computes_what_torch_computes(road: Road) -> None:
    assert road.parity.difference < 1e-5
    assert road.parity.comparisons == 16


def test_norms_are_folded_away(road: Road) -> None:
    kinds = {node.op_type for node in onnx.load(road.fp32).graph.node}
    assert not kinds & {"BatchNormalization", "Dropout", "Identity", "Loop", "If"}


def test_the_graph_decides_how_it_is_quantised(road: Road, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["road"]
    report = road.quantised
    assert report.method == METHODS.get(name, "static")
    assert report.calibration_items == (60 if report.method == "static" else 0)
    if report.method == "none":
        assert "no int8 kernel" in report.reason
        assert road.int8.read_bytes() == road.fp32.read_bytes()
    else:
        assert road.int8.read_bytes() != road.fp32.read_bytes()


def test_the_quantised_net_answers_nearly_the_same(road: Road) -> None:
    runs = [load(path).run({"input": road.inputs}) for path in (road.fp32, road.int8)]
    before, after = (run["logits"] for run in runs)
    assert np.abs(before - after).mean() < 0.03 * np.ptp(before)
    assert agreement(*runs).top1 >= 0.9


@pytest.mark.parametrize("kind", ["fp32", "int8"])
def test_two_parts_are_the_whole_wherever_it_is_cut(road: Road, kind: str, tmp_path: Path) -> None:
    whole = getattr(road, kind)
    points = cut_points(onnx.load(whole))
    assert points
    for point in (points[0], points[len(points) // 2], points[-1]):
        parts = cut(whole, [point.tensor], tmp_path)
        assert check(whole, parts, {"input": road.inputs}).difference < 1e-5
        assert load(parts[0]).logits(road.inputs).shape[1:] == point.shape
