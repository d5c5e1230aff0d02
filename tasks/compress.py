"""Smaller twice: distilled into a small network (and the control that had no teacher), then its numbers in 8 bits."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeline.compression.distill import DistillReport, distill
from edgeline.compression.judge import Judgement, judge
from edgeline.compression.quantise import QuantiseReport
from edgeline.compression.quantise import quantise as to_int8
from edgeline.datasets import load_central, load_set
from edgeline.datasets.generators import generate
from edgeline.edge.session import load as load_session
from edgeline.edge.stopwatch import median_ratio, paired_cpu_ms
from edgeline.export.onnx import INPUT
from edgeline.figures import curves
from edgeline.figures.answers import answer_figures
from edgeline.finetuning.evaluate import scores
from edgeline.finetuning.finetune import train_from_scratch
from edgeline.finetuning.loop import TrainReport
from edgeline.graph import file as onnx_file
from edgeline.metrics import Scores
from edgeline.metrics import scores as scores_of
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, ModelSpec, load, save
from edgeline.recipe.quantise import Quantise
from edgeline.recipe.shrink import Shrink
from edgeline.recipe.training import Supervised
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import epochs

if TYPE_CHECKING:
    from tasks.data import DataReport
    from tasks.export import OnnxReport
    from tasks.finetune import TunedReport


@dataclass(frozen=True)
class DistilledReport:
    test: Scores
    bytes: int
    distillation: DistillReport

    @property
    def figure(self) -> str:
        report = self.distillation
        return f"{self.test.accuracy:.3f} with {report.weights_after:,} of {report.weights_before:,} weights"


@dataclass(frozen=True)
class WithoutTeacherReport:
    test: Scores
    bytes: int
    training: TrainReport

    @property
    def figure(self) -> str:
        return f"{self.test.accuracy:.3f} without a teacher"


@dataclass(frozen=True)
class Int8Report:
    test: Scores
    fp32: Scores
    """Of the same network before, on the test set."""
    bytes: int
    quantisation: QuantiseReport
    judgement: Judgement
    """On the validation set."""
    tuned_bytes: int | None
    """Of the tuned network in fp32 ONNX; None where the run has no such network."""
    tuned_speed_up: float | None
    """Median paired CPU time of that network divided by the int8 model's, batch 1, one thread."""

    @property
    def figure(self) -> str:
        how = "" if self.quantisation.method == "static" else f" ({self.quantisation.method})"
        change = f"{self.test.accuracy:.3f} from {self.fp32.accuracy:.3f}"
        return f"{change}, {self.bytes:,} bytes{how}"


@step("shrink")
def shrink(
    run: Run, settings: Shrink, tuned: "StepResult[TunedReport]", data: "StepResult[DataReport]"
) -> tuple[Path, DistilledReport]:
    """Distil the tuned network into a small one, on the central items."""
    teacher = load(tuned.path)
    unlabelled = None
    if settings.unlabelled != "none":
        form, count = data.report.form, settings.unlabelled_items
        unlabelled, _ = generate(settings.unlabelled, count, form, settings.seed)
    student, report = distill(
        teacher,
        _small(settings, teacher),
        *load_central(data.path).examples,
        load_set(data.path, "validation").examples,
        settings,
        augmentation=data.report.form.augmentation,
        folder=run.folder,
        on_epoch=epochs("shrink"),
        unlabelled=unlabelled,
    )
    path = save(student, run.workspace.checkpoints)
    runs.log_figures(run.tracked, {"learning": curves.learning(report.training)})
    test = scores(student, *load_set(data.path, "test").examples)
    return path, DistilledReport(test, path.stat().st_size, report)


@step("untaught")
def train_without_teacher(
    run: Run, settings: Shrink, tuned: "StepResult[TunedReport]", data: "StepResult[DataReport]"
) -> tuple[Path, WithoutTeacherReport]:
    """Train the same small network on the same labels without a teacher, for as many batches."""
    teacher = load(tuned.path)
    values, labels = load_central(data.path).examples
    # Labelled items stand in for those without labels, which only a teacher can use.
    extra = 0 if settings.unlabelled == "none" else settings.unlabelled_items
    times = settings.lessons + round(extra / len(labels))
    checkpoint, report = train_from_scratch(
        _small(settings, teacher),
        teacher.preprocessing,
        np.repeat(values, times, axis=0),
        np.repeat(labels, times),
        load_set(data.path, "validation").examples,
        Supervised.from_section(settings),
        augmentation=data.report.form.augmentation,
        folder=run.folder,
        on_epoch=epochs("untaught"),
    )
    path = save(checkpoint, run.workspace.checkpoints)
    test = scores(checkpoint, *load_set(data.path, "test").examples)
    return path, WithoutTeacherReport(test, path.stat().st_size, report)


@step("quantise")
def quantise(
    run: Run,
    settings: Quantise,
    whole: "StepResult[OnnxReport]",
    data: "StepResult[DataReport]",
    large: "StepResult[OnnxReport] | None",
) -> tuple[Path, Int8Report]:
    """Turn fp32 ONNX into int8, calibrated on central items alone, and compare before and after.

    `large` is the tuned network in fp32 ONNX, against which size and speed are stated.
    """
    prepare = whole.report.preprocessing
    values, labels = load_set(data.path, "validation").examples
    calibration = {INPUT: prepare(load_central(data.path).values)}
    model, report = to_int8(onnx_file.read(whole.path), calibration, settings)
    path = run.folder / "model.onnx"
    onnx_file.write(model, path)
    judgement = judge(whole.path, path, {INPUT: prepare(values)}, settings.latency_rounds, labels)
    test = load_set(data.path, "test")
    inputs = prepare(test.values)
    before, after = (load_session(each).logits(inputs) for each in (whole.path, path))
    runs.log_figures(run.tracked, answer_figures(after, test, data.report.form))
    return path, Int8Report(
        test=scores_of(after, test.labels),
        fp32=scores_of(before, test.labels),
        bytes=path.stat().st_size,
        quantisation=report,
        judgement=judgement,
        tuned_bytes=large.path.stat().st_size if large else None,
        tuned_speed_up=_speed_up(large.path, path, inputs[:1], settings.latency_rounds)
        if large
        else None,
    )


def _small(settings: Shrink, teacher: Checkpoint) -> ModelSpec:
    """The small network for the teacher's task."""
    kind = settings.architecture or teacher.spec.architecture
    return zoo.spec(kind, teacher.spec.shape, teacher.spec.classes, settings.widths)


def _speed_up(before: Path, after: Path, one: NDArray[np.float32], rounds: int) -> float:
    sessions = load_session(before), load_session(after)
    times = paired_cpu_ms([partial(session.logits, one) for session in sessions], rounds)
    return median_ratio(times, 0, 1)
