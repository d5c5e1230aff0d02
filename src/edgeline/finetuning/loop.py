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
from edgeline.finetuning import resume
from edgeline.finetuning.augment import Change, policy
from edgeline.finetuning.evaluate import (
    answers,
    channels_last,
    choose_device,
    images_channels_last,
    one_core,
)
from edgeline.finetuning.losses import Objective
from edgeline.finetuning.methods import has_batch_norm, train_mode
from edgeline.finetuning.optimisers import SCHEDULES, make_optimiser
from edgeline.finetuning.resume import TrainState
from edgeline.metrics import accuracy
from edgeline.recipe.training import Training

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
class _Constants:
    """What stays the same from the first epoch to the last."""

    examples: Examples
    validation: Examples | None
    settings: Training
    augmentation: str
    change: Change
    objective: Objective
    device: torch.device
    before_batch: Callable[[], None]


def no_callback(*_: object) -> None:
    """The callback of a caller who does not listen."""


def train(
    network: nn.Module,
    examples: Examples,
    settings: Training,
    objective: Objective,
    *,
    augmentation: str,
    validation: Examples | None = None,
    on_epoch: OnEpoch = no_callback,
    before_batch: Callable[[], None] = no_callback,
    folder: Path | None = None,
    objective_key: str = "",
    keep_files: bool = False,
) -> tuple[nn.Module, TrainReport]:
    """Train `network` in place and return it with its learning curve.

    The same network, examples, settings and seed give the same bits, whatever else runs beside it.
    With a `folder`, a call that was killed is resumed there and gives the same bits too. The files
    are removed at the end unless `keep_files` leaves them for a second call. `objective_key` names
    what the objective depends on beside the settings, such as the digest of a teacher.
    `before_batch` may raise to stop the training between two batches.
    """
    one_core()
    change = policy(augmentation, settings.augment)
    device = choose_device(settings.device)
    constants = _Constants(
        examples, validation, settings, augmentation, change, objective, device, before_batch
    )
    cache_key = _cache_key(network, constants, objective_key) if folder else ""
    network = channels_last(network).to(device)
    generator = torch.Generator().manual_seed(settings.seed)
    state = TrainState(network, make_optimiser(network, settings), generator)
    if folder:
        resume.load(folder, cache_key, state)
    while not _is_over(state, settings):
        point = _epoch(state, constants)
        if folder:
            resume.save(folder, cache_key, state)
        on_epoch(point, settings.epochs)
    if folder and not keep_files:
        resume.remove(folder, cache_key)
    if state.best:
        network.load_state_dict(state.best)
    return network.eval(), _report(state, constants)


def _epoch(state: TrainState, constants: _Constants) -> Epoch:
    number = len(state.curve) + 1
    loss = _pass(state, constants, number)
    point = Epoch(number, loss, *_measure(state.network, constants, number))
    state.curve.append(asdict(point))
    if constants.settings.patience and _best(state, constants.settings) == number:
        weights = state.network.state_dict()
        state.best = {name: value.detach().cpu().clone() for name, value in weights.items()}
    return point


def _pass(state: TrainState, constants: _Constants, number: int) -> float:
    """Every example once; the mean loss."""
    settings, network = constants.settings, train_mode(state.network)
    inputs = torch.from_numpy(constants.examples.inputs)
    labels = torch.from_numpy(constants.examples.labels)
    sizes = _batches(len(labels), settings.batch_size, network)
    batches = torch.split(torch.randperm(len(labels), generator=state.generator), sizes)
    total, steps = 0.0, settings.epochs * len(batches)
    for step, rows in enumerate(batches, start=(number - 1) * len(batches)):
        constants.before_batch()
        batch = images_channels_last(constants.change(inputs[rows], state.generator))
        batch, batch_labels = batch.to(constants.device), labels[rows].to(constants.device)
        for group in state.optimiser.param_groups:
            group["lr"] = settings.learning_rate * SCHEDULES[settings.schedule](step, steps)
        loss = constants.objective(network(batch), batch, batch_labels)
        state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimiser.step()
        total += loss.item() * len(rows)
    return total / len(labels)


def _batches(count: int, size: int, network: nn.Module) -> list[int]:
    """How many examples each batch has; none is of one where batch norm needs two."""
    sizes = [size] * (count // size) + [count % size] * bool(count % size)
    if len(sizes) > 1 and sizes[-1] == 1 and has_batch_norm(network):
        sizes[-2:] = [size + 1]
    return sizes


def _measure(
    network: nn.Module, constants: _Constants, epoch: int
) -> tuple[float | None, float | None]:
    """Accuracy and loss on validation data, ten times in a training."""
    epochs, validation = constants.settings.epochs, constants.validation
    if validation is None or (epochs - epoch) % math.ceil(epochs / MEASUREMENTS):
        return None, None
    logits = answers(network, torch.from_numpy(validation.inputs))
    labels = torch.from_numpy(validation.labels)
    loss = F.cross_entropy(torch.from_numpy(logits).double(), labels).item()
    return accuracy(logits, validation.labels), loss


def _best(state: TrainState, settings: Training) -> int:
    """The epoch to keep: without patience the last; else the most accurate, of equals the surest."""
    measured = [point for point in state.curve if point["accuracy"] is not None]
    if not settings.patience or not measured:
        return len(state.curve)
    best = max(measured, key=lambda point: (point["accuracy"], -point["validation_loss"]))
    return int(best["epoch"])


def _is_over(state: TrainState, settings: Training) -> bool:
    best, patience = _best(state, settings), settings.patience
    since = [point for point in state.curve[best:] if point["accuracy"] is not None]
    return len(state.curve) == settings.epochs or bool(patience and len(since) >= patience)


def _report(state: TrainState, constants: _Constants) -> TrainReport:
    settings = constants.settings
    curve = tuple(Epoch(**point) for point in state.curve)
    best, count = _best(state, settings), len(constants.examples.labels)
    return TrainReport(
        examples=count,
        batches=len(curve) * len(_batches(count, settings.batch_size, state.network)),
        loss=curve[best - 1].loss,
        accuracy=curve[best - 1].accuracy,
        curve=curve,
        best=best,
        stopped=len(curve) < settings.epochs,
    )


def _cache_key(network: nn.Module, constants: _Constants, objective_key: str) -> str:
    """SHA-256 of all that the trained weights depend on."""
    sets = {"train": constants.examples, "validation": constants.validation}
    arrays = {f"network {name}": value.numpy() for name, value in network.state_dict().items()}
    arrays |= {
        f"{name} {field}": array
        for name, examples in sets.items()
        for field, array in (vars(examples) if examples else {}).items()
    }
    return digest_of(
        {
            "arrays": {
                name: [str(array.dtype), str(array.shape), sha256_bytes(array.tobytes())]
                for name, array in arrays.items()
            },
            "weights": [name for name, w in network.named_parameters() if w.requires_grad],
            "settings": repr((constants.settings, constants.augmentation, objective_key)),
            "runs": repr((torch.__version__, constants.device.type)),
        }
    )
