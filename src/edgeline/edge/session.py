"""The only door to onnxruntime: what the lab measures and what a device runs are the same code."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from edgeline.errors import EdgelineError, RecipeError
from edgeline.manifest import Net, TensorSpec

Tensors: TypeAlias = Mapping[str, NDArray[Any]]

# How onnxruntime spells the types that we pass between parts.
DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}

ort.set_default_logger_severity(3)


@dataclass(frozen=True)
class Session:
    """A loaded network."""

    runtime: ort.InferenceSession
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def run(self, tensors: Tensors) -> dict[str, NDArray[Any]]:
        """Every output by its name.

        Raises:
            RecipeError: a tensor is missing, or has another type or shape than the network takes.
        """
        try:
            answers = self.runtime.run(None, dict(tensors))
        except (ValueError, ort.capi.onnxruntime_pybind11_state.InvalidArgument) as error:
            raise RecipeError(
                expected=", ".join(_spell(spec) for spec in self.inputs),
                found=", ".join(f"{name} {a.dtype}{list(a.shape)}" for name, a in tensors.items()),
                remedy="feed the network what its manifest describes",
            ) from error
        return {spec.name: np.asarray(a) for spec, a in zip(self.outputs, answers, strict=True)}

    def logits(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The first output for a network of one input."""
        return self.run({self.inputs[0].name: batch})[self.outputs[0].name]

    def net(self, file: str) -> Net:
        """How a manifest describes this network, stored as `file`."""
        return Net(file, self.inputs, self.outputs)


def load(model: Path | bytes, *, threads: int = 1) -> Session:
    """A session on the CPU that gives the same answer each time, whatever else the machine does.

    Raises:
        EdgelineError: the runtime cannot load it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    # A device shares its cores; waiting threads sleep instead of spinning.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else os.fspath(model)
    try:
        runtime = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  onnxruntime's errors share no base of their own
        raise EdgelineError(
            expected=f"an ONNX model that onnxruntime {ort.__version__} can run",
            found=f"{'bytes' if isinstance(model, bytes) else model}: {_first_line(error)}",
            remedy="export the model again, or update onnxruntime",
        ) from error
    return Session(runtime, _specs(runtime.get_inputs()), _specs(runtime.get_outputs()))


def _specs(described: list[Any]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(
            arg.name,
            DTYPES.get(arg.type, arg.type),
            tuple(side if isinstance(side, int) else "N" for side in arg.shape),
        )
        for arg in described
    )


def _spell(spec: TensorSpec) -> str:
    return f"{spec.name} {spec.dtype}[{', '.join(map(str, spec.shape))}]"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
