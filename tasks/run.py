"""One run of a recipe: it holds the recipe's lock, has a readable name, and leaves nothing half open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, TaskRunFilter
from prefect.runtime import flow_run
from prefect.states import Cancelled, Crashed, State

from edgeline import recipe as recipes
from edgeline.recipe import Recipe
from edgeline.stack.outside import require_given
from edgeline.tracking import runs
from edgeline.workspace import Workspace, abandoned, lock, open_run
from tasks.watch import watcher


@dataclass(frozen=True)
class Run:
    """The run to which a step belongs; plain values only."""

    name: str
    recipe: str
    root: Path
    flow_run: str
    """MLflow run of the whole flow run."""
    tracked: str
    """MLflow run into which the holder writes: the step's own while a step runs, else the flow run's."""
    folder: Path
    """Where a step may write what it makes; its own while a step runs."""
    force: bool = False
    score: str = "accuracy"
    """By which steps are judged, as `gate.score`."""

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def journal(self) -> Path:
        return self.workspace.journal(self.name)


def run_name() -> str:
    """Readable name of the flow run that is starting: recipe if it has one, what it does, and when (UTC)."""
    recipe = flow_run.parameters.get("recipe")
    return f"{f'{recipe}-' if recipe else ''}{flow_run.flow_name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


@contextmanager
def start_run(
    recipe: str, settings: dict[str, str] | None, force: bool
) -> Iterator[tuple[Run, Recipe]]:
    """Start the run of the current flow: read the recipe, hold its lock, close what killed runs left open.

    Raises:
        RecipeError: the recipe or a setting is wrong.
        WorkspaceBusy: another run of this recipe is at work.
        ServiceUnavailable: MLflow is the user's, and away.
    """
    require_given(["mlflow"])
    workspace = Workspace.find()
    resolved = recipes.load(workspace.root, recipe, settings)
    name = str(flow_run.name)
    runs.quieten()
    close_abandoned(workspace)
    with lock(workspace, recipe, name), open_run(workspace, str(flow_run.id)):
        watcher().opened(str(flow_run.id))
        workspace.run(name).mkdir(parents=True, exist_ok=True)
        tags = {
            runs.FLOW_RUN: str(flow_run.id),
            "mlflow.note.content": f"[Flow run in Prefect]({flow_run.ui_url})",
            "recipe": recipe,
        }
        tracked = runs.start_run(recipe, name, tags, workspace.mlartifacts)
        score, folder = resolved.recipe.gate.score, workspace.run(name)
        run = Run(name, recipe, workspace.root, tracked, tracked, folder, force, score)
        with runs.closed_with(tracked):
            runs.log_params(tracked, {key: value for key, value, _, _ in resolved.rows()})
            yield run, resolved.recipe


def close_abandoned(workspace: Workspace) -> None:
    """Close in MLflow and in Prefect what runs of this workspace left open whose processes are gone."""
    for ended in abandoned(workspace):
        _close(ended, Crashed(message="its process is gone"))


def cancel(flow_run: str) -> None:
    """Close a run in MLflow and in Prefect that a person ends."""
    _close(flow_run, Cancelled(message="a person ended it"))
    runs.end_abandoned_runs(flow_run)  # that of a step which was just beginning


def _close(flow_run: str, end: State[None]) -> None:
    runs.end_abandoned_runs(flow_run)
    state = {"type": {"any_": ["PENDING", "RUNNING"]}}
    steps = TaskRunFilter.model_validate({"flow_run_id": {"any_": [flow_run]}, "state": state})
    itself = FlowRunFilter.model_validate({"id": {"any_": [flow_run]}, "state": state})
    with get_client(sync_client=True) as client:
        for whole in client.read_flow_runs(flow_run_filter=itself):
            client.set_flow_run_state(whole.id, end, force=True)
        for one in client.read_task_runs(task_run_filter=steps):
            client.set_task_run_state(one.id, end, force=True)
