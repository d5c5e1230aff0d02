"""Exactly the sealed bytes, handed to the registry; and their release, stated on the chain by name and number."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import get_run_logger
from prefect.runtime import flow_run

from edgeline.anchoring.history import find_history
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.session import open_outbox, position
from edgeline.artifact import open_artifact
from edgeline.auditing.withdrawal import require_usable
from edgeline.errors import EnvironmentUnfit
from edgeline.manifest import MANIFEST
from edgeline.provenance.lineage import release_statement, stated_last
from edgeline.provenance.receipt import RECEIPT_NAME, receipt_path
from edgeline.provenance.statement import Statement
from edgeline.recipe.anchor import Anchor
from edgeline.tracking import registry
from tasks.run import Run
from tasks.sending import send
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.anchor import AnchorReport
    from tasks.gate import GateReport


@dataclass(frozen=True)
class RegisterReport:
    name: str
    version: str
    already: bool
    """Whether the registry held this artifact's model before."""
    pending: str = ""
    """Why the chain does not have the release yet."""

    @property
    def figure(self) -> str:
        waits = f", its release is pending: {self.pending}" if self.pending else ""
        return f"{self.name} version {self.version} is the candidate{waits}"


@step("register", reuse=False)
def register(
    run: Run,
    settings: Anchor,
    artifact: StepResult[object],
    gate: "StepResult[GateReport]",
    receipt: "StepResult[AnchorReport]",
) -> tuple[Path, RegisterReport]:
    """Register exactly the sealed model.onnx in MLflow under the alias `candidate`, and state the release.

    Tags tell people where it comes from. Whoever audits believes the chain alone, which binds name, number, artifact
    and all stored files.

    Raises:
        Revoked: this release was revoked.
    """
    sealed = open_artifact(artifact.path)
    manifest, anchored = sealed.manifest, receipt.report
    beside = [artifact.path / name for name in (MANIFEST, RECEIPT_NAME)]
    version, already = registry.register(
        run.tracked,
        run.recipe,
        sealed.model_path,
        [path for path in beside if path.is_file()],
        manifest.model,
        {
            "artifact": sealed.digest,
            "checkpoint": manifest.checkpoint,
            "data": manifest.parents["data"],
            "prefect.flow_run_id": str(flow_run.id),
            **position(anchored.chain, anchored.transaction, anchored.contract),
            "validation_accuracy": repr(gate.report.validation),
        },
    )
    files = registry.stored_model(version).files
    validation = gate.report.validation
    with open_outbox(run.workspace, settings.chain) as outbox:
        history = find_history(sealed.digest, receipt_path(artifact.path), outbox)
        assert history is not None  # it was queued by `anchor`, at the latest
        release = release_statement(history[-1], validation, version.number, files)
        pending = _state(run, settings, outbox, release)
    return sealed.model_path, RegisterReport(version.name, version.number, already, pending)


def _state(run: Run, settings: Anchor, outbox: Outbox, release: Statement) -> str:
    """Anchor a release as the last word about its recipe; gives why the chain does not have it yet."""
    before = [one for one in outbox.stated("release") if one.about["recipe"] == run.recipe]
    release = stated_last(release, before)
    outbox.add(release)
    try:
        contract, flushed = send(run, settings, outbox)
        require_usable(contract, [release], dict(flushed.refused))
    except EnvironmentUnfit as error:
        get_run_logger().warning("anchoring pending: %s", error)
        return str(error)
    return ""
