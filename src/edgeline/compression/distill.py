"""A small network that learns to answer as a large one does: Hinton et al., arXiv 1503.02531.

The student sees the same changed items as the teacher, so a hundred labels give as many lessons as
there are ways to write, or to measure, the same thing. The control is
`finetuning.finetune.train_from_scratch` on the same labels, without a teacher.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from edgeline.digest import sha256_bytes
from edgeline.finetuning.evaluate import Labels, Values, channels_last, score
from edgeline.finetuning.loop import Examples, OnEpoch, TrainReport, no_callback, train
from edgeline.finetuning.losses import Objective
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build, count_weights, restore, snapshot
from edgeline.recipe.shrink import Shrink

UNLABELLED = -1


@dataclass(frozen=True)
class DistillReport:
    """What the small network kept of the large one, on validation data."""

    before: float
    """Accuracy of the teacher."""
    after: float
    """Accuracy of the student."""
    weights_before: int
    weights_after: int
    training: TrainReport


def student_spec(teacher: Checkpoint, settings: Shrink) -> ModelSpec:
    """The small network for the teacher's task."""
    architecture = settings.architecture or teacher.spec.architecture
    return zoo.spec(architecture, teacher.spec.shape, teacher.spec.classes, settings.widths)


def untaught_examples(values: Values, labels: Labels, settings: Shrink) -> tuple[Values, Labels]:
    """What the control learns from: the labelled items, as often as a student sees any item in an epoch.

    They stand in for items without labels too, which only a teacher can use.
    """
    extra = 0 if settings.unlabelled == "none" else settings.unlabelled_items
    times = settings.lessons + round(extra / len(labels))
    return np.repeat(values, times, axis=0), np.repeat(labels, times)


def distill(
    teacher: Checkpoint,
    spec: ModelSpec,
    values: Values,
    labels: Labels,
    validation: tuple[Values, Labels],
    settings: Shrink,
    *,
    augmentation: str,
    folder: Path | None = None,
    on_epoch: OnEpoch = no_callback,
    unlabelled: Values | None = None,
) -> tuple[Checkpoint, DistillReport]:
    """Train a network of `spec` on the teacher's answers, and a little on the labels.

    An epoch shows each labelled item `settings.lessons` times, changed differently each time, and
    each unlabelled one once. For unlabelled items only the teacher's answer counts. A killed call is
    resumed from `folder`.
    """
    preprocessing = teacher.preprocessing
    network, training = train(
        build(spec, settings.seed),
        _lessons(teacher, values, labels, settings.lessons, unlabelled),
        settings,
        imitate(teacher, settings.temperature, settings.label_weight),
        augmentation=augmentation,
        validation=Examples(preprocessing(validation[0]), validation[1]),
        on_epoch=on_epoch,
        folder=folder,
        objective_key=sha256_bytes(b"".join(one.tobytes() for one in teacher.arrays().values())),
    )
    student = snapshot(network, spec, preprocessing)
    report = DistillReport(
        before=score(teacher, *validation),
        after=score(student, *validation),
        weights_before=count_weights(teacher.spec),
        weights_after=count_weights(spec),
        training=training,
    )
    return student, report


def imitate(teacher: Checkpoint, temperature: float, label_weight: float) -> Objective:
    """Distance of the softened answers from the teacher's, mixed with the error on the labels.

    The factor of temperature squared keeps the gradient's size when the temperature changes
    (section 2 of the paper).
    """
    network = channels_last(restore(teacher)).eval()

    def loss(logits_BK: Tensor, inputs: Tensor, labels_B: Tensor) -> Tensor:
        with torch.no_grad():
            teacher_BK = F.log_softmax(network(inputs) / temperature, dim=1)
        student_BK = F.log_softmax(logits_BK / temperature, dim=1)
        soft = (
            F.kl_div(student_BK, teacher_BK, reduction="batchmean", log_target=True)
            * temperature**2
        )
        # A sum by the batch's size: a batch without labels counts as nothing, not as 0 / 0.
        errors = F.cross_entropy(logits_BK, labels_B, ignore_index=UNLABELLED, reduction="sum")
        hard = errors / len(labels_B)
        return (1 - label_weight) * soft + label_weight * hard

    return loss


def _lessons(
    teacher: Checkpoint,
    values: Values,
    labels: Labels,
    times: int,
    unlabelled: Values | None,
) -> Examples:
    values, labels = np.repeat(values, times, axis=0), np.repeat(labels, times)
    if unlabelled is not None:
        values = np.concatenate([values, unlabelled])
        labels = np.concatenate([labels, np.full(len(unlabelled), UNLABELLED, dtype=labels.dtype)])
    return Examples(teacher.preprocessing(values), labels)
