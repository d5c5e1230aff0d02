"""A run that a person ends: cancelled wherever it is looked at, and gone on with by the same command."""

import signal

import pytest
from mlflow.tracking import MlflowClient
from prefect import get_client
from prefect.client.schemas.objects import StateType

from tests.pipeline.checkout import quick

pytestmark = pytest.mark.xdist_group("line")


def test_ctrl_c_cancels_a_run_in_the_middle_of_a_step(copy):
    with copy.process("run", "digits", *quick("finetune.epochs=200")) as process:
        for line in process.stderr:
            if " pretrained " in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=120)[1]

    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "stopping; Ctrl-C again ends it now" in said
    assert said.splitlines()[-1].endswith("the same command goes on where this one stopped")
    (left,) = (copy.root / ".edgeline" / "open").iterdir()
    with copy.entered():
        with get_client(sync_client=True) as client:
            assert client.read_flow_run(left.name).state.type == StateType.CANCELLED
        client = MlflowClient()
        experiments = [one.experiment_id for one in client.search_experiments()]
        stopped = client.search_runs(experiments, f"tags.`prefect.flow_run_id` = '{left.name}'")
        assert [run.info.status for run in stopped] == ["KILLED"]
        assert not client.search_runs(experiments, "attributes.status = 'RUNNING'")
