"""The model in parts at the best cut, and the proof that the parts together answer as the whole does."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.datasets import load_set
from edgeline.export.onnx import INPUT
from edgeline.recipe.split import Split
from edgeline.splitting.cut import SplitReport, check, cut
from edgeline.splitting.plan import plan_once
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.export import OnnxReport
    from tasks.quantise import Int8Report


@dataclass(frozen=True)
class PartsReport:
    cut: tuple[str, ...]
    """Tensors that travel between the parts of the int8 model."""
    bytes_on_wire: int
    """Per item, over all links."""
    equal: bool
    """Same top-1 on every test item, int8 and fp32."""
    int8: SplitReport
    fp32: SplitReport

    @property
    def figure(self) -> str:
        bits = "bit for bit" if self.int8.agreement.bit_equal else "same answers"
        return f"at {', '.join(self.cut)}, {self.bytes_on_wire:,} bytes on the wire, {bits}"


@step("split")
def split(
    run: Run,
    settings: Split,
    whole: "StepResult[OnnxReport]",
    int8: "StepResult[Int8Report]",
    data: "StepResult[DataReport]",
) -> tuple[Path, PartsReport]:
    """Cut the int8 model where the pipeline is fastest, the fp32 model too, and compare both with the whole."""
    inputs = {INPUT: whole.report.preprocessing(load_set(data.path, "test").values)}
    plans = run.workspace.plans
    plan = plan_once(plans, int8.path, inputs, settings)
    fp32_plan = plan_once(plans, whole.path, inputs, settings)
    report = check(int8.path, cut(int8.path, plan.cut, run.folder / "parts"), inputs)
    fp32 = check(whole.path, cut(whole.path, fp32_plan.cut, run.folder / "fp32"), inputs)
    runs.log_text(run.tracked, str(plan), "plan.txt")
    return run.folder / "parts", PartsReport(
        cut=plan.cut,
        bytes_on_wire=sum(plan.best.wire_bytes),
        equal=report.agreement.top1 == fp32.agreement.top1 == 1.0,
        int8=report,
        fp32=fp32,
    )
