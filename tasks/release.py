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
from edgeline.edge.golden import check_golden, record_golden
from edgeline.edge.session import load
from edgeline.errors import EnvironmentUnfit
from edgeline.manifest import MANIFEST, Ancestor
from edgeline.preprocess import Preprocessing
from edgeline.receipt import RECEIPT_NAME
from edgeline.recipe.data import Form
from tasks.product import Product
from tasks.run import Run
from tasks.step import step
from tasks.tracking import registry

GOLDEN_IMAGES = 10


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
    lineage: tuple[Ancestor, ...]


@step("seal")
def seal(
    run: Run,
    form: Form,
    learned: Product,
    data: Product,
    int8: Product,
    parts: Product,
    lineage: tuple[Ancestor, ...],
) -> tuple[Path, Sealed]:
    """Put model, parts, preprocessing and golden answers into one folder that is named by its content."""
    staging = run.folder / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(parts.path, staging / "parts")
    shutil.copy(int8.path, staging / "model.onnx")
    session = load(int8.path)
    preprocessing = Preprocessing(form.channels, form.image_size, form.mean, form.std)
    images, _ = prepared(data.path, "test")
    record_golden(staging, session, preprocessing, images[:GOLDEN_IMAGES])
    files = sorted((staging / "parts").iterdir())
    description = Description(
        recipe=run.recipe,
        classes=tuple(str(number) for number in range(form.classes)),
        preprocessing=preprocessing,
        model=session.net("model.onnx"),
        parts=tuple(load(path).net(f"parts/{path.name}") for path in files),
        cut=parts.report.cut,
        checkpoint=learned.digest,
        parents={"data": data.digest, "checkpoint": learned.digest},
        lineage=lineage,
    )
    artifact = seal_artifact(staging, description, run.workspace.artifacts)
    check_golden(artifact, load(artifact.model_path))
    shutil.rmtree(staging)
    sizes = [entry.bytes for entry in artifact.manifest.files.values()]
    return artifact.folder, Sealed(len(sizes), sum(sizes))


@step("register", reuse=False)
def register(
    run: Run, artifact: Product, passed: Product, receipt: Product
) -> tuple[Path, Registered]:
    """Register exactly the sealed model.onnx in MLflow under the alias `candidate`, tagged with where it comes from."""
    sealed = open_artifact(artifact.path)
    manifest = sealed.manifest
    known = {version.artifact for version in registry.versions() if version.name == run.recipe}
    version = registry.register(
        run.tracked,
        run.recipe,
        sealed.model_path,
        [artifact.path / MANIFEST, artifact.path / RECEIPT_NAME],
        manifest.model,
        {
            "artifact": sealed.digest,
            "checkpoint": manifest.checkpoint,
            "data": manifest.parents["data"],
            "prefect.flow_run_id": str(flow_run.id),
            "transaction": receipt.report.transaction,
            "contract": receipt.report.contract,
            "validation_accuracy": repr(passed.report.validation),
        },
    )
    return sealed.model_path, Registered(version.name, version.number, sealed.digest in known)


@task(name="candidate", cache_policy=NO_CACHE)
def candidate(run: Run) -> Product[Start]:
    """The checkpoint behind the present candidate, with its lineage.

    Raises:
        EnvironmentUnfit: there is no candidate, or its checkpoint is not on this machine.
    """
    present = registry.candidate(run.recipe)
    if present is None:
        raise _no_start(f"no candidate of {run.recipe} in MLflow")
    manifest = open_artifact(run.workspace.artifacts / present.artifact).manifest
    path = run.workspace.checkpoints / f"{manifest.checkpoint}.safetensors"
    if not path.is_file():
        raise _no_start(f"no {path.name} among the checkpoints")
    rounds = sum(ancestor.kind == "round" for ancestor in manifest.lineage)
    start = Start(present.number, present.artifact, rounds, manifest.lineage)
    return Product("candidate", path, manifest.checkpoint, (), start, 0.0, reused=True)


def tuned_ancestor(run: Run, lineage: tuple[Ancestor, ...]) -> Product[None] | None:
    """The large tuned network behind a lineage, if this machine still has it, to compare size and speed with."""
    tuned = next((ancestor for ancestor in lineage if ancestor.kind == "tuned"), None)
    path = run.workspace.checkpoints / f"{tuned.digest}.safetensors" if tuned else None
    if tuned is None or path is None or not path.is_file():
        return None
    return Product("finetune", path, tuned.digest, tuned.parents, None, 0.0, reused=True)


def _no_start(found: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected="a candidate whose checkpoint is here",
        found=found,
        remedy="run `edgeline run` first, which makes one",
    )
