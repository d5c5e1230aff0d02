"""The only door to onnxruntime: what the lab measures and what a device runs are the same code."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from edgeline.artifact import Artifact
from edgeline.errors import EdgelineError, RecipeError, first_line
from edgeline.manifest import DTYPES, SYMBOL, Net, SessionOptions, TensorSpec

Tensors: TypeAlias = Mapping[str, NDArray[Any]]

# How onnxruntime spells the types that pass between parts.
SPELLING = {"float32": "float", "float64": "double"}
DTYPE_OF = {f"tensor({SPELLING.get(dtype, dtype)})": dtype for dtype in DTYPES}

LEVELS = {
    "none": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}
DEFAULT_OPTIONS = SessionOptions()

ort.set_default_logger_severity(3)


@dataclass(frozen=True)
class Session:
    """A loaded network."""

    runtime: ort.InferenceSession
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    options: SessionOptions = DEFAULT_OPTIONS

    @property
    def batch(self) -> int | None:
        """The number of examples that every inference takes; None where it takes any number."""
        sizes = {spec.shape[0] for spec in self.inputs if spec.shape}
        varies = any("N" in spec.shape for spec in self.inputs)
        size = sizes.pop() if len(sizes) == 1 and not varies else None
        return size if isinstance(size, int) else None

    def run(self, tensors: Tensors) -> dict[str, NDArray[Any]]:
        """Every output by its name.

        Raises:
            RecipeError: a tensor is missing, or has another type or shape than the network takes.
            EdgelineError: the network cannot compute with these tensors.
        """
        try:
            answers = self.runtime.run(None, dict(tensors))
        except (ValueError, ort_errors.InvalidArgument) as error:
            raise RecipeError(
                expected=", ".join(_spell(spec) for spec in self.inputs),
                found=", ".join(f"{name} {a.dtype}{list(a.shape)}" for name, a in tensors.items())
                or "no tensors",
                remedy="feed the network what its manifest describes",
            ) from error
        except (ort_errors.Fail, ort_errors.RuntimeException) as error:
            raise EdgelineError(
                expected="a network that computes with these tensors",
                found=first_line(error),
                remedy="try other sizes; some networks take one size only without declaring it",
            ) from error
        return {spec.name: np.asarray(a) for spec, a in zip(self.outputs, answers, strict=True)}

    def logits(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The answers of a classifier: of a network that has one input and one output.

        Raises:
            RecipeError: it has more, or the batch is not what it takes.
        """
        if len(self.inputs) != 1 or len(self.outputs) != 1:
            names = (
                ", ".join(spec.name for spec in specs) for specs in (self.inputs, self.outputs)
            )
            raise RecipeError(
                expected="a classifier: a network of one input and one output",
                found="inputs {} and outputs {}".format(*names),
                remedy="give this network its tensors by name",
            )
        return self.run({self.inputs[0].name: batch})[self.outputs[0].name]

    def net(self, file: str) -> Net:
        """How a manifest describes this network, stored as `file`."""
        return Net(file, self.inputs, self.outputs, self.options)


def run_parts(parts: Sequence[Session], tensors: Tensors) -> dict[str, NDArray[Any]]:
    """All inputs and outputs of the parts by name; a part may read any earlier tensor."""
    values = dict(tensors)
    for part in parts:
        values |= part.run({spec.name: values[spec.name] for spec in part.inputs})
    return values


def load_model(artifact: Artifact) -> Session:
    """The uncut model of an artifact, opened as its manifest says."""
    return load(artifact.model_path, options=artifact.manifest.model.options)


def load(model: Path | bytes, *, options: SessionOptions = DEFAULT_OPTIONS) -> Session:
    """A session on the CPU that gives the same answer each time, whatever else the machine does.

    Raises:
        EdgelineError: the runtime cannot load it.
    """
    source = model if isinstance(model, bytes) else os.fspath(model)
    try:
        runtime = ort.InferenceSession(
            source, _runtime_options(options), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001  onnxruntime's errors share no base of their own
        raise EdgelineError(
            expected=f"an ONNX model that onnxruntime {ort.__version__} can run",
            found=f"{'bytes' if isinstance(model, bytes) else model}: {first_line(error)}",
            remedy="export the model again, or update onnxruntime",
        ) from error
    inputs, outputs = _specs(runtime.get_inputs(), runtime.get_outputs())
    return Session(runtime, inputs, outputs, options)


def _runtime_options(options: SessionOptions) -> ort.SessionOptions:
    runtime = ort.SessionOptions()
    runtime.intra_op_num_threads = runtime.inter_op_num_threads = 1
    runtime.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    runtime.graph_optimization_level = LEVELS[options.optimisation]
    runtime.use_deterministic_compute = True
    runtime.log_severity_level = 4
    # A device shares its cores; waiting threads sleep instead of spinning.
    runtime.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if options.disabled_optimisers:
        names = ";".join(options.disabled_optimisers)
        runtime.add_session_config_entry("optimization.disable_specified_optimizers", names)
    if not options.prepacking:
        runtime.add_session_config_entry("session.disable_prepacking", "1")
    return runtime


def _specs(*described: list[Any]) -> tuple[tuple[TensorSpec, ...], ...]:
    """The side that comes first wherever it varies is the number of examples, whatever its name."""
    first = next((a.shape[0] for side in described for a in side if a.shape), None)
    return tuple(
        tuple(
            TensorSpec(
                arg.name,
                DTYPE_OF.get(arg.type, arg.type),
                tuple(_side(side, axis, first) for axis, side in enumerate(arg.shape)),
            )
            for arg in args
        )
        for args in described
    )


def _side(side: Any, axis: int, first: Any) -> int | str:
    if isinstance(side, int):
        return side
    if axis == 0 or (side is not None and side == first):
        return "N"
    # Another side that varies keeps its name, unless a manifest could not hold it.
    named = isinstance(side, str) and SYMBOL.fullmatch(side) and side != "N"
    return side if named else f"D{axis}"


def _spell(spec: TensorSpec) -> str:
    return f"{spec.name} {spec.dtype}[{', '.join(map(str, spec.shape))}]"
