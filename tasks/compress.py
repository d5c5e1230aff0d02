"""Smaller twice: distilled into a small network (and the control that had no teacher), then its numbers in 8 bits."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.compression.distill import DistillReport, distill
from edgeline.compression.quantize import QuantiseReport, quantize
from edgeline.datasets import central, prepared
from edgeline.datasets.printed import render
from edgeline.edge.session import load as load_session
from edgeline.edge.stopwatch import median_ratio, paired_cpu_ms
from edgeline.finetuning.evaluate import score
from edgeline.finetuning.finetune import train_from_scratch
from edgeline.finetuning.loop import TrainReport
from edgeline.metrics import accuracy, confusion, top1
from edgeline.models.checkpoint import load, save
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Form
from edgeline.recipe.quantise import Quantise
from edgeline.recipe.shrink import Shrink
from tasks import pictures, tracking
from tasks.product import Product
from tasks.run import Run
from tasks.step import step
from tasks.watch import epochs


@dataclass(frozen=True)
class Small:
    accuracy: float
    """On the test set."""
    bytes: int
    distillation: DistillReport

    @property
    def figure(self) -> str:
        report = self.distillation
        return f"{self.accuracy:.3f} with {report.weights_after:,} of {report.weights_before:,} weights"


@dataclass(frozen=True)
class Untaught:
    accuracy: float
    """On the test set."""
    bytes: int
    training: TrainReport

    @property
    def figure(self) -> str:
        return f"{self.accuracy:.3f} without a teacher"


@dataclass(frozen=True)
class Int8:
    accuracy: float
    """On the test set."""
    fp32_accuracy: float
    """Of the same network before, on the test set."""
    bytes: int
    quantisation: QuantiseReport
    """Accuracies in it are on the validation set."""
    tuned_bytes: int | None
    """Of the tuned network in fp32 ONNX; None where the run has no such network."""
    tuned_speed_up: float | None
    """Median paired CPU time of that network divided by the int8 model's, batch 1, one thread."""

    @property
    def figure(self) -> str:
        return f"{self.accuracy:.3f} from {self.fp32_accuracy:.3f}, {self.bytes:,} bytes"


@step("shrink")
def shrink(run: Run, settings: Shrink, tuned: Product, data: Product) -> tuple[Path, Small]:
    """Distil the tuned network into a small one, on the central images."""
    validation, test = prepared(data.path, "validation"), prepared(data.path, "test")
    teacher = load(tuned.path)
    student, report = distill(
        teacher,
        replace(teacher.spec, widths=settings.widths),
        *central(data.path),
        validation,
        settings,
        epochs("shrink"),
        render(settings.printed, teacher.spec.image_size, settings.seed)[0]
        if settings.printed
        else None,
    )
    path = save(student, run.workspace.checkpoints)
    tracking.log_figure(run.tracked, pictures.learning(report.training), "learning.png")
    return path, Small(score(student, *test), path.stat().st_size, report)


@step("untaught")
def untaught(run: Run, settings: Shrink, tuned: Product, data: Product) -> tuple[Path, Untaught]:
    """Train the same small network on the same labels without a teacher, for as many batches."""
    validation, test = prepared(data.path, "validation"), prepared(data.path, "test")
    teacher = load(tuned.path)
    images, labels = central(data.path)
    # labelled images stand in for the printed ones that only a teacher could label
    times = settings.lessons + round(settings.printed / len(labels))
    checkpoint, report = train_from_scratch(
        replace(teacher.spec, widths=settings.widths),
        teacher.preprocessing,
        np.repeat(images, times, axis=0),
        np.repeat(labels, times),
        validation,
        settings,
        settings.seed,
        epochs("untaught"),
    )
    path = save(checkpoint, run.workspace.checkpoints)
    return path, Untaught(score(checkpoint, *test), path.stat().st_size, report)


@step("quantise")
def quantise(
    run: Run, settings: Quantise, form: Form, whole: Product, data: Product, large: Product | None
) -> tuple[Path, Int8]:
    """Turn fp32 ONNX into int8, calibrated on central images alone, and compare before and after.

    `large` is the tuned network in fp32 ONNX, against which size and speed are stated.
    """
    prepare = Preprocessing(form.channels, form.image_size, form.mean, form.std)
    calibration, _ = central(data.path)
    images, labels = prepared(data.path, "validation")
    path, report = quantize(
        whole.path,
        run.folder / "model.onnx",
        prepare(calibration),
        settings,
        inputs=prepare(images),
        labels=labels,
    )
    images, labels = prepared(data.path, "test")
    inputs = prepare(images)
    before, after = (load_session(each).logits(inputs) for each in (whole.path, path))
    classes = [str(number) for number in range(form.classes)]
    tracking.log_figure(
        run.tracked, pictures.confusion(confusion(after, labels), classes), "confusion.png"
    )
    tracking.log_figure(
        run.tracked, pictures.samples(images, labels, top1(after), classes), "samples.png"
    )
    return path, Int8(
        accuracy=accuracy(after, labels),
        fp32_accuracy=accuracy(before, labels),
        bytes=path.stat().st_size,
        quantisation=report,
        tuned_bytes=large.path.stat().st_size if large else None,
        tuned_speed_up=_speed_up(large.path, path, inputs[:1], settings.latency_rounds)
        if large
        else None,
    )


def _speed_up(before: Path, after: Path, one: NDArray[np.float32], rounds: int) -> float:
    sessions = load_session(before), load_session(after)
    times = paired_cpu_ms([partial(session.logits, one) for session in sessions], rounds)
    return median_ratio(times, 0, 1)
