"""`edgeline up` applies the schedules of prefect.yaml, and they fire by themselves.

Takes half a minute: a worker is started, and each run that is due is a process that it starts.
"""

import json

import pytest
import yaml

from edgeline.stack import services

pytestmark = pytest.mark.xdist_group("line")


@pytest.fixture
def audited_often(built, project):
    """The project with the audit as its only deployment, due every fifteen seconds; no worker stays behind."""
    path = project.root / "prefect.yaml"
    before = path.read_text()
    declared = yaml.safe_load(before)
    (audit,) = (
        one for one in declared["deployments"] if one["entrypoint"] == "flows/audit.py:audit"
    )
    audit["schedules"] = [{"interval": 15, "slug": "often"}]
    path.write_text(yaml.safe_dump({**declared, "deployments": [audit]}))
    yield project
    services.stop_all(project.root, ["worker"])
    path.write_text(before)


def test_scheduled_audit_fires_by_itself_and_completes(audited_often):
    assert audited_often.edgeline("up").returncode == 0
    shown = json.loads(audited_often.edgeline("status", "--json").stdout)["services"]
    assert [name for name, state in shown.items() if state is None] == []
    assert audited_often.eventually(lambda: scheduled(audited_often, "COMPLETED"), 180), (
        audited_often.prefect_runs("CRASHED")
    )
    assert scheduled(audited_often, "FAILED") == []


def scheduled(project, state):
    return [
        run
        for run in project.prefect_runs(state)
        if run["auto_scheduled"] and run["name"].startswith("audit-")
    ]
