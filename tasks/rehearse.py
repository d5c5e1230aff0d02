"""The dress rehearsal: two worker processes, a message queue, real items, before anything is promised."""

from pathlib import Path

from edgeline.artifact import open_artifact
from edgeline.datasets import load_set
from edgeline.recipe.rehearse import Rehearse
from edgeline.serving.rehearse import RehearsalReport
from edgeline.serving.rehearse import rehearse as rehearse_artifact
from edgeline.stack import services
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult


@step("rehearse")
def rehearse(
    run: Run,
    settings: Rehearse,
    artifact: StepResult[object],
    data: StepResult[object],
) -> tuple[Path, RehearsalReport]:
    """Send test items hop to hop through worker processes that verified their part, and compare with the whole."""
    sealed = open_artifact(artifact.path)
    report = rehearse_artifact(
        sealed,
        services.address("nats", run.root),
        sealed.prepare(load_set(data.path, "test").values[: settings.items]),
        batch=settings.batch,
        in_flight=settings.in_flight,
        timeout_s=settings.timeout_s,
        start_s=settings.start_s,
    )
    return artifact.path, report
