"""What a model must reach before anyone outside can see it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact, open_artifact
from edgeline.datasets import load_set
from edgeline.edge.session import load, load_model
from edgeline.errors import GateMissed
from edgeline.metrics import accuracy
from edgeline.preprocess import Values
from edgeline.recipe.gate import Gate
from edgeline.tracking import registry
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult


@dataclass(frozen=True)
class GateReport:
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
    run: Run,
    settings: Gate,
    whole: StepResult[object],
    artifact: StepResult[object],
    data: StepResult[object],
) -> tuple[Path, GateReport]:
    """Compare the sealed model with the recipe's limits and with the present candidate.

    `whole` is the same network in fp32. All of them answer here and now: no earlier report is believed.

    Raises:
        GateMissed: too inaccurate, too much lost by quantisation, or worse than the candidate.
    """
    sealed = open_artifact(artifact.path)
    values, labels = load_set(data.path, "validation").examples
    fp32 = accuracy(load(whole.path).logits(sealed.preprocessing(values)), labels)
    after = _accuracy(sealed, values, labels)
    present = _candidate(run, sealed)
    candidate = _accuracy(present, values, labels) if present else None
    report = GateReport(after, fp32 - after, candidate)
    for limit in settings.limits(report.validation, report.quantisation_loss, report.candidate):
        if not limit.is_met:
            raise GateMissed(
                expected=f"{limit.expected} (gate.{limit.setting})",
                found=f"{limit.measured:.4f}",
                remedy="nothing was anchored or registered; improve the model, or change the gate knowingly",
            )
    return artifact.path, report


def _accuracy(artifact: Artifact, values: Values, labels: NDArray[np.int64]) -> float:
    """Accuracy of a sealed model on items prepared as it asks for."""
    return accuracy(load_model(artifact).logits(artifact.preprocessing(values)), labels)


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
