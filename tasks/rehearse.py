"""The dress rehearsal: two worker processes, a message queue, real items, before anything is promised."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from edgeline.artifact import open_artifact
from edgeline.datasets import load_set
from edgeline.errors import RecipeError
from edgeline.export.onnx import INPUT
from edgeline.manifest import TensorSpec
from edgeline.recipe.rehearse import Rehearse
from edgeline.serving.broker import largest_frame
from edgeline.serving.frame import items_within
from edgeline.serving.rehearse import RehearsalReport
from edgeline.serving.rehearse import rehearse as rehearse_artifact
from edgeline.stack import services
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport


@task(name="check-messages", cache_policy=NO_CACHE)
def check_messages(run: Run, data: "StepResult[DataReport]") -> int:
    """How many items the broker takes in a message, before anything is trained for it.

    Raises:
        RecipeError: not even one.
        ServiceUnavailable: no broker answers.
    """
    limit = largest_frame(services.address("nats", run.root))
    (values,) = data.report.form.preprocessing(load_set(data.path, "test").values[:1])
    items = items_within(limit, [TensorSpec(INPUT, values.dtype.name, ("N", *values.shape))])
    if not items:
        raise RecipeError(
            expected=f"an item within {limit:,} bytes, the max payload of the NATS server",
            found=f"{values.nbytes:,} bytes in the form {' x '.join(map(str, values.shape))}",
            remedy="make data.image_size or data.steps smaller, or raise max_payload of the server",
        )
    return items


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
