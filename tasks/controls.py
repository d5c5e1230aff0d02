"""The same networks trained without what helped them: the pretrained start, and the teacher."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.compression.distill import student_spec, untaught_examples
from edgeline.datasets import load_central, load_set
from edgeline.finetuning.evaluate import Labels, Values, scores
from edgeline.finetuning.finetune import train_from_scratch
from edgeline.finetuning.loop import TrainReport
from edgeline.metrics import Scores
from edgeline.models.checkpoint import ModelSpec, load, save
from edgeline.recipe.finetune import Finetune
from edgeline.recipe.shrink import Shrink
from edgeline.recipe.training import Supervised
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import epochs

if TYPE_CHECKING:
    from tasks.data import DataReport


@dataclass(frozen=True)
class ControlReport:
    without: str
    """What the network had to do without."""
    test: Scores
    bytes: int
    training: TrainReport

    @property
    def figure(self) -> str:
        return f"{self.test.accuracy:.3f} without {self.without}"


@step("scratch")
def train_without_start(
    run: Run,
    settings: Finetune,
    pretrained: StepResult[object],
    data: "StepResult[DataReport]",
) -> tuple[Path, ControlReport]:
    """Train the large network on the same labels from random weights."""
    spec, examples = load(pretrained.path).spec, load_central(data.path).examples
    return _train(run, "scratch", "the pretrained start", spec, examples, settings, data)


@step("untaught")
def train_without_teacher(
    run: Run, settings: Shrink, tuned: StepResult[object], data: "StepResult[DataReport]"
) -> tuple[Path, ControlReport]:
    """Train the small network on the same labels, for as many batches."""
    spec = student_spec(load(tuned.path), settings)
    examples = untaught_examples(*load_central(data.path).examples, settings)
    alone = Supervised.from_section(settings)
    return _train(run, "untaught", "a teacher", spec, examples, alone, data)


def _train(
    run: Run,
    name: str,
    without: str,
    spec: ModelSpec,
    examples: tuple[Values, Labels],
    settings: Supervised,
    data: "StepResult[DataReport]",
) -> tuple[Path, ControlReport]:
    form = data.report.form
    checkpoint, report = train_from_scratch(
        spec,
        form.preprocessing,
        *examples,
        load_set(data.path, "validation").examples,
        settings,
        augmentation=form.augmentation,
        folder=run.folder,
        on_epoch=epochs(name),
    )
    path = save(checkpoint, run.workspace.checkpoints)
    test = scores(checkpoint, *load_set(data.path, "test").examples)
    return path, ControlReport(without, test, path.stat().st_size, report)
