"""What needs no network: the trivial rule, and logistic regression on the same central labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.datasets import load_central, load_set
from edgeline.finetuning.baseline import baseline as measure
from edgeline.metrics import Scores
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport


@dataclass(frozen=True)
class BaselineStepReport:
    test: Scores
    """Of logistic regression."""
    trivial: Scores
    """Of the rule that always says the most frequent class."""
    features: str
    """What the regression was given of an item."""
    converged: bool
    """Whether it ended by itself and not at its last iteration."""

    @property
    def figure(self) -> str:
        return f"{self.test.accuracy:.3f} logistic regression, {self.trivial.accuracy:.3f} trivial rule"


@step("baseline")
def baseline(run: Run, data: "StepResult[DataReport]") -> tuple[Path, BaselineStepReport]:
    """Measure on the test set what a plain statistician would do with the central labels."""
    test = load_set(data.path, "test").examples
    report = measure(*load_central(data.path).examples, *test, data.report.form.preprocessing.kind)
    return data.path, BaselineStepReport(
        report.linear, report.trivial, report.features, report.converged
    )
