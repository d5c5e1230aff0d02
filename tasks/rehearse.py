"""The dress rehearsal: two worker processes, a message queue, real items, before anything is promised."""

from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.artifact import open_artifact
from edgeline.datasets import load_set
from edgeline.recipe.rehearse import Rehearse
from edgeline.serving.rehearse import RehearsalReport
from edgeline.serving.rehearse import rehearse as rehearse_artifact
from edgeline.stack import services
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.seal import SealReport


@step("rehearse")
def rehearse(
    run: Run,
    settings: Rehearse,
    artifact: "StepResult[SealReport]",
    data: "StepResult[DataReport]",
) -> tuple[Path, RehearsalReport]:
    """Send test items hop to hop through worker processes that verified their part, and compare with the whole."""
    values = load_set(data.path, "test").values
    broker = services.address("nats", run.root)
    return artifact.path, rehearse_artifact(open_artifact(artifact.path), broker, values, settings)
