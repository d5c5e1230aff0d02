"""A device in a round: it reads its own folder and the checkpoint, and sends an update, no data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import save as bytes_of

from edgeline.datasets import items
from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError
from edgeline.federated.algorithms import ALGORITHMS
from edgeline.files import write_atomically
from edgeline.finetuning import losses
from edgeline.finetuning.loop import Examples, train
from edgeline.models.checkpoint import load
from edgeline.models.zoo import restore, snapshot
from edgeline.recipe.training import Supervised
from edgeline.rounds.spec import RoundSpec

EXAMPLES = "examples.npz"

Clock = Callable[[], float]
"""Seconds from a beginning of its own, such as time.monotonic; only differences mean anything."""


@dataclass(frozen=True)
class ClientReport:
    """What became of one device in one round."""

    device: str
    number: int
    """The round's."""
    examples: int = 0
    """How many the device learned from; 0 when it failed."""
    loss: float | None = None
    """Mean over the last local epoch."""
    update: str | None = None
    """SHA-256 of the file it sent; None when it sent none."""
    seconds: float = 0.0
    reason: str | None = None
    """Why nothing was sent; None when all went well."""


def train_client(
    folder: Path, checkpoint: Path, spec: RoundSpec, into: Path, deadline: float, clock: Clock
) -> ClientReport:
    """Train on `folder/examples.npz` and write the update to `into/<device>.safetensors`.

    Raises:
        EdgelineError: `clock` has passed `deadline` between two batches, or a checkpoint is bad.
    """
    began = clock()
    examples = items.read(folder / EXAMPLES)
    if not len(examples):
        raise EdgelineError(
            expected=f"examples to learn from on device {folder.name}",
            found="none",
            remedy="leave the device out until it has some",
        )
    base = load(checkpoint)

    def check_deadline() -> None:
        if clock() > deadline:
            raise EdgelineError(
                expected=f"an update within {spec.settings.deadline_s:g} s",
                found="the deadline passed between two batches",
                remedy="raise federate.deadline_s, or lower federate.local_epochs",
            )

    settings = client_settings(spec, folder.name)
    network, report = train(
        restore(base),
        Examples(base.preprocessing(examples.values), examples.labels),
        settings,
        losses.objective(settings, examples.labels),
        augmentation=spec.augmentation,
        before_batch=check_deadline,
    )
    trained = snapshot(network, base.spec, base.preprocessing)
    algorithm = ALGORITHMS[spec.settings.algorithm]
    data = bytes_of(dict(algorithm.client(base.arrays(), trained.arrays())))
    write_atomically(into / f"{folder.name}.safetensors", data)
    return ClientReport(
        device=folder.name,
        number=spec.number,
        examples=len(examples),
        loss=report.loss,
        update=sha256_bytes(data),
        seconds=clock() - began,
    )


def client_settings(spec: RoundSpec, device: str) -> Supervised:
    """The settings of a device's training: those of the round, and what is the device's own."""
    return Supervised.from_section(
        spec.settings,
        epochs=spec.settings.local_epochs,
        learning_rate=spec.learning_rate,
        # A round is too short for a schedule of its own, and a device has no card to compute on.
        schedule="constant",
        device="cpu",
        seed=spec.derive_seed(device),
    )
