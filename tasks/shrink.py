"""Smaller: distilled into a network that fits a small device."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.comparison import Comparison, compare
from edgeline.compression.distill import DistillReport, distill, student_spec
from edgeline.datasets import load_central, load_set
from edgeline.datasets.printed import generate
from edgeline.figures import curves
from edgeline.finetuning.evaluate import logits
from edgeline.metrics import Scores, scores
from edgeline.models.checkpoint import load, save
from edgeline.recipe.shrink import Shrink
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import epochs

if TYPE_CHECKING:
    from tasks.data import DataReport


@dataclass(frozen=True)
class ShrinkReport:
    test: Scores
    gains: tuple[Comparison, ...]
    """Against the large network."""
    bytes: int
    distillation: DistillReport

    @property
    def figure(self) -> str:
        report = self.distillation
        return f"{self.test.accuracy:.3f} with {report.weights_after:,} of {report.weights_before:,} weights"


@step("shrink")
def shrink(
    run: Run, settings: Shrink, tuned: StepResult[object], data: "StepResult[DataReport]"
) -> tuple[Path, ShrinkReport]:
    """Distil the tuned network into a small one, on the central items and perhaps generated ones."""
    teacher, form = load(tuned.path), data.report.form
    unlabelled = None
    if settings.unlabelled != "none":
        count = settings.unlabelled_items
        unlabelled, _ = generate(count, form, settings.seed)
    student, report = distill(
        teacher,
        student_spec(teacher, settings),
        *load_central(data.path).examples,
        load_set(data.path, "validation").examples,
        settings,
        augmentation=form.augmentation,
        folder=run.folder,
        on_epoch=epochs("shrink"),
        unlabelled=unlabelled,
    )
    path = save(student, run.workspace.checkpoints)
    runs.log_figures(run.tracked, {"learning": curves.learning(report.training)})
    test = load_set(data.path, "test")
    large, small = (logits(each, test.values) for each in (teacher, student))
    gains = (compare(tuned.step, large, small, test.labels),)
    return path, ShrinkReport(scores(small, test.labels), gains, path.stat().st_size, report)
