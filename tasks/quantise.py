"""Smaller again: the network's numbers in 8 bits, compared with what they were."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.comparison import Comparison, compare
from edgeline.compression.judge import Judgement, judge
from edgeline.compression.quantise import QuantiseReport
from edgeline.compression.quantise import quantise as quantise_model
from edgeline.datasets import load_central, load_set
from edgeline.edge.session import load
from edgeline.export.onnx import INPUT
from edgeline.figures.answers import answer_figures
from edgeline.graph import file as onnx_file
from edgeline.metrics import Scores, scores
from edgeline.recipe.quantise import Quantise
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.export import OnnxReport


@dataclass(frozen=True)
class Int8Report:
    test: Scores
    gains: tuple[Comparison, ...]
    """Against the same network in fp32."""
    bytes: int
    quantisation: QuantiseReport
    judgement: Judgement
    """Against the same network in fp32, on the validation set."""
    tuned: Judgement | None
    """Against the tuned network in fp32, on the validation set; None where the run has no such network."""

    @property
    def figure(self) -> str:
        how = "" if self.quantisation.method == "static" else f" ({self.quantisation.method})"
        change = f"{self.test.accuracy:.3f} from {self.gains[0].accuracy.before:.3f}"
        return f"{change}, {self.bytes:,} bytes{how}"


@step("quantise")
def quantise(
    run: Run,
    settings: Quantise,
    whole: "StepResult[OnnxReport]",
    data: "StepResult[DataReport]",
    large: StepResult[object] | None,
) -> tuple[Path, Int8Report]:
    """Turn fp32 ONNX into int8, calibrated on central items alone, and compare before and after.

    Size and speed are compared with `large` too, the tuned network in fp32 ONNX.
    """
    prepare, test = whole.report.preprocessing, load_set(data.path, "test")
    calibration = {INPUT: prepare(load_central(data.path).values)}
    model, report = quantise_model(onnx_file.read(whole.path), calibration, settings)
    path = run.folder / "model.onnx"
    onnx_file.write(model, path)
    values, labels = load_set(data.path, "validation").examples
    against = [
        judge(before.path, path, {INPUT: prepare(values)}, settings.latency_rounds, labels)
        for before in (whole, large)
        if before
    ]
    before, after = (load(each).logits(prepare(test.values)) for each in (whole.path, path))
    runs.log_figures(run.tracked, answer_figures(after, test, data.report.form))
    return path, Int8Report(
        test=scores(after, test.labels),
        gains=(compare(whole.step, before, after, test.labels),),
        bytes=path.stat().st_size,
        quantisation=report,
        judgement=against[0],
        tuned=against[1] if large else None,
    )
