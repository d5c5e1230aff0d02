"""What becomes of runs that were killed or interrupted, in Prefect and in MLflow."""

import pytest
from mlflow.tracking import MlflowClient
from prefect import flow, get_client
from prefect.states import Running
from sqlalchemy import event
from sqlalchemy.engine import Engine

from edgeline.tracking import runs
from edgeline.workspace import Workspace
from tasks.run import end_abandoned

RECIPE = "on-shared-servers"


@pytest.fixture
def mlflow_client(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return MlflowClient()


@flow
def build(recipe):
    """Never called: it stands for the flow of a recipe."""


def start(tmp_path, name):
    return runs.start_run(RECIPE, name, {}, tmp_path)


def test_only_runs_of_this_workspace_are_taken_for_abandoned(prefect, mlflow_client, tmp_path):
    workspace = Workspace(tmp_path)
    names = ("ours", "of another workspace")
    workspace.run("ours").mkdir(parents=True)
    with get_client(sync_client=True) as client:
        flow_runs = {
            name: client.create_flow_run(
                build, name=name, parameters={"recipe": RECIPE}, state=Running()
            ).id
            for name in names
        }
        tracked = {name: start(tmp_path, name) for name in names}
        experiment = mlflow_client.get_experiment_by_name(RECIPE).experiment_id
        step = mlflow_client.create_run(experiment, tags={runs.PARENT: tracked["ours"]}).info.run_id
        mlflow_client.set_terminated(tracked["ours"], "KILLED")

        end_abandoned(workspace, RECIPE)

        states = {name: client.read_flow_run(flow_runs[name]).state.type for name in names}
    assert [states[name].value for name in names] == ["CRASHED", "RUNNING"]
    statuses = [mlflow_client.get_run(one).info.status for one in (*tracked.values(), step)]
    assert statuses == ["KILLED", "RUNNING", "KILLED"]


def test_ctrl_c_in_a_query_leaves_the_database_unlocked(mlflow_client, tmp_path):
    parent = start(tmp_path, "ours")

    def interrupt(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT runs"):
            event.remove(Engine, "after_cursor_execute", interrupt)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), runs.child_run(parent, "step") as step:  # noqa: PT012
        event.listen(Engine, "after_cursor_execute", interrupt)
        runs.log_params(step, {"epochs": 3})

    assert mlflow_client.get_run(step).info.status == "KILLED"
