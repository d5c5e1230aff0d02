"""The pretrained start: a network that has read print and has never seen handwriting."""

from dataclasses import dataclass
from pathlib import Path

from edgeline.datasets.printed import render
from edgeline.finetuning.finetune import train_from_scratch
from edgeline.finetuning.loop import TrainReport
from edgeline.models.checkpoint import ModelSpec, save
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Form
from edgeline.recipe.pretrained import Pretrained
from tasks.run import Run
from tasks.step import step
from tasks.watch import epochs

HELD_OUT = 500
"""Printed digits, rendered with another seed, on which the learning is watched."""


@dataclass(frozen=True)
class PretrainReport:
    printed: float
    """Accuracy on printed digits that were held out."""
    bytes: int
    training: TrainReport

    @property
    def figure(self) -> str:
        return f"{self.printed:.3f} on printed digits"


@step("pretrained")
def pretrain(run: Run, settings: Pretrained, form: Form) -> tuple[Path, PretrainReport]:
    """Train the large network on printed digits."""
    spec = ModelSpec(
        settings.architecture, form.channels, form.image_size, form.classes, settings.widths
    )
    checkpoint, report = train_from_scratch(
        spec,
        Preprocessing(form.channels, form.image_size, form.mean, form.std),
        *render(settings.images, form.image_size, settings.seed),
        render(HELD_OUT, form.image_size, settings.seed + 1),
        settings,
        settings.seed,
        epochs("pretrained"),
    )
    path = save(checkpoint, run.workspace.checkpoints)
    return path, PretrainReport(report.accuracy or 0.0, path.stat().st_size, report)
