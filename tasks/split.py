"""The model in parts at the best cut, and the proof that the parts together answer as the whole does."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from edgeline.datasets import load_set
from edgeline.digest import digest_of, sha256_file
from edgeline.edge.agreement import Agreement
from edgeline.edge.session import Tensors
from edgeline.errors import Tampered
from edgeline.export.onnx import INPUT
from edgeline.keyed_record import read_record, write_record
from edgeline.recipe.split import Split
from edgeline.splitting.cut import check, cut
from edgeline.splitting.planner import SplitPlan, plan
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.export import OnnxReport


@dataclass(frozen=True)
class PartsReport:
    cut: tuple[str, ...]
    """Tensors that travel between the parts of the int8 model."""
    bytes_on_wire: int
    """Per item, over all links."""
    equal: bool
    """Same top-1 on every test item, int8 and fp32."""
    int8: Agreement
    fp32: Agreement

    @property
    def figure(self) -> str:
        bits = "bit for bit" if self.int8.bit_equal else "same answers"
        return f"at {', '.join(self.cut)}, {self.bytes_on_wire:,} bytes on the wire, {bits}"


@step("split")
def split(
    run: Run,
    settings: Split,
    whole: "StepResult[OnnxReport]",
    int8: StepResult[object],
    data: StepResult[object],
) -> tuple[Path, PartsReport]:
    """Cut the int8 model where the pipeline is fastest, the fp32 model too, and compare both with the whole."""
    inputs = {INPUT: whole.report.preprocessing(load_set(data.path, "test").values)}
    int8_plan = _plan_once(run, int8.path, inputs, settings)
    fp32_plan = _plan_once(run, whole.path, inputs, settings)
    agreement = check(int8.path, cut(int8.path, int8_plan.cut, run.folder / "parts"), inputs)
    fp32 = check(whole.path, cut(whole.path, fp32_plan.cut, run.folder / "fp32"), inputs)
    runs.log_text(run.tracked, str(int8_plan), "plan.txt")
    return run.folder / "parts", PartsReport(
        cut=int8_plan.cut,
        bytes_on_wire=sum(int8_plan.best.wire_bytes),
        equal=agreement.top1 == fp32.top1 == 1.0,
        int8=agreement,
        fp32=fp32,
    )


def _plan_once(run: Run, model: Path, inputs: Tensors, settings: Split) -> SplitPlan:
    """The plan that is kept for these bytes and settings; another measurement could choose another cut."""
    plans = TypeAdapter(SplitPlan)
    name = f"{sha256_file(model)}-{digest_of(settings.model_dump_json())[:16]}.json"
    path = run.workspace.plans / name
    with contextlib.suppress(ValueError, Tampered):
        return plans.validate_python(read_record(run.workspace, path))
    made = plan(model, inputs, settings)
    write_record(run.workspace, path, plans.dump_python(made, mode="json"))
    return made
