"""What becomes of runs that were killed or interrupted, in Prefect and in MLflow."""

import pytest
from mlflow.tracking import MlflowClient
from prefect import flow, get_client, task
from prefect.states import Running
from sqlalchemy import event
from sqlalchemy.engine import Engine

from edgeline.errors import GateMissed
from edgeline.tracking import runs
from edgeline.workspace import Workspace, open_run
from tasks.run import close_abandoned

RECIPE = "on-shared-servers"


@pytest.fixture
def mlflow_client(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return MlflowClient()


@flow
def build():
    """Never called: it stands for the flow of a recipe."""


@task
def step():
    """Never called: it stands for a step."""


def start(tmp_path, flow_run):
    return runs.start_run(RECIPE, "a run", {runs.FLOW_RUN: flow_run}, tmp_path)


@pytest.fixture
def started(prefect, mlflow_client, tmp_path):
    """Starts a flow run with a step, in Prefect and in MLflow; gives the ids of all four."""
    with get_client(sync_client=True) as client:

        def create():
            flow_run = client.create_flow_run(build, state=Running()).id
            task_run = client.create_task_run(step, flow_run, "0", state=Running()).id
            tracked = start(tmp_path, str(flow_run))
            number = mlflow_client.get_experiment_by_name(RECIPE).experiment_id
            below = mlflow_client.create_run(number, tags={runs.PARENT: tracked}).info.run_id
            return flow_run, task_run, tracked, below

        yield create


def states(flow_run, task_run, *tracked):
    with get_client(sync_client=True) as client:
        shown = client.read_flow_run(flow_run), client.read_task_run(task_run)
    statuses = [MlflowClient().get_run(one).info.status for one in tracked]
    return [*(one.state.type.value for one in shown), *statuses]


def test_what_a_killed_process_left_open_is_closed_and_nothing_else(started, tmp_path):
    workspace = Workspace(tmp_path)
    killed, at_work, failed, stranger = (started() for _ in range(4))
    (workspace.open_runs).mkdir(parents=True)
    (workspace.open_runs / str(killed[0])).touch()
    with pytest.raises(GateMissed), open_run(workspace, str(failed[0])):
        raise GateMissed(expected="more", found="less", remedy="learn")

    with open_run(workspace, str(at_work[0])):
        close_abandoned(workspace)
        assert states(*killed) == ["CRASHED", "CRASHED", "KILLED", "KILLED"]
        for other in (at_work, failed, stranger):
            assert states(*other) == ["RUNNING"] * 4

    assert list(workspace.open_runs.iterdir()) == []


def test_a_run_that_fails_for_a_reason_of_its_own_is_closed_by_the_next(started, tmp_path):
    workspace, ids = Workspace(tmp_path), started()
    with pytest.raises(OSError, match="locked"), open_run(workspace, str(ids[0])):
        raise OSError("database is locked")
    close_abandoned(workspace)
    assert set(states(*ids)) == {"CRASHED", "KILLED"}


def test_ctrl_c_in_a_query_leaves_the_database_unlocked(mlflow_client, tmp_path):
    parent = start(tmp_path, "any")

    def interrupt(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT runs"):
            event.remove(Engine, "after_cursor_execute", interrupt)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), runs.child_run(parent, "step") as below:  # noqa: PT012
        event.listen(Engine, "after_cursor_execute", interrupt)
        runs.log_params(below, {"epochs": 3})

    assert mlflow_client.get_run(below).info.status == "KILLED"
