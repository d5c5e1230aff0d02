"""The dress rehearsal: two worker processes, a message queue, real items, before anything is promised."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.artifact import open_artifact
from edgeline.datasets import load_set
from edgeline.recipe.rehearse import Rehearse
from edgeline.serving.rehearse import RehearsalReport
from edgeline.serving.rehearse import rehearse as perform
from edgeline.stack import services
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.seal import SealReport


@dataclass(frozen=True)
class RehearseReport:
    requests_per_s: float
    round_trip_ms: float
    """Median, for a request of a whole batch."""
    rehearsal: RehearsalReport

    @property
    def figure(self) -> str:
        return f"{self.requests_per_s:.0f} requests/s, {self.round_trip_ms:.1f} ms, {self.rehearsal.items} items"


@step("rehearse")
def rehearse(
    run: Run, settings: Rehearse, artifact: "StepResult[SealReport]", data: "StepResult[DataReport]"
) -> tuple[Path, RehearseReport]:
    """Send test items hop to hop through worker processes that verified their part, and compare with the whole."""
    values = load_set(data.path, "test").values
    report = perform(
        open_artifact(artifact.path), services.address("nats", run.root), values, settings
    )
    return artifact.path, RehearseReport(report.requests_per_s, report.round_trip_ms, report)
