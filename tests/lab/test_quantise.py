"""Int8: what stays in float, what the bytes depend on, and what it costs."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from edgeline.compression.quantise import CALIBRATIONS, method_for, quantise
from edgeline.edge.agreement import agreement
from edgeline.edge.session import Tensors, load
from edgeline.errors import EdgelineError, RecipeError
from edgeline.export.onnx import export
from edgeline.graph.file import read, to_bytes, write
from edgeline.graph.quantisation_exclusions import exclusions
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


def quantised(
    fp32: Path,
    target: Path,
    settings: Quantise = SETTINGS,
    calibration: Tensors = {"input": TRAINING},  # noqa: B006  nobody changes it
) -> Path:
    write(quantise(read(fp32), calibration, settings)[0], target)
    return target


@pytest.fixture(scope="module")
def int8(fp32: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantised(fp32, tmp_path_factory.mktemp("int8") / "model.onnx")


def test_the_report_says_how(fp32: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = read(fp32)
    before = model.SerializeToString()
    _, report = quantise(model, {"input": TRAINING}, SETTINGS)
    assert (report.method, report.calibration_items, report.weight_bits) == ("static", 40, 7)
    assert "calibration examples" in report.reason
    assert model.SerializeToString() == before
    assert capfd.readouterr() == ("", "")


def test_the_same_net_gives_the_same_bytes(fp32: Path, int8: Path, tmp_path: Path) -> None:
    again = quantised(fp32, tmp_path / "elsewhere" / "other.onnx")
    assert again.read_bytes() == int8.read_bytes()


def test_loading_and_saving_keeps_every_byte(int8: Path, tmp_path: Path) -> None:
    onnx.save_model(onnx.load_model(int8), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == int8.read_bytes()


def test_only_the_first_examples_calibrate(fp32: Path, int8: Path, tmp_path: Path) -> None:
    more = np.concatenate([TRAINING[:40], TRAINING[:60] * 100])
    again = quantised(fp32, tmp_path / "int8.onnx", calibration={"input": more})
    assert again.read_bytes() == int8.read_bytes()


def weights_of(path: Path) -> list[np.ndarray]:
    tensors = [numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer]
    return [tensor for tensor in tensors if tensor.dtype == np.int8 and tensor.size > 100]


def test_weights_use_seven_bits_unless_told_otherwise(
    fp32: Path, int8: Path, tmp_path: Path
) -> None:
    largest = [int(np.abs(weight.astype(int)).max()) for weight in weights_of(int8)]
    assert len(largest) == 3
    assert all(60 <= value <= 64 for value in largest)
    settings = SETTINGS.model_copy(update={"weight_bits": 8})
    wide = quantised(fp32, tmp_path / "wide.onnx", settings)
    assert all(np.abs(weight.astype(int)).max() >= 126 for weight in weights_of(wide))


def test_the_first_convolution_and_the_answers_stay_in_float(int8: Path) -> None:
    graph = onnx.load(int8).graph
    kinds = [node.op_type for node in graph.node if "DequantizeLinear" not in node.op_type]
    assert kinds[:4] == ["Conv", "MaxPool", "Relu", "QuantizeLinear"]
    assert kinds[-1] == "Gemm"
    assert graph.node[-1].output[0] == "logits"


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_every_calibration_works(
    calibration: str, fp32: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = SETTINGS.model_copy(update={"calibration": calibration})
    int8 = quantised(fp32, tmp_path / "int8.onnx", settings)
    same = agreement(*(load(path).run({"input": VALIDATION}) for path in (fp32, int8)))
    assert same.top1 > 0.9
    assert capfd.readouterr() == ("", "")


def test_a_maximum_before_relu_answers_the_same(fp32: Path) -> None:
    model = onnx.load(fp32)
    assert exclusions(model) == ["n0", "n2", "n1"]
    swapped = load(model.SerializeToString()).logits(VALIDATION)
    assert swapped.tobytes() == load(fp32).logits(VALIDATION).tobytes()


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


def made(text: str) -> onnx.ModelProto:
    """A model from ONNX's own text form, with random weights where it names shapes only."""
    model = parser.parse_model(text)
    generator = np.random.default_rng(0)
    for tensor in model.graph.initializer:
        if not numpy_helper.to_array(tensor).any():
            values = generator.normal(size=tuple(tensor.dims)).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return model


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def zeros(*shape: int) -> str:
    return "{" + ", ".join(["0"] * int(np.prod(shape))) + "}"


