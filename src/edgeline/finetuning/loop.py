"""The one training loop: pretraining, fine-tuning, distillation and federated clients all call it.

It knows arrays, a network and an objective; not where any of them came from.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from edgeline.digest import digest_of, sha256_bytes
from edgeline.finetuning import losses, resume
from edgeline.finetuning.augment import Move, policy
from edgeline.finetuning.evaluate import answers, channels_last, laid_out, one_core
from edgeline.finetuning.losses import Objective
from edgeline.finetuning.methods import has_batch_norm, learning
from edgeline.finetuning.optimisers import SCHEDULES, Schedule, optimiser
from edgeline.finetuning.resume import Learner
from edgeline.finetuning.train_config import ADAM, Regime, Training, device_of
from edgeline.metrics import accuracy

# With a hundred labels, measuring after every epoch would cost more than learning.
MEASUREMENTS = 10


@dataclass(frozen=True)
class Examples:
    """Network inputs (N, *shape) and labels (N,), ready to be batched."""

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Epoch:
    """A point of the learning curve."""

    epoch: int
    """Counted from 1."""
    loss: float
    """Mean over the epoch's examples."""
    accuracy: float | None
    """On validation data; None where it was not measured after this epoch."""
    validation_loss: float | None = None
    """Mean cross-entropy on validation data, where it was measured."""


@dataclass(frozen=True)
class TrainReport:
    """How a network learned."""

    examples: int
    batches: int
    loss: float
    """Mean over the epoch whose weights were kept."""
    accuracy: float | None
    """On validation data after that epoch; None without validation data."""
    curve: tuple[Epoch, ...]
    best: int
    """The epoch whose weights were kept: without patience the last."""
    stopped: bool
    """Whether patience ended it before its last epoch."""


OnEpoch = Callable[[Epoch, int], None]
"""Told each point of the curve and how many epochs there will be."""


@dataclass(frozen=True)
class _Course:
    """What stays the same from the first epoch to the last."""

    examples: Examples
    validation: Examples | None
    settings: Training
    regime: Regime
    move: Move
    objective: Objective
    schedule: Schedule
    device: torch.device
    before_batch: Callable[[], None]


def nothing(*_: object) -> None:
    """The callback of a caller who does not listen."""


def train(
    network: nn.Module,
    examples: Examples,
    settings: Training,
    *,
    seed: int,
    augmentation: str,
    validation: Examples | None = None,
    objective: Objective | None = None,
    regime: Regime = ADAM,
    on_epoch: OnEpoch = nothing,
    before_batch: Callable[[], None] = nothing,
    folder: Path | None = None,
    besides: str = "",
    leave: bool = False,
) -> tuple[nn.Module, TrainReport]:
    """Train `network` in place and return it with its learning curve.

    The same network, examples, settings and seed give the same bits, whatever else runs beside it,
    and whether or not it was killed meanwhile, if `folder` is there to go on from. `besides` names
    what else the training follows from, such as the digest of an objective's teacher. What lies in
    `folder` is removed in the end, unless it shall be left for a second call.
    `before_batch` may raise to stop the training between two batches.
    """
    one_core()
    course = _Course(
        examples,
        validation,
        settings,
        regime,
        policy(augmentation, settings.augment),
        objective or losses.objective(regime, examples.labels),
        SCHEDULES[regime.schedule],
        device_of(regime),
        before_batch,
    )
    follows = _follows(network, course, augmentation, seed, besides) if folder else ""
    network = channels_last(network).to(course.device)
    steps = optimiser(regime.optimiser, network, settings.learning_rate, regime.weight_decay)
    learner = Learner(network, steps, torch.Generator().manual_seed(seed))
    _epochs(learner, course, on_epoch, folder, follows)
    if folder and not leave:
        resume.forget(folder, follows)
    if learner.best:
        network.load_state_dict(learner.best)
    return network.eval(), _report(learner, course)


def _epochs(
    learner: Learner, course: _Course, on_epoch: OnEpoch, folder: Path | None, follows: str
) -> None:
    """All that are still to do; each lies in `folder`, where there is one, before it is told."""
    if folder:
        resume.load(folder, follows, learner)
    while not _is_over(learner, course):
        point = _epoch(learner, course)
        if folder:
            resume.save(folder, follows, learner)
        on_epoch(point, course.settings.epochs)


