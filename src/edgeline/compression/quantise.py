"""Post-training quantisation to 8-bit integers, in the form that onnxruntime runs fastest.

Convolutions and linear layers get their ranges from examples, an LSTM at each inference; for GRU
and plain recurrent layers there is no integer kernel, and they stay as they are.

Activations are *unsigned*, weights signed with a scale per channel: with signed activations,
onnxruntime's default, convolutions run three to five times slower. Weights use 7 of their 8 bits
unless told otherwise: x86 processors without VNNI add pairs of products in 16 bits, which 8-bit
weights overflow silently (255 * 127 * 2 > 2**15), so that one and the same sealed model would
answer differently on another device.
"""

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from edgeline.compression.calibration import Feeds, split_into_feeds
from edgeline.edge.session import Tensors, load
from edgeline.errors import EdgelineError, first_line
from edgeline.graph import scope
from edgeline.graph.file import to_bytes
from edgeline.graph.quantisation_exclusions import exclusions
from edgeline.graph.rewrites import keep_outputs_in_float
from edgeline.recipe.quantise import Quantise

CALIBRATIONS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}

Method = Literal["static", "dynamic", "none"]
REASONS: dict[Method, str] = {
    "static": "ranges from calibration examples: the fastest for convolutions and linear layers",
    "dynamic": "ranges found at each inference: onnxruntime's one int8 kernel for an LSTM",
    "none": "kept in fp32: onnxruntime has no int8 kernel for GRU and plain recurrent layers",
}
NOTHING_TO_QUANTISE = "kept in fp32: onnxruntime's quantiser found nothing in it to quantise"
QUANTISED = {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLSTM"}
"""Operations by which the quantiser's work is known."""


@dataclass(frozen=True)
class QuantiseReport:
    """What was done to a model; `judge` says what it costs and gains."""

    method: Method
    reason: str
    """Why this method, for a person to read."""
    weight_bits: int
    calibration_items: int
    """Examples that set ranges: none but with the static method."""


def quantise(
    model: onnx.ModelProto, calibration: Tensors, settings: Quantise
) -> tuple[onnx.ModelProto, QuantiseReport]:
    """The int8 form of an fp32 model, or the model itself where nothing in it gains from int8.

    `calibration` holds *training* examples as the network takes them, arrays by the name of the
    input, of which the first `calibration_items` set the ranges. Only the static method reads it.

    Raises:
        RecipeError: the calibration is not what the network takes.
        EdgelineError: onnxruntime cannot quantise this model.
    """
    method, session = method_for(model), load(to_bytes(model))
    if method == "none":
        return _as_it_is(model, REASONS[method])
    feeds: Feeds = []
    if method == "static":
        feeds = split_into_feeds(session, calibration, settings.calibration_items)
        # What the network does not take is refused here, in plain words.
        session.run(feeds[0])
    try:
        quantised = QUANTISERS[method](model, feeds, settings)
        load(to_bytes(quantised))
    except Exception as error:  # noqa: BLE001  onnxruntime's quantiser raises whatever Python has
        raise EdgelineError(
            expected="a model that onnxruntime's quantiser takes",
            found=f"{type(error).__name__}: {first_line(error)}",
            remedy="bring the model in fp32 and in a newer opset, or leave it as it is",
        ) from error
    if QUANTISED.isdisjoint(node.op_type for node in scope.nodes(quantised)):
        return _as_it_is(model, NOTHING_TO_QUANTISE)
    examples = sum(len(next(iter(feed.values()))) for feed in feeds)
    return quantised, QuantiseReport(method, REASONS[method], settings.weight_bits, examples)


def method_for(model: onnx.ModelProto) -> Method:
    """By the recurrent layers of the model; REASONS say why."""
    kinds = {node.op_type for node in model.graph.node}
    if kinds & {"GRU", "RNN"}:
        return "none"
    return "dynamic" if "LSTM" in kinds else "static"


def _as_it_is(model: onnx.ModelProto, reason: str) -> tuple[onnx.ModelProto, QuantiseReport]:
    return model, QuantiseReport("none", reason, weight_bits=32, calibration_items=0)


def _static(model: onnx.ModelProto, feeds: Feeds, settings: Quantise) -> onnx.ModelProto:
    with _scratch(model) as (folded, quantised), _muted(settings.calibration):
        graph = onnx.load(folded)
        excluded = exclusions(graph)
        onnx.save(graph, folded)
        quantize_static(
            folded,
            quantised,
            _Reader(feeds),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=settings.weight_bits == 7,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CALIBRATIONS[settings.calibration],
            nodes_to_exclude=excluded,
        )
        result = onnx.load(quantised)
    keep_outputs_in_float(result)
    return result


def _dynamic(model: onnx.ModelProto, feeds: Feeds, settings: Quantise) -> onnx.ModelProto:
    with _scratch(model) as (folded, quantised):
        quantize_dynamic(
            folded,
            quantised,
            op_types_to_quantize=["LSTM"],
            per_channel=True,
            reduce_range=settings.weight_bits == 7,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(quantised)


QUANTISERS: dict[Method, Callable[[onnx.ModelProto, Feeds, Quantise], onnx.ModelProto]] = {
    "static": _static,
    "dynamic": _dynamic,
}


@contextmanager
def _scratch(model: onnx.ModelProto) -> Iterator[tuple[Path, Path]]:
    """Paths of the model as onnxruntime simplifies it, and for its quantised form."""
    with tempfile.TemporaryDirectory() as folder:
        source, folded = Path(folder, "source.onnx"), Path(folder, "folded.onnx")
        onnx.save(model, source)
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        yield folded, Path(folder, "quantised.onnx")


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """The feeds, once."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._feeds, None)


def _muted(calibration: str) -> AbstractContextManager[object]:
    """The histogram methods print their progress, and stdout may hold one JSON object only."""
    return nullcontext() if calibration == "minmax" else redirect_stdout(io.StringIO())
