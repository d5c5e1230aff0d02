"""Fine-tuning on the central labels, and the control that tells what the pretrained start was worth."""

from dataclasses import dataclass
from pathlib import Path

from edgeline.datasets import central, prepared
from edgeline.finetuning.evaluate import score
from edgeline.finetuning.finetune import FinetuneReport, finetune, train_from_scratch
from edgeline.finetuning.loop import TrainReport
from edgeline.models.checkpoint import load, save
from edgeline.recipe.finetune import Finetune
from tasks import pictures, tracking
from tasks.product import Product
from tasks.run import Run
from tasks.step import step
from tasks.watch import epochs


@dataclass(frozen=True)
class Tuned:
    accuracy: float
    """On the test set."""
    pretrained_accuracy: float
    """Of the pretrained network on the same test set."""
    bytes: int
    tuning: FinetuneReport

    @property
    def figure(self) -> str:
        alpha = self.tuning.interpolation.alpha
        return f"{self.accuracy:.3f} on handwriting, from {self.pretrained_accuracy:.3f}, alpha {alpha:g}"


@dataclass(frozen=True)
class Control:
    accuracy: float
    """On the test set."""
    bytes: int
    training: TrainReport

    @property
    def figure(self) -> str:
        return f"{self.accuracy:.3f} without the pretrained start"


@step("finetune")
def tune(run: Run, settings: Finetune, pretrained: Product, data: Product) -> tuple[Path, Tuned]:
    """Tune the pretrained network to the central labels and interpolate between the two."""
    validation, test = prepared(data.path, "validation"), prepared(data.path, "test")
    before = load(pretrained.path)
    checkpoint, report = finetune(
        before, *central(data.path), validation, settings, epochs("finetune")
    )
    path = save(checkpoint, run.workspace.checkpoints)
    tracking.log_figure(run.tracked, pictures.learning(report.training), "learning.png")
    tracking.log_figure(run.tracked, pictures.interpolation(report.interpolation), "alpha.png")
    return path, Tuned(score(checkpoint, *test), score(before, *test), path.stat().st_size, report)


@step("scratch")
def scratch(
    run: Run, settings: Finetune, pretrained: Product, data: Product
) -> tuple[Path, Control]:
    """Train the same network on the same labels from random weights."""
    validation, test = prepared(data.path, "validation"), prepared(data.path, "test")
    start = load(pretrained.path)
    checkpoint, report = train_from_scratch(
        start.spec,
        start.preprocessing,
        *central(data.path),
        validation,
        settings,
        settings.seed,
        epochs("scratch"),
    )
    path = save(checkpoint, run.workspace.checkpoints)
    return path, Control(score(checkpoint, *test), path.stat().st_size, report)
