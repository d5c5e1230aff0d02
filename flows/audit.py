"""Scheduled: everything that is stored against what was anchored."""

from prefect import flow
from prefect.runtime import flow_run

from edgeline.workspace import Workspace, open_run
from tasks.audit import audit_artifacts, audit_chains, audit_data, audit_versions, publish
from tasks.run import run_name


@flow(name="audit", flow_run_name=run_name)
def audit() -> int:
    """Audit chains, registered versions, released artifacts and data; fails when one was tampered with or revoked.

    Everything that was found is published first.
    """
    with open_run(Workspace.find(), str(flow_run.id)):
        findings = [*audit_chains(), *audit_versions(), *audit_artifacts(), *audit_data()]
        publish(findings)
    return len(findings)
