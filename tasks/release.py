"""Seal what was made, and hand exactly the sealed bytes to the registry."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from edgeline.artifact import Description, open_artifact
from edgeline.artifact import seal as seal_artifact
from edgeline.datasets import prepared
from edgeline.digest import sha256_file
from edgeline.edge.golden import check_golden, record_golden
from edgeline.edge.session import load
from edgeline.errors import EnvironmentUnfit
from edgeline.manifest import MANIFEST, Ancestor
from edgeline.provenance.receipt import RECEIPT_NAME, read_receipt, receipt_path
from edgeline.recipe.anchor import Anchor
from edgeline.tracking import registry
from tasks import chain
from tasks.lineage import Said, history
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

GOLDEN = 10
"""Test items whose answers are sealed with the model."""


@dataclass(frozen=True)
class Sealed:
    files: int
    bytes: int
    """Of all files together."""

    @property
    def figure(self) -> str:
        return f"{self.files} files, {self.bytes:,} bytes"


@dataclass(frozen=True)
class Registered:
    name: str
    version: str
    already: bool
    """Whether the registry held this artifact's model before."""

    @property
    def figure(self) -> str:
        return f"{self.name} version {self.version} is the candidate"


@dataclass(frozen=True)
class Start:
    """The candidate from which federated rounds go on."""

    version: str
    artifact: str
    rounds: int
    """Rounds that it has behind it."""
    lineage: Said
    """What was said of the checkpoint and of all that it came from."""


@step("seal")
def seal(
    run: Run,
    whole: StepResult,
    learned: StepResult,
    data: StepResult,
    int8: StepResult,
    parts: StepResult,
    lineage: tuple[Ancestor, ...],
) -> tuple[Path, Sealed]:
    """Put model, parts, preprocessing and golden answers into one folder that is named by its content."""
    staging = run.folder / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(parts.path, staging / "parts")
    shutil.copy(int8.path, staging / "model.onnx")
    session = load(int8.path)
    preprocessing = whole.report.preprocessing
    record_golden(staging, session, preprocessing, prepared(data.path, "test").values[:GOLDEN])
    files = sorted((staging / "parts").iterdir())
    description = Description(
        recipe=run.recipe,
        classes=data.report.form.classes,
        preprocessing=preprocessing,
        model=session.net("model.onnx"),
        parts=tuple(load(path).net(f"parts/{path.name}") for path in files),
        cut=parts.report.cut,
        checkpoint=learned.digest,
        parents={
            "data": data.digest,
            "checkpoint": learned.digest,
            **{f"parts/{path.name}": sha256_file(path) for path in files},
        },
        lineage=lineage,
    )
    artifact = seal_artifact(staging, description, run.workspace.artifacts)
    check_golden(artifact, load(artifact.model_path))
    shutil.rmtree(staging)
    sizes = [entry.bytes for entry in artifact.manifest.files.values()]
    return artifact.folder, Sealed(len(sizes), sum(sizes))


@step("register", reuse=False)
def register(
    run: Run, artifact: StepResult, passed: StepResult, receipt: StepResult
) -> tuple[Path, Registered]:
    """Register exactly the sealed model.onnx in MLflow under the alias `candidate`, tagged with where it comes from."""
    sealed = open_artifact(artifact.path)
    manifest = sealed.manifest
    known = {version.artifact for version in registry.versions() if version.name == run.recipe}
    beside = [artifact.path / name for name in (MANIFEST, RECEIPT_NAME)]
    version = registry.register(
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
            **chain.position(
                receipt.report.chain, receipt.report.transaction, receipt.report.contract
            ),
            "validation_accuracy": repr(passed.report.validation),
        },
    )
    return sealed.model_path, Registered(version.name, version.number, sealed.digest in known)


@task(name="candidate", cache_policy=NO_CACHE)
def candidate(run: Run, settings: Anchor) -> StepResult[Start]:
    """The checkpoint behind the present candidate, with its lineage.

    Raises:
        EnvironmentUnfit: there is no candidate, or its checkpoint is not on this machine.
    """
    present = registry.candidate(run.recipe)
    if present is None:
        raise _no_start(f"no candidate of {run.recipe} in MLflow")
    folder = run.workspace.artifacts / present.artifact
    manifest = open_artifact(folder).manifest
    path = run.workspace.checkpoints / f"{manifest.checkpoint}.safetensors"
    if not path.is_file():
        raise _no_start(f"no {path.name} among the checkpoints")
    said = history(_said_of(run, settings, folder), manifest.checkpoint)
    rounds = sum(statement.kind == "round" for statement in said)
    start = Start(present.number, present.artifact, rounds, said)
    return StepResult("candidate", path, manifest.checkpoint, (), start, 0.0, reused=True)


def tuned_ancestor(run: Run, said: Said) -> StepResult[None] | None:
    """The large tuned network behind a lineage, if this machine still has it, to compare size and speed with."""
    tuned = next((statement for statement in said if statement.kind == "tuned"), None)
    path = run.workspace.checkpoints / f"{tuned.subject}.safetensors" if tuned else None
    if tuned is None or path is None or not path.is_file():
        return None
    return StepResult("finetune", path, tuned.subject, (), None, 0.0, reused=True)


def _said_of(run: Run, settings: Anchor, artifact: Path) -> Said:
    """What an artifact's receipt says that it came from, or the outbox while it has none."""
    receipt = read_receipt(receipt_path(artifact))
    if receipt is not None:
        return receipt.lineage
    with chain.outbox(run.workspace, settings.chain) as waiting:
        for statement in waiting.about(artifact.name):
            if statement.kind == "artifact":
                return waiting.lineage(statement.digest)
    raise _no_start(f"neither a receipt of artifact {artifact.name} nor anything in the outbox")


def _no_start(found: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected="a candidate whose checkpoint is here",
        found=found,
        remedy="run `edgeline run` first, which makes one",
    )