def _epoch(learner: Learner, course: _Course) -> Epoch:
    number = len(learner.curve) + 1
    loss = _pass(learner, course, number)
    point = Epoch(number, loss, *_measure(learner.network, course, number))
    learner.curve.append(asdict(point))
    if course.regime.patience and _best(learner, course) == number:
        state = learner.network.state_dict()
        learner.best = {name: value.detach().cpu().clone() for name, value in state.items()}
    return point


def _pass(learner: Learner, course: _Course, number: int) -> float:
    """Every example once; the mean loss."""
    settings, network = course.settings, learning(learner.network)
    inputs = torch.from_numpy(course.examples.inputs)
    labels = torch.from_numpy(course.examples.labels)
    sizes = _batches(len(labels), settings.batch_size, network)
    batches = torch.split(torch.randperm(len(labels), generator=learner.generator), sizes)
    total, steps = 0.0, settings.epochs * len(batches)
    for step, rows in enumerate(batches, start=(number - 1) * len(batches)):
        course.before_batch()
        moved = course.move(inputs[rows], learner.generator)
        seen, wanted = laid_out(moved).to(course.device), labels[rows].to(course.device)
        for group in learner.optimiser.param_groups:
            group["lr"] = settings.learning_rate * course.schedule(step, steps)
        loss = course.objective(network(seen), seen, wanted)
        learner.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.optimiser.step()
        total += loss.item() * len(rows)
    return total / len(labels)


def _batches(count: int, size: int, network: nn.Module) -> list[int]:
    """How many examples each batch has; none is of one where batch norm needs two."""
    sizes = [size] * (count // size) + [count % size] * bool(count % size)
    if len(sizes) > 1 and sizes[-1] == 1 and has_batch_norm(network):
        sizes[-2:] = [size + 1]
    return sizes


def _measure(network: nn.Module, course: _Course, epoch: int) -> tuple[float | None, float | None]:
    """Accuracy and loss on validation data, ten times in a training."""
    epochs, validation = course.settings.epochs, course.validation
    if validation is None or (epochs - epoch) % math.ceil(epochs / MEASUREMENTS):
        return None, None
    logits = answers(network, torch.from_numpy(validation.inputs))
    labels = torch.from_numpy(validation.labels)
    loss = F.cross_entropy(torch.from_numpy(logits).double(), labels).item()
    return accuracy(logits, validation.labels), loss


def _best(learner: Learner, course: _Course) -> int:
    """The epoch to keep: without patience the last; else the most accurate, of equals the surest."""
    measured = [point for point in learner.curve if point["accuracy"] is not None]
    if not course.regime.patience or not measured:
        return len(learner.curve)
    best = max(measured, key=lambda point: (point["accuracy"], -point["validation_loss"]))
    return int(best["epoch"])


def _is_over(learner: Learner, course: _Course) -> bool:
    best, patience = _best(learner, course), course.regime.patience
    since = [point for point in learner.curve[best:] if point["accuracy"] is not None]
    return len(learner.curve) == course.settings.epochs or bool(patience and len(since) >= patience)


def _report(learner: Learner, course: _Course) -> TrainReport:
    curve = tuple(Epoch(**point) for point in learner.curve)
    best, count = _best(learner, course), len(course.examples.labels)
    return TrainReport(
        examples=count,
        batches=len(curve) * len(_batches(count, course.settings.batch_size, learner.network)),
        loss=curve[best - 1].loss,
        accuracy=curve[best - 1].accuracy,
        curve=curve,
        best=best,
        stopped=len(curve) < course.settings.epochs,
    )


def _follows(
    network: nn.Module, course: _Course, augmentation: str, seed: int, besides: str
) -> str:
    """SHA-256 of all that the trained weights follow from."""
    settings, validation = course.settings, course.validation
    chosen = (settings.epochs, settings.batch_size, settings.learning_rate, settings.augment)
    arrays = {
        **{f"network {name}": value.numpy() for name, value in network.state_dict().items()},
        **{f"train {name}": value for name, value in vars(course.examples).items()},
        **{
            f"validation {name}": value
            for name, value in (vars(validation) if validation else {}).items()
        },
    }
    return digest_of(
        {
            "arrays": {
                name: [str(array.dtype), str(array.shape), sha256_bytes(array.tobytes())]
                for name, array in arrays.items()
            },
            "learning": [name for name, w in network.named_parameters() if w.requires_grad],
            "settings": repr((*chosen, course.regime, augmentation, seed, besides)),
            "runs": repr((torch.__version__, course.device.type)),
        }
    )
