"""What a model must reach before anyone outside can see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact, open_artifact
from edgeline.datasets import prepared
from edgeline.edge.session import load
from edgeline.errors import GateMissed
from edgeline.metrics import accuracy
from edgeline.preprocess import Values
from edgeline.recipe.gate import Gate
from edgeline.tracking import registry
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult


@dataclass(frozen=True)
class Passed:
    """Accuracies on the validation items of this run."""

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
    run: Run, settings: Gate, whole: StepResult, artifact: StepResult, data: StepResult
) -> tuple[Path, Passed]:
    """Compare the sealed model with the recipe's limits and with the present candidate.

    `whole` is the same network in fp32. All of them answer here and now: no earlier report is believed.

    Raises:
        GateMissed: too inaccurate, too much lost by quantisation, or worse than the candidate.
    """
    sealed = open_artifact(artifact.path)
    values, labels = prepared(data.path, "validation").examples
    fp32 = accuracy(load(whole.path).logits(sealed.preprocessing(values)), labels)
    after = _answered(sealed, values, labels)
    present = _candidate(run, sealed)
    found = Passed(after, fp32 - after, _answered(present, values, labels) if present else None)
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


def _answered(artifact: Artifact, values: Values, labels: NDArray[np.int64]) -> float:
    """Accuracy of a sealed model on items prepared as it asks for."""
    return accuracy(load(artifact.model_path).logits(artifact.preprocessing(values)), labels)


def _candidate(run: Run, sealed: Artifact) -> Artifact | None:
    """The present candidate, where there is one that answers the same question as the new model.

    Raises:
        Tampered: its artifact is not what was released.
    """
    present = registry.candidate(run.recipe)
    if present is None or not (run.workspace.artifacts / present.artifact).is_dir():
        return None
    candidate = open_artifact(run.workspace.artifacts / present.artifact)
    return candidate if _question(candidate) == _question(sealed) else None


def _question(artifact: Artifact) -> tuple[object, ...]:
    """What two models must share to be compared: their classes and the form of their inputs."""
    form = artifact.preprocessing
    return artifact.manifest.classes, form.kind, form.shape, form.columns
