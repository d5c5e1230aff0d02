"""`edgeline up` applies the schedules of prefect.yaml, and they fire by themselves."""

import json

import yaml


def test_scheduled_audit_fires_by_itself_and_completes(built, project):
    path = project.root / "prefect.yaml"
    declared = yaml.safe_load(path.read_text())
    audit = next(
        one for one in declared["deployments"] if one["entrypoint"] == "flows/audit.py:audit"
    )
    audit["schedules"] = [{"interval": 10, "slug": "often"}]
    path.write_text(yaml.safe_dump(declared))

    assert project.edgeline("up").returncode == 0
    assert {"prefect", "worker", "mlflow", "ganache", "nats"} <= set(
        json.loads(project.edgeline("status", "--json").stdout)["services"]
    )
    assert project.eventually(lambda: scheduled(project, "COMPLETED"), 180), project.prefect_runs(
        "CRASHED"
    )
    assert scheduled(project, "FAILED") == []


def scheduled(project, state):
    return [
        run
        for run in project.prefect_runs(state)
        if run["auto_scheduled"] and run["name"].startswith("audit-")
    ]
