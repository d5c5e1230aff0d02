"""A shard: several devices that one worker trains, one after another."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from edgeline.rounds.client import ClientReport, Clock, train_client
from edgeline.rounds.spec import RoundSpec

Device = TypeVar("Device")


def assign_shards(devices: Sequence[Device], count: int) -> tuple[tuple[Device, ...], ...]:
    """The devices in at most `count` groups of nearly equal size; none is empty."""
    return tuple(tuple(devices[first::count]) for first in range(min(count, len(devices))))


def train_shard(
    folders: Iterable[Path],
    checkpoint: Path,
    spec: RoundSpec,
    into: Path,
    deadline: float,
    clock: Clock,
) -> tuple[ClientReport, ...]:
    """A report from every device: one that fails or comes late says why, and the others go on."""
    reports = []
    for folder in folders:
        began = clock()
        try:
            report = train_client(folder, checkpoint, spec, into, deadline, clock)
        # A device can fail in ways nobody has thought of; none of them may stop the round.
        except Exception as error:  # noqa: BLE001
            reason, seconds = f"{type(error).__name__}: {error}", clock() - began
            report = ClientReport(folder.name, spec.number, seconds=seconds, reason=reason)
        reports.append(report)
    return tuple(reports)