def test_any_number_of_inputs_and_outputs() -> None:
    model = made(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4] left, float[N, 6] right) => (float[N, 3] sum, float[N, 3] product)
        <float[4, 3] a = {zeros(4, 3)}, float[6, 3] b = {zeros(6, 3)}>
        {{
          p = MatMul(left, a)  q = MatMul(right, b)
          sum = Add(p, q)  product = Mul(p, q)
        }}
    """)
    examples = {"left": normal(50, 4), "right": normal(50, 6)}
    int8, report = quantise(model, examples, SETTINGS)
    assert report.calibration_items == 40
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in int8.graph.node}
    calibrated = {name: array[:40] for name, array in examples.items()}
    before, after = (load(to_bytes(one)).run(calibrated) for one in (model, int8))
    assert before.keys() == after.keys() == {"sum", "product"}
    assert agreement(before, after).difference < 0.1


def test_a_network_of_one_batch_size_is_fed_as_it_wants() -> None:
    model = made(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[8, 4] x) => (float[8, 3] y) <float[4, 3] w = {zeros(4, 3)}>
        {{ y = MatMul(x, w) }}
    """)
    int8, report = quantise(model, {"x": normal(30, 4)}, SETTINGS)
    assert report.calibration_items == 24
    feed = {"x": normal(8, 4)}
    before, after = (load(to_bytes(one)).run(feed) for one in (model, int8))
    assert agreement(before, after).difference < 0.1
    with pytest.raises(RecipeError, match="at least 8"):
        quantise(model, {"x": normal(7, 4)}, SETTINGS)


def test_a_network_that_takes_bytes_is_fed_bytes() -> None:
    model = made(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (uint8[N, 4] x) => (float[N, 3] y) <float[4, 3] w = {zeros(4, 3)}>
        {{ c = Cast <to = 1> (x)  y = MatMul(c, w) }}
    """)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 4), dtype=np.uint8)
    int8, _ = quantise(model, {"x": pixels}, SETTINGS)
    before, after = (load(to_bytes(one)).run({"x": pixels}) for one in (model, int8))
    assert agreement(before, after).difference < 0.1
    with pytest.raises(RecipeError, match=r"expected x uint8\[N, 4\]; found x float32"):
        quantise(model, {"x": normal(40, 4)}, SETTINGS)


@pytest.mark.parametrize(
    ("calibration", "message"),
    [
        ({}, "at least 1"),
        ({"picture": normal(40, 1, 28, 28)}, r"expected input float32\[N, 1, 28, 28\]"),
        ({"input": normal(40, 1, 28, 28), "more": normal(39, 2)}, "input 40, more 39"),
        ({"input": np.float32(1)}, "input 0"),
    ],
)
def test_other_calibration_is_refused_in_plain_words(
    fp32: Path, calibration: Tensors, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        quantise(read(fp32), calibration, SETTINGS)


@pytest.mark.parametrize("last", ["Clip(p, , top)", "Relu(p)"])
def test_an_activation_that_gives_the_answer_is_not_lost(last: str) -> None:
    model = made(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4] x) => (float[N, 3] y) <float[4, 3] w = {zeros(4, 3)}, float top = {{0.5}}>
        {{ p = MatMul(x, w)  y = {last} }}
    """)
    examples = {"x": normal(40, 4)}
    int8, _ = quantise(model, examples, SETTINGS)
    before, after = (load(to_bytes(one)).run(examples)["y"] for one in (model, int8))
    assert after.max() <= before.max() + 0.05
    assert after.min() >= before.min() - 0.1
    assert agreement({"y": before}, {"y": after}).difference < 0.1


def test_a_model_of_an_old_opset_is_refused_with_the_remedy() -> None:
    model = made(f"""
        <ir_version: 7, opset_import: ["" : 9]>
        graph (float[N, 4] x) => (float[N, 3] y) <float[4, 3] w = {zeros(4, 3)}>
        {{ y = MatMul(x, w) }}
    """)
    with pytest.raises(EdgelineError, match="in a newer opset"):
        quantise(model, {"x": normal(40, 4)}, SETTINGS)


@pytest.mark.parametrize("nodes", ["a = Exp(x)  y = Neg(a)", "y = Relu(x)"])
def test_a_model_in_which_nothing_is_quantised_is_said_to_be_as_it_was(nodes: str) -> None:
    model = made(f"""
        <ir_version: 10, opset_import: ["" : 18]>
        graph (float[N, 4] x) => (float[N, 4] y) {{ {nodes} }}
    """)
    same, report = quantise(model, {"x": normal(40, 4)}, SETTINGS)
    assert same is model
    assert (report.method, report.weight_bits, report.calibration_items) == ("none", 32, 0)
    assert "nothing in it to quantise" in report.reason
