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

    @property
    def batch(self) -> int | None:
        """The number of examples that every inference takes; None where it takes any number."""
        sizes = {spec.shape[0] for spec in self.inputs if spec.shape}
        size = sizes.pop() if len(sizes) == 1 else None
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
                found=_first_line(error),
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
        return Net(file, self.inputs, self.outputs)


def run_parts(parts: Sequence[Session], tensors: Tensors) -> dict[str, NDArray[Any]]:
    """All inputs and outputs of the parts by name; a part may read any earlier tensor."""
    values = dict(tensors)
    for part in parts:
        values |= part.run({spec.name: values[spec.name] for spec in part.inputs})
    return values


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
