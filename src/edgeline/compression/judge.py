"""What a compressed model costs and gains: the same examples through both, timed in the same rounds."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.compression.calibration import split_into_feeds
from edgeline.digest import sha256_file
from edgeline.edge.agreement import agreement
from edgeline.edge.session import Session, Tensors, load
from edgeline.edge.stopwatch import median_ratio, paired_cpu_ms
from edgeline.errors import RecipeError
from edgeline.metrics import Labels, accuracy


@dataclass(frozen=True)
class Judgement:
    """Before and after; times are CPU time of one inference on one thread, in the same rounds."""

    bytes_before: int
    bytes_after: int
    accuracy_before: float | None
    """None where no labels were given."""
    accuracy_after: float | None
    agreement: float | None
    """Share of examples on which both answer the same class; None where the answers are no classes."""
    difference: float
    """Largest difference of an output, as a share of the range of that output before."""
    cpu_ms_before: float
    cpu_ms_after: float
    speed_up: float
    """Median over rounds of time before / time after; 1 where both are the same file."""


def judge(
    before: Path, after: Path, inputs: Tensors, rounds: int, labels: Labels | None = None
) -> Judgement:
    """Compares two models of the same inputs and outputs on examples that neither learned from.

    `inputs` holds arrays of examples by name; `labels`, for a classifier, their classes. An
    inference of the timing takes one example, or as many as the network demands.

    Raises:
        RecipeError: the inputs are not what the models take, or labels are given for another
            network than a classifier of one output.
    """
    sessions = load(before), load(after)
    answers = [_answers(session, inputs) for session in sessions]
    measured = agreement(*answers)
    accuracies = [_accuracy(one, labels, sessions[0].batch or 1) for one in answers]
    first = {name: array[: sessions[0].batch or 1] for name, array in inputs.items()}
    times = paired_cpu_ms([partial(session.run, first) for session in sessions], rounds)
    return Judgement(
        bytes_before=before.stat().st_size,
        bytes_after=after.stat().st_size,
        accuracy_before=accuracies[0],
        accuracy_after=accuracies[1],
        agreement=measured.top1,
        difference=measured.difference,
        cpu_ms_before=float(np.median(times[:, 0])),
        cpu_ms_after=float(np.median(times[:, 1])),
        speed_up=1.0 if sha256_file(before) == sha256_file(after) else median_ratio(times, 0, 1),
    )


def _answers(session: Session, inputs: Tensors) -> dict[str, NDArray[Any]]:
    """To all examples; a network of one batch size answers them in several inferences."""
    if session.batch is None:
        return session.run(inputs)
    longest = max(len(array) for array in inputs.values())
    parts = [session.run(feed) for feed in split_into_feeds(session, inputs, longest)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _accuracy(answers: dict[str, NDArray[Any]], labels: Labels | None, batch: int) -> float | None:
    """A network of one batch size leaves less than a batch of the last examples out."""
    if labels is None:
        return None
    shapes = {name: array.shape for name, array in answers.items()}
    (logits, *more) = answers.values()
    if more or logits.ndim != 2 or not 0 <= len(labels) - len(logits) < batch:
        raise RecipeError(
            expected="a label for each example of a classifier that has one output",
            found=f"{len(labels)} labels, and outputs of shape {shapes}",
            remedy="judge this model without labels",
        )
    return accuracy(logits, labels[: len(logits)])
