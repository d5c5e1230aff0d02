"""Fine-tuning on the central labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.comparison import Comparison, compare
from edgeline.datasets import load_central, load_set
from edgeline.figures import curves
from edgeline.figures.answers import answer_figures
from edgeline.finetuning.evaluate import logits
from edgeline.finetuning.finetune import FinetuneReport, finetune
from edgeline.metrics import Scores, scores
from edgeline.models.checkpoint import load, save
from edgeline.recipe.finetune import Finetune
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import epochs

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.pretrain import PretrainReport


@dataclass(frozen=True)
class TuneReport:
    test: Scores
    before: Scores
    """Of the pretrained network on the same test set."""
    gains: tuple[Comparison, ...]
    """Against the pretrained network."""
    bytes: int
    tuning: FinetuneReport

    @property
    def figure(self) -> str:
        alpha = self.tuning.interpolation.alpha
        return f"{self.test.accuracy:.3f} on test, from {self.before.accuracy:.3f}, alpha {alpha:g}"


@step("finetune")
def tune(
    run: Run,
    settings: Finetune,
    pretrained: "StepResult[PretrainReport]",
    data: "StepResult[DataReport]",
) -> tuple[Path, TuneReport]:
    """Tune the pretrained network to the central labels and interpolate between the two."""
    before = load(pretrained.path)
    loaded = pretrained.report.loaded
    checkpoint, report = finetune(
        before,
        *load_central(data.path).examples,
        load_set(data.path, "validation").examples,
        settings,
        augmentation=data.report.form.augmentation,
        folder=run.folder,
        on_epoch=epochs("finetune"),
        fresh=loaded.fresh if loaded else (),
    )
    path = save(checkpoint, run.workspace.checkpoints)
    pictures = {
        "learning": curves.learning(report.training),
        "alpha": curves.interpolation(report.interpolation),
    }
    if len(report.seeds) > 1:
        pictures["seeds"] = curves.seeds("finetune", report.seeds)
    runs.log_figures(run.tracked, pictures)
    test = load_set(data.path, "test")
    first, after = (logits(each, test.values) for each in (before, checkpoint))
    runs.log_figures(run.tracked, answer_figures(after, test, data.report.form))
    return path, TuneReport(
        test=scores(after, test.labels),
        before=scores(first, test.labels),
        gains=(compare(pretrained.step, first, after, test.labels),),
        bytes=path.stat().st_size,
        tuning=report,
    )
