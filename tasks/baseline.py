"""What needs no network: the trivial rule, and logistic regression on the same central labels."""

from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.datasets import load_central, load_set
from edgeline.finetuning.baseline import BaselineReport
from edgeline.finetuning.baseline import baseline as measure
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport


@step("baseline")
def baseline(run: Run, data: "StepResult[DataReport]") -> tuple[Path, BaselineReport]:
    """Measure on the test set what a plain statistician would do with the central labels."""
    test = load_set(data.path, "test").examples
    kind = data.report.form.preprocessing.kind
    return data.path, measure(*load_central(data.path).examples, *test, kind)
