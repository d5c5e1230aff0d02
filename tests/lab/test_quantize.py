"""Int8: what stays in float, what the bytes depend on, and what it costs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from edgeline.compression.quantize import CALIBRATIONS, QuantiseReport, method_for, quantize
from edgeline.digest import sha256_file
from edgeline.edge.session import load
from edgeline.export.onnx import export
from edgeline.graph.quantisation_exclusions import exclude_thin_convolutions
from edgeline.graph.rewrites import keep_outputs_in_float
from edgeline.metrics import top1
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing
from edgeline.recipe.quantise import Quantise

SPEC = ModelSpec("cnn", (1, 28, 28), 10, (8, 16, 32))
PREPROCESSING = Preprocessing("image", (28, 28, 1), (0.1307,), (0.3081,))
SETTINGS = Quantise(calibration_items=40, latency_rounds=5)
GENERATOR = np.random.default_rng(0)
INPUTS = PREPROCESSING(GENERATOR.integers(0, 256, (200, 28, 28), dtype=np.uint8))
TRAINING, VALIDATION = INPUTS[:100], INPUTS[100:]


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkpoint = Checkpoint(SPEC, PREPROCESSING, build(SPEC, seed=3).state_dict())
    return export(checkpoint, tmp_path_factory.mktemp("fp32") / "model.onnx")[0]


@pytest.fixture(scope="module")
def labels(fp32: Path) -> np.ndarray:
    """What the fp32 net says, so that its accuracy is 1."""
    return top1(load(fp32).logits(VALIDATION))


def quantized(
    fp32: Path, target: Path, labels: np.ndarray, settings: Quantise = SETTINGS
) -> tuple[Path, QuantiseReport]:
    return quantize(fp32, target, TRAINING, settings, inputs=VALIDATION, labels=labels)


@pytest.fixture(scope="module")
def int8(fp32: Path, labels: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantized(fp32, tmp_path_factory.mktemp("int8") / "model.onnx", labels)[0]


def test_the_report_compares_before_and_after(
    fp32: Path, labels: np.ndarray, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, report = quantized(fp32, tmp_path / "int8.onnx", labels)
    assert report.sha256 == sha256_file(path)
    assert (report.bytes_before, report.bytes_after) == (
        fp32.stat().st_size,
        path.stat().st_size,
    )
    assert report.bytes_after < 0.35 * report.bytes_before
    assert report.accuracy_before == 1
    assert report.accuracy_after == report.agreement > 0.9
    assert (report.calibration_items, report.method) == (40, "static")
    assert min(report.cpu_ms_before, report.cpu_ms_after, report.speed_up) > 0
    assert capfd.readouterr() == ("", "")


def test_the_same_net_gives_the_same_bytes(
    fp32: Path, int8: Path, labels: np.ndarray, tmp_path: Path
) -> None:
    again, _ = quantized(fp32, tmp_path / "elsewhere" / "other.onnx", labels)
    assert again.read_bytes() == int8.read_bytes()


def test_loading_and_saving_keeps_every_byte(int8: Path, tmp_path: Path) -> None:
    onnx.save_model(onnx.load_model(int8), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == int8.read_bytes()


def test_validation_examples_only_judge(
    fp32: Path, int8: Path, labels: np.ndarray, tmp_path: Path
) -> None:
    other = quantize(
        fp32,
        tmp_path / "int8.onnx",
        TRAINING,
        SETTINGS,
        inputs=VALIDATION * 100,
        labels=labels[::-1],
    )
    assert other[0].read_bytes() == int8.read_bytes()


def test_only_the_stated_number_of_images_calibrates(
    fp32: Path, int8: Path, labels: np.ndarray, tmp_path: Path
) -> None:
    more, _ = quantize(
        fp32,
        tmp_path / "int8.onnx",
        np.concatenate([TRAINING[:40], TRAINING[:60] * 100]),
        SETTINGS,
        inputs=VALIDATION,
        labels=labels,
    )
    assert more.read_bytes() == int8.read_bytes()


def weights_of(path: Path) -> list[np.ndarray]:
    tensors = [numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer]
    return [tensor for tensor in tensors if tensor.dtype == np.int8 and tensor.size > 100]


def test_weights_use_seven_bits_unless_told_otherwise(
    fp32: Path, int8: Path, labels: np.ndarray, tmp_path: Path
) -> None:
    largest = [int(np.abs(weight.astype(int)).max()) for weight in weights_of(int8)]
    assert len(largest) == 3
    assert all(60 <= value <= 64 for value in largest)
    settings = SETTINGS.model_copy(update={"weight_bits": 8})
    wide, _ = quantized(fp32, tmp_path / "wide.onnx", labels, settings)
    assert all(np.abs(weight.astype(int)).max() >= 126 for weight in weights_of(wide))


def test_the_first_convolution_and_the_answers_stay_in_float(int8: Path) -> None:
    graph = onnx.load(int8).graph
    kinds = [node.op_type for node in graph.node if "DequantizeLinear" not in node.op_type]
    assert kinds[:4] == ["Conv", "MaxPool", "Relu", "QuantizeLinear"]
    assert kinds[-1] == "Gemm"
    assert graph.node[-1].output[0] == "logits"


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_every_calibration_works(
    calibration: str,
    fp32: Path,
    labels: np.ndarray,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings = SETTINGS.model_copy(update={"calibration": calibration})
    _, report = quantized(fp32, tmp_path / "int8.onnx", labels, settings)
    assert report.agreement > 0.9
    assert capfd.readouterr() == ("", "")


def test_a_maximum_before_relu_answers_the_same(fp32: Path) -> None:
    model = onnx.load(fp32)
    assert exclude_thin_convolutions(model) == ["n0", "n2", "n1"]
    swapped = load(model.SerializeToString()).logits(VALIDATION)
    assert swapped.tobytes() == load(fp32).logits(VALIDATION).tobytes()


def test_wide_convolutions_are_quantised() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4, 3, 3] x) => (float[N, 1, 1, 1] y) <float[1, 4, 3, 3] w>
        { y = Conv(x, w) }
    """)
    assert exclude_thin_convolutions(model) == []


