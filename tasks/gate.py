"""What a model must reach before anyone outside can see it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact, open_artifact
from edgeline.comparison import Comparison, compare
from edgeline.datasets import load_central, load_set
from edgeline.edge.session import load, load_model
from edgeline.errors import GateMissed
from edgeline.finetuning.baseline import learn
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
    not_compared: str = ""
    """Why the present candidate has no accuracy here; empty where it has, and where there is none."""
    gains: tuple[Comparison, ...] = ()
    """On the test set, against the tuned network where the run has it, and against both baselines."""

    @property
    def figure(self) -> str:
        present = (
            f"candidate not compared: {self.not_compared}" if self.not_compared else "no candidate"
        )
        if self.candidate is not None:
            present = f"candidate {self.candidate:.3f}"
        return f"{self.validation:.3f} on validation, {present}"


@step("gate", reuse=False)
def gate(
    run: Run,
    settings: Gate,
    whole: StepResult[object],
    artifact: StepResult[object],
    data: StepResult[object],
    large: StepResult[object] | None,
) -> tuple[Path, GateReport]:
    """Compare the sealed model with the recipe's limits, the present candidate, `large` and the baselines.

    `whole` is the same network in fp32, `large` the tuned one. All of them answer here and now: no earlier
    report is believed.

    Raises:
        GateMissed: too inaccurate, too much lost by quantisation, or worse than the candidate or a baseline.
    """
    sealed = open_artifact(artifact.path)
    values, labels = load_set(data.path, "validation").examples
    fp32 = accuracy(load(whole.path).logits(sealed.preprocessing(values)), labels)
    after = _accuracy(sealed, values, labels)
    present, not_compared = _candidate(run, sealed)
    candidate = _accuracy(present, values, labels) if present else None
    test = load_set(data.path, "test")
    inputs = sealed.preprocessing(test.values)
    logits = load_model(sealed).logits(inputs)
    classes, kind = len(sealed.manifest.classes), sealed.preprocessing.kind
    plain = learn(*load_central(data.path).examples, test.values, classes, kind)
    gains = baselines = plain.comparisons(logits, test.labels)
    if large:
        tuned = load(large.path).logits(inputs)
        gains = compare("tuned network", tuned, logits, test.labels), *baselines
    report = GateReport(after, fp32 - after, candidate, not_compared, gains)
    for limit in settings.limits(after, report.quantisation_loss, candidate, baselines):
        if not limit.is_met:
            raise GateMissed(
                expected=f"{limit.expected} (gate.{limit.setting})",
                found=limit.found,
                remedy="nothing was anchored or registered; improve the model, or change the gate knowingly",
            )
    return artifact.path, report


def _accuracy(artifact: Artifact, values: Values, labels: NDArray[np.int64]) -> float:
    """Accuracy of a sealed model on items prepared as it asks for."""
    return accuracy(load_model(artifact).logits(artifact.preprocessing(values)), labels)


def _candidate(run: Run, sealed: Artifact) -> tuple[Artifact | None, str]:
    """The present candidate, where one answers the same question as the new model; else why it cannot be compared.

    Raises:
        Tampered: its artifact is not what was released.
    """
    present = registry.candidate(run.recipe)
    if present is None:
        return None, ""
    if not (run.workspace.artifacts / present.artifact).is_dir():
        return None, "its artifact is not on this machine"
    candidate = open_artifact(run.workspace.artifacts / present.artifact)
    others = sealed.find_differences(candidate)
    return (None, f"it has other {' and '.join(others)}") if others else (candidate, "")
