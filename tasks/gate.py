"""What a model must reach before anyone outside can see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeline.artifact import Artifact, open_artifact
from edgeline.datasets import read
from edgeline.edge.session import load
from edgeline.errors import GateMissed
from edgeline.metrics import accuracy
from edgeline.recipe.gate import Gate
from tasks.product import Product
from tasks.run import Run
from tasks.step import step
from tasks.tracking import registry


@dataclass(frozen=True)
class Passed:
    """Accuracies on the validation images of this run."""

    validation: float
    """Of the int8 model."""
    quantisation_loss: float
    """Of the same network in fp32, less that of the int8 model."""
    candidate: float | None
    """Of the present candidate; None where there is none that answers the same question."""

    @property
    def figure(self) -> str:
        present = "no candidate" if self.candidate is None else f"candidate {self.candidate:.3f}"
        return f"{self.validation:.3f} on validation, {present}"


@step("gate", reuse=False)
def gate(
    run: Run, settings: Gate, int8: Product, artifact: Product, data: Product
) -> tuple[Path, Passed]:
    """Compare the int8 model with the recipe's limits and with the present candidate.

    Raises:
        GateMissed: too inaccurate, too much lost by quantisation, or worse than the candidate.
    """
    report = int8.report.quantisation
    loss = report.accuracy_before - report.accuracy_after
    standing = _standing(run, open_artifact(artifact.path), data)
    found = Passed(report.accuracy_after, loss, standing)
    for setting, met, limit, value in _limits(settings, found):
        if not met:
            raise GateMissed(
                expected=f"{limit} (gate.{setting})",
                found=f"{value:.4f}",
                remedy="nothing was anchored or registered; improve the model, or change the gate knowingly",
            )
    return artifact.path, found


def _limits(settings: Gate, found: Passed) -> Iterator[tuple[str, bool, str, float]]:
    """(setting, whether it is met, what it asks, what was found) of every limit that applies."""
    least, most = settings.min_accuracy, settings.max_quantisation_loss
    asked = f"validation accuracy of at least {least:.4f}"
    yield "min_accuracy", found.validation >= least, asked, found.validation
    asked = f"validation accuracy lost by quantisation of at most {most:.4f}"
    yield "max_quantisation_loss", found.quantisation_loss <= most, asked, found.quantisation_loss
    if found.candidate is not None:
        least = found.candidate - settings.max_regression
        asked = f"validation accuracy of at least {least:.4f}, against the present candidate"
        yield "max_regression", found.validation >= least, asked, found.validation


def _standing(run: Run, sealed: Artifact, data: Product) -> float | None:
    """Accuracy of the present candidate, asked the same questions as the new model."""
    present = registry.candidate(run.recipe)
    if present is None:
        return None
    folder = run.workspace.artifacts / present.artifact
    if not folder.is_dir():
        return float(present.tags["validation_accuracy"])
    candidate = open_artifact(folder)
    if _question(candidate) != _question(sealed):
        return None
    images, labels = read(data.path / "prepared" / "validation.npz")
    inputs = candidate.preprocessing(images)
    return accuracy(load(candidate.model_path).logits(inputs), labels)


def _question(artifact: Artifact) -> tuple[object, ...]:
    """What two models must share to be compared: their classes and the form of their inputs."""
    form = artifact.preprocessing
    return artifact.manifest.classes, form.channels, form.image_size