def test_a_convolution_channel_by_channel_reads_all_of_them() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4, 3, 3] x) => (float[N, 4, 1, 1] y) <float[4, 1, 3, 3] w>
        { y = Conv <group = 4> (x, w) }
    """)
    assert exclude_thin_convolutions(model) == []


def recurrent(kind: str) -> onnx.ModelProto:
    return parser.parse_model(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[T, N, 2] x, float[1, 8, 2] w, float[1, 8, 2] r) => (float[T, 1, N, 2] y)
        {{ y = {kind} <hidden_size = 2> (x, w, r) }}
    """)


def test_recurrent_layers_decide_the_method(fp32: Path) -> None:
    assert method_for(onnx.load(fp32)) == "static"
    assert method_for(recurrent("LSTM")) == "dynamic"
    assert method_for(recurrent("GRU")) == method_for(recurrent("RNN")) == "none"


def test_a_branch_after_relu_is_left_in_order() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 1, 4, 4] x) => (float[N, 1, 2, 2] y, float[N, 1, 4, 4] r)
        <float[1, 1, 1, 1] w = {1}>
        { c = Conv(x, w)  r = Relu(c)  y = MaxPool <kernel_shape = [2, 2]> (r) }
    """)
    before = [node.op_type for node in model.graph.node]
    assert exclude_thin_convolutions(model) == ["n0"]
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


def test_the_report_is_frozen(fp32: Path, labels: np.ndarray, tmp_path: Path) -> None:
    _, report = quantized(fp32, tmp_path / "int8.onnx", labels)
    assert replace(report, agreement=0.5) != report
    with pytest.raises(AttributeError):
        report.agreement = 1.0  # type: ignore[misc]
