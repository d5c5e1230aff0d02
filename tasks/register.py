"""Exactly the sealed bytes, handed to the registry."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect.runtime import flow_run

from edgeline.anchoring.session import position
from edgeline.artifact import open_artifact
from edgeline.manifest import MANIFEST
from edgeline.provenance.receipt import RECEIPT_NAME
from edgeline.tracking import registry
from tasks.run import Run
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

    @property
    def figure(self) -> str:
        return f"{self.name} version {self.version} is the candidate"


@step("register", reuse=False)
def register(
    run: Run,
    artifact: StepResult[object],
    gate: "StepResult[GateReport]",
    receipt: "StepResult[AnchorReport]",
) -> tuple[Path, RegisterReport]:
    """Register exactly the sealed model.onnx in MLflow under the alias `candidate`, tagged with where it comes from."""
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
    return sealed.model_path, RegisterReport(version.name, version.number, already)
