"""What happens in a round, decided before it begins, and how it ends.

A round takes a checkpoint and gives a checkpoint; between them stand only the updates that devices
chose to send.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import EdgelineError
from edgeline.federated.aggregate import Update, Weights, average, read_update
from edgeline.finetuning.evaluate import Labels, Values, score
from edgeline.models.checkpoint import load, save


class Rounds(Protocol):
    """The settings of all rounds."""

    @property
    def rounds(self) -> int: ...
    @property
    def share(self) -> float: ...
    @property
    def local_epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def decay(self) -> float: ...
    @property
    def augment(self) -> float: ...
    @property
    def class_weights(self) -> bool: ...
    @property
    def label_smoothing(self) -> float: ...
    @property
    def deadline_s(self) -> float: ...
    @property
    def min_devices(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class RoundSpec:
    """One round: who is asked, and how each learns at home."""

    number: int
    """Counted from 1."""
    devices: tuple[str, ...]
    """Names of the devices' folders, sorted."""
    epochs: int
    """Passes of a device over its own data."""
    batch_size: int
    learning_rate: float
    augment: float
    augmentation: str
    """The policy of `finetuning.augment` that `augment` is the strength of."""
    deadline_s: float
    """Seconds from the round's beginning after which no further batch is begun."""
    min_devices: int
    """With fewer updates the round fails."""
    seed: int
    class_weights: bool = False
    """Whether each class counts alike on a device, by the device's own counts."""
    label_smoothing: float = 0.0

    def seed_of(self, device: str) -> int:
        """A seed of the device's own in this round, the same whoever trains beside it."""
        return int(sha256_bytes(canonical_json([self.seed, self.number, device]))[:15], 16)


@dataclass(frozen=True)
class ClientReport:
    """What became of one device in one round."""

    device: str
    number: int
    """The round's."""
    examples: int
    """How many the device learned from; 0 when it failed before it had read them."""
    loss: float | None
    """Mean over the last local epoch."""
    update: str | None
    """SHA-256 of the file it sent; None when it sent none."""
    seconds: float
    reason: str | None
    """Why nothing was sent; None when all went well."""


@dataclass(frozen=True)
class LeftOut:
    """A device whose update did not count."""

    device: str
    reason: str


@dataclass(frozen=True)
class RoundReport:
    """What a round changed."""

    number: int
    examples: int
    """Behind the updates that counted."""
    devices: tuple[str, ...]
    """Those whose updates counted, sorted."""
    left_out: tuple[LeftOut, ...]
    before: float | None
    """Validation accuracy of the round's first checkpoint; None without validation data."""
    after: float | None
    """Validation accuracy of the checkpoint that it made."""
    parent: str
    """Digest of the checkpoint that the round began with."""
    clients: tuple[ClientReport, ...]


def plan(settings: Rounds, devices: Iterable[str], augmentation: str) -> tuple[RoundSpec, ...]:
    """Every round, with the devices it asks: all, or a seeded sample of `settings.share`."""
    known = sorted(devices)
    asked = max(settings.min_devices, round(settings.share * len(known)))
    if len(known) < asked:
        raise _too_few(
            settings.min_devices,
            f"{len(known)} devices",
            "lower federate.min_devices or add devices",
        )
    draw = np.random.default_rng(settings.seed)
    return tuple(
        RoundSpec(
            number=number,
            devices=tuple(sorted(draw.permutation(known)[:asked].tolist())),
            epochs=settings.local_epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate * settings.decay ** (number - 1),
            augment=settings.augment,
            augmentation=augmentation,
            deadline_s=settings.deadline_s,
            min_devices=settings.min_devices,
            seed=settings.seed,
            class_weights=settings.class_weights,
            label_smoothing=settings.label_smoothing,
        )
        for number in range(1, settings.rounds + 1)
    )


def shards(devices: tuple[str, ...], count: int) -> tuple[tuple[str, ...], ...]:
    """The devices dealt like cards into at most `count` groups; none is empty."""
    return tuple(devices[first::count] for first in range(min(count, len(devices))))


def close_round(
    checkpoint: Path,
    spec: RoundSpec,
    reports: Iterable[ClientReport],
    updates: Path,
    store: Path,
    validation: tuple[Values, Labels] | None = None,
) -> tuple[Path, RoundReport]:
    """The next checkpoint, written into `store`: the mean of the updates that can be used.

    Raises:
        EdgelineError: fewer than `spec.min_devices` updates count.
    """
    base = load(checkpoint)
    like = {name: tensor.numpy() for name, tensor in base.state.items()}
    clients = tuple(sorted(reports, key=lambda report: report.device))
    counted, left_out = _sorted_out(clients, updates, like)
    if len(counted) < spec.min_devices:
        reasons = "; ".join(f"{one.device}: {one.reason}" for one in left_out) or "no reports"
        raise _too_few(
            spec.min_devices,
            f"{len(counted)} ({reasons})",
            f"look at what stopped round {spec.number}",
        )
    state = {name: torch.from_numpy(array) for name, array in average(counted).items()}
    made = replace(base, state=state)
    path = save(made, store)
    return path, RoundReport(
        number=spec.number,
        examples=sum(update.examples for update in counted),
        devices=tuple(update.device for update in counted),
        left_out=left_out,
        before=None if validation is None else score(base, *validation),
        after=None if validation is None else score(made, *validation),
        parent=checkpoint.stem,
        clients=clients,
    )


def _sorted_out(
    clients: tuple[ClientReport, ...], folder: Path, like: Weights
) -> tuple[list[Update], tuple[LeftOut, ...]]:
    counted, left_out = [], []
    for client in clients:
        if client.update is None:
            left_out.append(LeftOut(client.device, client.reason or "sent nothing"))
            continue
        try:
            path = folder / f"{client.device}.safetensors"
            counted.append(read_update(path, client.device, client.examples, client.update, like))
        except EdgelineError as error:
            left_out.append(LeftOut(client.device, str(error)))
    return counted, tuple(left_out)


def _too_few(wanted: int, found: str, remedy: str) -> EdgelineError:
    return EdgelineError(
        expected=f"updates of at least {wanted} devices", found=found, remedy=remedy
    )
