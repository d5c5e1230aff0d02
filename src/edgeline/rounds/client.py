"""A device in a round: it reads its own folder and the checkpoint, and sends weights, no data.

A shard is several devices trained one after another by one worker; what happens to one does not
touch the next.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from safetensors.torch import save as bytes_of

from edgeline.datasets import items
from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError
from edgeline.files import write_atomically
from edgeline.finetuning import losses
from edgeline.finetuning.loop import Examples, train
from edgeline.models.checkpoint import load
from edgeline.models.zoo import restore, snapshot
from edgeline.recipe.training import Supervised
from edgeline.rounds.round import ClientReport, RoundSpec

EXAMPLES = "examples.npz"

Clock = Callable[[], float]
"""Seconds from a beginning of its own, such as time.monotonic; only differences mean anything."""


def update(
    folder: Path, checkpoint: Path, spec: RoundSpec, into: Path, deadline: float, clock: Clock
) -> ClientReport:
    """Train on `folder/examples.npz` and write the weights to `into/<device>.safetensors`.

    Raises:
        EdgelineError: `clock` has passed `deadline` between two batches, or a checkpoint is bad.
    """
    begun = clock()
    examples = items.read(folder / EXAMPLES)
    if not len(examples):
        raise EdgelineError(
            expected=f"something to learn from on device {folder.name}",
            found="no examples",
            remedy="leave the device out until it has some",
        )
    base = load(checkpoint)

    def in_time() -> None:
        if clock() > deadline:
            raise EdgelineError(
                expected=f"an update within {spec.deadline_s:g} s",
                found="the deadline passed between two batches",
                remedy="raise federate.deadline_s, or lower federate.local_epochs",
            )

    settings = local_settings(spec, folder.name)
    network, report = train(
        restore(base),
        Examples(base.preprocessing(examples.values), examples.labels),
        settings,
        losses.objective(settings, examples.labels),
        augmentation=spec.augmentation,
        before_batch=in_time,
    )
    data = bytes_of(snapshot(network, base.spec, base.preprocessing).state)
    write_atomically(into / f"{folder.name}.safetensors", data)
    return ClientReport(
        device=folder.name,
        number=spec.number,
        examples=len(examples),
        loss=report.loss,
        update=sha256_bytes(data),
        seconds=clock() - begun,
        reason=None,
    )


def local_settings(spec: RoundSpec, device: str) -> Supervised:
    """How a device learns in a round: on its processor, and too short for a schedule of its own."""
    return Supervised(
        epochs=spec.epochs,
        batch_size=spec.batch_size,
        learning_rate=spec.learning_rate,
        schedule="constant",
        augment=spec.augment,
        class_weights=spec.class_weights,
        label_smoothing=spec.label_smoothing,
        device="cpu",
        seed=spec.seed_of(device),
    )


def train_shard(
    folders: Iterable[Path],
    checkpoint: Path,
    spec: RoundSpec,
    into: Path,
    deadline: float,
    clock: Clock,
) -> tuple[ClientReport, ...]:
    """A report from every device: one that fails or comes late says why, and the others go on."""
    return tuple(_attempt(folder, checkpoint, spec, into, deadline, clock) for folder in folders)


def _attempt(
    folder: Path, checkpoint: Path, spec: RoundSpec, into: Path, deadline: float, clock: Clock
) -> ClientReport:
    begun = clock()
    try:
        return update(folder, checkpoint, spec, into, deadline, clock)
    # A device can fail in ways nobody has thought of; none of them may stop the round.
    except Exception as error:  # noqa: BLE001
        reason = f"{type(error).__name__}: {error}"
        return ClientReport(folder.name, spec.number, 0, None, None, clock() - begun, reason)
