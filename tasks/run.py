"""One run of a recipe: it holds the recipe's lock, has a readable name, and leaves nothing half open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.runtime import flow_run
from prefect.states import Crashed

from edgeline import recipe as recipes
from edgeline.recipe import Recipe
from edgeline.stack.outside import require_given
from edgeline.tracking import runs
from edgeline.workspace import Workspace, lock


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
    with lock(workspace, recipe, name):
        workspace.run(name).mkdir(parents=True, exist_ok=True)
        end_abandoned(workspace, recipe)
        tags = {
            "prefect.flow_run_id": str(flow_run.id),
            "mlflow.note.content": f"[Flow run in Prefect]({flow_run.ui_url})",
            "recipe": recipe,
        }
        tracked = runs.start_run(recipe, name, tags, workspace.mlartifacts)
        score, folder = resolved.recipe.gate.score, workspace.run(name)
        run = Run(name, recipe, workspace.root, tracked, tracked, folder, force, score)
        with runs.closed_with(tracked):
            runs.log_params(tracked, {key: value for key, value, _, _ in resolved.rows()})
            yield run, resolved.recipe


def end_abandoned(workspace: Workspace, recipe: str) -> None:
    """Close what killed runs of this workspace left running; whoever holds the lock is the only one alive.

    They are known by their folders, since other workspaces may have the same recipe on the same servers.
    """
    names = [folder.name for folder in workspace.runs.iterdir()]
    runs.end_abandoned_runs(recipe, names)
    ours = FlowRunFilter.model_validate(
        {"name": {"any_": names}, "state": {"type": {"any_": ["RUNNING"]}}}
    )
    with get_client(sync_client=True) as client:
        for other in client.read_flow_runs(flow_run_filter=ours):
            if other.parameters.get("recipe") == recipe and str(other.id) != str(flow_run.id):
                client.set_flow_run_state(
                    other.id, Crashed(message="its process was killed"), force=True
                )
