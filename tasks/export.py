"""From a checkpoint, which can learn, to ONNX, which can be trusted: the same answers, or the run stops."""

from dataclasses import dataclass
from pathlib import Path

from edgeline.datasets import load_set
from edgeline.export.onnx import ExportReport
from edgeline.export.onnx import export as write_onnx
from edgeline.export.parity import ParityReport, check_parity
from edgeline.models.checkpoint import load
from edgeline.preprocess import Preprocessing
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

COMPARED = 33
"""Validation items on which torch and ONNX are compared: the largest batch of the parity check."""


@dataclass(frozen=True)
class OnnxReport:
    bytes: int
    preprocessing: Preprocessing
    """What the network was taught to see; it travels with the model."""
    file: ExportReport
    parity: ParityReport

    @property
    def figure(self) -> str:
        return f"{self.bytes:,} bytes, within {self.parity.difference:.0e} of torch"


def export_onnx(
    run: Run, learned: StepResult[object], data: StepResult[object]
) -> tuple[Path, OnnxReport]:
    """Export a checkpoint to fp32 ONNX and compare the two on inputs that are meant to find a difference."""
    checkpoint = load(learned.path)
    path, report = write_onnx(checkpoint, run.folder / "model.onnx")
    values = load_set(data.path, "validation").values
    parity = check_parity(checkpoint, path, values[:COMPARED])
    return path, OnnxReport(report.bytes, checkpoint.preprocessing, report, parity)


export = step("export")(export_onnx)
reference = step("reference")(export_onnx)
"""The large tuned network in the same form: what the released model's size and speed are compared with."""
