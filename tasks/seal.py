"""What was made, sealed: one folder that is named by its content."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.artifact import Description
from edgeline.artifact import seal as seal_artifact
from edgeline.datasets import load_central, load_set
from edgeline.digest import sha256_file
from edgeline.edge.golden import check_golden, record_golden
from edgeline.edge.profile import learn_profile
from edgeline.edge.session import load, load_model
from edgeline.provenance.lineage import Lineage
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.export import OnnxReport

GOLDEN = 10
"""Test items whose answers are sealed with the model."""


@dataclass(frozen=True)
class SealReport:
    files: int
    bytes: int
    """Of all files together."""

    @property
    def figure(self) -> str:
        return f"{self.files} files, {self.bytes:,} bytes"


@step("seal")
def seal(
    run: Run,
    whole: "StepResult[OnnxReport]",
    learned: StepResult[object],
    data: "StepResult[DataReport]",
    int8: StepResult[object],
    parts: StepResult[object],
    lineage: Lineage,
) -> tuple[Path, SealReport]:
    """Put model, parts, preprocessing and golden answers into one folder that is named by its content."""
    staging = run.folder / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(parts.path, staging / "parts")
    shutil.copy(int8.path, staging / "model.onnx")
    session = load(int8.path)
    preprocessing = whole.report.preprocessing
    items = load_set(data.path, "test").values[:GOLDEN]
    record_golden(staging, session, {session.inputs[0].name: items}, preprocessing)
    files = sorted((staging / "parts").iterdir())
    digests = {f"parts/{path.name}": sha256_file(path) for path in files}
    central = load_central(data.path)
    description = Description(
        recipe=run.recipe,
        classes=data.report.form.classes,
        preprocessing=preprocessing,
        model=session.net("model.onnx"),
        parts=tuple(load(path).net(f"parts/{path.name}") for path in files),
        checkpoint=learned.digest,
        parents={"data": data.digest, "checkpoint": learned.digest, **digests},
        lineage=lineage.ancestry(learned.digest, *digests.values()).ancestors(),
        # Devices' own items stay with them: here is what the central site can know.
        profile=learn_profile(central.values, preprocessing, central.sizes),
    )
    artifact = seal_artifact(staging, description, run.workspace.artifacts)
    check_golden(artifact, load_model(artifact))
    shutil.rmtree(staging)
    sizes = [entry.bytes for entry in artifact.manifest.files.values()]
    return artifact.folder, SealReport(len(sizes), sum(sizes))
