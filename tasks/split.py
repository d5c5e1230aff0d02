"""The model in parts at the best cut, and the proof that the parts together answer as the whole does."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.datasets import load_set
from edgeline.digest import digest_of
from edgeline.edge.session import Tensors
from edgeline.export.onnx import INPUT
from edgeline.files import read_json, write_json
from edgeline.recipe.split import Split
from edgeline.splitting.cut import SplitReport, check, cut
from edgeline.splitting.plan import SplitPlan
from edgeline.splitting.plan import plan as measure
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
    planned = _plan(run, int8, inputs, settings)
    parts = cut(int8.path, planned.cut, run.folder / "parts")
    report = check(int8.path, parts, inputs)
    large = _plan(run, whole, inputs, settings)
    again = check(whole.path, cut(whole.path, large.cut, run.folder / "fp32"), inputs)
    runs.log_text(run.tracked, str(planned), "plan.txt")
    return run.folder / "parts", PartsReport(
        cut=planned.cut,
        bytes_on_wire=sum(planned.best.wire_bytes),
        equal=report.agreement.top1 == again.agreement.top1 == 1.0,
        int8=report,
        fp32=again,
    )


def _plan(run: Run, model: StepResult[object], inputs: Tensors, settings: Split) -> SplitPlan:
    """The plan for these bytes and settings; measured once, since another measurement could choose another cut."""
    path = run.workspace.plans / f"{model.digest}-{digest_of(settings.model_dump_json())[:16]}.json"
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return SplitPlan.from_json(read_json(path) or {})
    planned = measure(model.path, inputs, settings)
    write_json(path, planned.to_json())
    return planned
