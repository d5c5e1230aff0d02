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
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
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

from edgeline.edge.session import Session, load
from edgeline.edge.stopwatch import median_ratio, paired_cpu_ms
from edgeline.graph import file as onnx_file
from edgeline.graph.quantisation_exclusions import exclude_thin_convolutions
from edgeline.graph.rewrites import keep_outputs_in_float
from edgeline.metrics import accuracy, top1

CALIBRATIONS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
CALIBRATION_BATCH = 20

Method = Literal["static", "dynamic", "none"]
REASONS: dict[Method, str] = {
    "static": "ranges from calibration examples: the fastest for convolutions and linear layers",
    "dynamic": "ranges found at each inference: onnxruntime's one int8 kernel for an LSTM",
    "none": "kept in fp32: onnxruntime has no int8 kernel for GRU and plain recurrent layers",
}


class Settings(Protocol):
    """The `quantise` section of a recipe."""

    @property
    def calibration_items(self) -> int: ...
    @property
    def calibration(self) -> str: ...
    @property
    def weight_bits(self) -> int: ...
    @property
    def latency_rounds(self) -> int: ...


@dataclass(frozen=True)
class QuantiseReport:
    """Before and after; times are CPU time of one image on one thread, in the same rounds."""

    sha256: str
    bytes_before: int
    bytes_after: int
    accuracy_before: float
    accuracy_after: float
    agreement: float
    """Share of images on which both say the same class."""
    cpu_ms_before: float
    cpu_ms_after: float
    speed_up: float
    """Median over rounds of time before / time after; 1 where both are the same file."""
    calibration_items: int
    """Examples that set ranges: none but with the static method."""
    weight_bits: int
    method: Method
    reason: str
    """Why this method, for a person to read."""


def quantize(
    source: Path,
    target: Path,
    calibration: NDArray[np.float32],
    settings: Settings,
    *,
    inputs: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
) -> tuple[Path, QuantiseReport]:
    """Writes the int8 form of the fp32 model in `source`, or the model itself where none pays.

    `calibration` holds preprocessed *training* examples, of which the first `calibration_items`
    set the ranges; `inputs` and `labels` are validation examples, which only judge.
    """
    method = method_for(onnx.load(source))
    examples = calibration[: settings.calibration_items if method == "static" else 0]
    model = QUANTISERS[method](source, examples, settings)
    digest = onnx_file.write(model, target)
    return target, _report(source, target, digest, method, len(examples), settings, inputs, labels)


def method_for(model: onnx.ModelProto) -> Method:
    """By the recurrent layers of the model; REASONS say why."""
    kinds = {node.op_type for node in model.graph.node}
    if kinds & {"GRU", "RNN"}:
        return "none"
    return "dynamic" if "LSTM" in kinds else "static"


def _static(source: Path, examples: NDArray[np.float32], settings: Settings) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as scratch, _muted(settings.calibration):
        folded, quantized = Path(scratch, "folded.onnx"), Path(scratch, "quantized.onnx")
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        model = onnx.load(folded)
        kept = exclude_thin_convolutions(model)
        onnx.save(model, folded)
        quantize_static(
            folded,
            quantized,
            _Reader(load(source).inputs[0].name, examples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=settings.weight_bits == 7,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CALIBRATIONS[settings.calibration],
            nodes_to_exclude=kept,
        )
        model = onnx.load(quantized)
    keep_outputs_in_float(model)
    return model


def _dynamic(source: Path, examples: NDArray[np.float32], settings: Settings) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as scratch:
        folded, quantized = Path(scratch, "folded.onnx"), Path(scratch, "quantized.onnx")
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        quantize_dynamic(
            folded,
            quantized,
            op_types_to_quantize=["LSTM"],
            per_channel=True,
            reduce_range=settings.weight_bits == 7,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(quantized)


def _as_it_is(source: Path, examples: NDArray[np.float32], settings: Settings) -> onnx.ModelProto:
    return onnx.load(source)


QUANTISERS: dict[Method, Callable[[Path, NDArray[np.float32], Settings], onnx.ModelProto]] = {
    "static": _static,
    "dynamic": _dynamic,
    "none": _as_it_is,
}


def _report(
    source: Path,
    target: Path,
    digest: str,
    method: Method,
    calibrated: int,
    settings: Settings,
    inputs: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
) -> QuantiseReport:
    sessions = load(source), load(target)
    before_NC, after_NC = (session.logits(inputs) for session in sessions)
    times = paired_cpu_ms(
        [_single(session, inputs) for session in sessions], settings.latency_rounds
    )
    return QuantiseReport(
        sha256=digest,
        bytes_before=source.stat().st_size,
        bytes_after=target.stat().st_size,
        accuracy_before=accuracy(before_NC, labels),
        accuracy_after=accuracy(after_NC, labels),
        agreement=float(np.mean(top1(before_NC) == top1(after_NC))),
        cpu_ms_before=float(np.median(times[:, 0])),
        cpu_ms_after=float(np.median(times[:, 1])),
        speed_up=median_ratio(times, 0, 1) if method != "none" else 1.0,
        calibration_items=calibrated,
        weight_bits=settings.weight_bits if method != "none" else 32,
        method=method,
        reason=REASONS[method],
    )


def _single(session: Session, inputs: NDArray[np.float32]) -> Any:
    one = inputs[:1]
    return lambda: session.logits(one)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Batches of the examples, once."""

    def __init__(self, name: str, examples: NDArray[np.float32]) -> None:
        starts = range(0, len(examples), CALIBRATION_BATCH)
        self._batches = iter([{name: examples[i : i + CALIBRATION_BATCH]} for i in starts])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._batches, None)


def _muted(calibration: str) -> AbstractContextManager[object]:
    """The histogram methods print their progress, and stdout may hold one JSON object only."""
    return nullcontext() if calibration == "minmax" else redirect_stdout(io.StringIO())
