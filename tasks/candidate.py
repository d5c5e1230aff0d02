"""The candidate from which federated rounds go on, with its lineage."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from edgeline.anchoring.history import find_history
from edgeline.anchoring.session import open_outbox
from edgeline.artifact import open_artifact
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.lineage import Lineage
from edgeline.provenance.receipt import receipt_path
from edgeline.recipe.anchor import Anchor
from edgeline.tracking import registry
from tasks.run import Run
from tasks.step_result import StepResult


@task(name="candidate", cache_policy=NO_CACHE)
def find_candidate(run: Run, settings: Anchor) -> StepResult[Lineage]:
    """The checkpoint behind the present candidate, with its lineage.

    Raises:
        EnvironmentUnfit: there is no candidate, or its checkpoint is not on this machine.
    """
    version = registry.candidate(run.recipe)
    if version is None:
        raise _unfit(f"no candidate of {run.recipe} in MLflow")
    folder = run.workspace.artifacts / version.artifact
    checkpoint = open_artifact(folder).manifest.checkpoint
    path = run.workspace.checkpoints / f"{checkpoint}.safetensors"
    if not path.is_file():
        raise _unfit(f"no {path.name} among the checkpoints")
    with open_outbox(run.workspace, settings.chain) as outbox:
        history = find_history(version.artifact, receipt_path(folder), outbox)
    if history is None:
        raise _unfit(f"neither a receipt of artifact {folder.name} nor anything in the outbox")
    lineage = Lineage(history).ancestry(checkpoint)
    return StepResult("candidate", path, checkpoint, (), lineage, 0.0, reused=True)


@task(name="tuned-ancestor", cache_policy=NO_CACHE)
def find_tuned_ancestor(run: Run, lineage: Lineage) -> StepResult[None] | None:
    """The large tuned network behind a lineage, if this machine still has it, to compare size and speed with."""
    for statement in lineage:
        path = run.workspace.checkpoints / f"{statement.subject}.safetensors"
        if statement.kind == "tuned" and path.is_file():
            return StepResult("finetune", path, statement.subject, (), None, 0.0, reused=True)
    return None


def _unfit(reason: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected="a candidate whose checkpoint is on this machine",
        found=reason,
        remedy="run `edgeline run` first, which makes one",
    )
