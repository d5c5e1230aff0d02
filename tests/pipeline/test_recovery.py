"""kill -9 in the middle of every step, then the same command: it finishes, and nothing is there twice."""

import json
import shutil
from dataclasses import replace

import pytest
from mlflow.tracking import MlflowClient

# In the order in which a run ends them; each attempt is killed in the step after the one named.
ENDED = (
    "data", "pretrained", "finetune", "shrink", "round", "federate", "export", "reference", "quantise", "split", "seal",
    "rehearse", "gate", "anchor", "verify",
)  # fmt: skip

# These ask or tell a service in every run; and of several rounds, only those that were closed are found again.
NEVER_REUSED = {"data", "round", "gate", "anchor", "verify"}


@pytest.mark.slow
def test_killed_in_every_step_it_finishes_once(fresh_project, monkeypatch):
    done = set()
    for step in ENDED:
        said = fresh_project.killed_after(step)
        repeated = {name for name in done if f"✓ {name} " in said}
        assert not repeated, said
        done |= {step} - NEVER_REUSED

    summary = fresh_project.run()

    assert all(summary["steps"][name]["reused"] for name in done)
    entries = json.loads(fresh_project.edgeline("audit", "log", "--json").stdout)["entries"]
    statements = [entry["statement"] for entry in entries]
    assert len(statements) == len(set(statements))
    assert [entry["subject"] for entry in entries if entry["kind"] == "artifact"] == [
        summary["artifact"]["digest"]
    ]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{fresh_project.root}/.edgeline/mlflow.db")
    client = MlflowClient()
    assert len(client.search_model_versions("name='digits'")) == 1
    experiment = client.get_experiment_by_name("digits").experiment_id
    assert not client.search_runs([experiment], "attributes.status = 'RUNNING'")
    assert fresh_project.edgeline("verify", summary["artifact"]["path"]).returncode == 0
    assert fresh_project.prefect_runs("RUNNING") == []


@pytest.mark.slow
def test_wiped_chain_and_moved_project_are_noticed(fresh_project):
    once = fresh_project.run()
    assert fresh_project.edgeline("down").returncode == 0
    shutil.rmtree(fresh_project.root / ".edgeline" / "chain")
    again = fresh_project.run()
    assert not again["steps"]["anchor"]["reused"]
    assert again["steps"]["finetune"]["reused"]
    assert fresh_project.edgeline("verify", again["artifact"]["path"]).returncode == 0

    assert fresh_project.edgeline("down").returncode == 0
    moved = replace(fresh_project, root=fresh_project.root.with_name("ailleurs"))
    fresh_project.root.rename(moved.root)
    try:
        there = moved.run("rehearse.items=60")
        assert there["steps"]["finetune"]["reused"]
        assert there["artifact"]["digest"] == once["artifact"]["digest"]
        moved.edgeline("down")
    finally:
        moved.root.rename(fresh_project.root)
