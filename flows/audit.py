"""Scheduled: everything that is stored against what was anchored."""

from prefect import flow

from tasks.audit import audit_artifacts, audit_versions, publish
from tasks.run import run_name


@flow(name="audit", flow_run_name=run_name)
def audit() -> int:
    """Audit every registered version and every released artifact; fails when one was tampered with."""
    findings = [*audit_versions(), *audit_artifacts()]
    publish(findings)
    return len(findings)
