"""Updates are checked and added to the round's sum, one at a time and in any order."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load as arrays_from

from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError, Tampered
from edgeline.federated.weighted_sum import Update, WeightedSum
from edgeline.rounds.client import ClientReport


@dataclass(frozen=True)
class Exclusion:
    """A device whose update is not in the mean."""

    device: str
    reason: str


def add_updates(
    total: WeightedSum, clients: Iterable[ClientReport], folder: Path
) -> tuple[Exclusion, ...]:
    """Add the update of every client that sent one; those that were rejected, with the reason."""
    rejected = []
    for client in clients:
        if client.update is None:
            continue
        try:
            path = folder / f"{client.device}.safetensors"
            total.add(read_update(path, client.device, client.examples, client.update))
        except EdgelineError as error:
            rejected.append(Exclusion(client.device, str(error)))
    return tuple(sorted(rejected, key=lambda one: one.device))


def read_update(path: Path, device: str, examples: int, digest: str) -> Update:
    """The update that a device sent, if its file has the digest that the device reported.

    Raises:
        Tampered: the bytes are not those that the device reported.
        EdgelineError: the file is missing, or is not a safetensors file.
    """
    try:
        data = path.read_bytes()
        actual = sha256_bytes(data)
        if actual != digest:
            raise Tampered(
                expected=f"the update with SHA-256 {digest} of device {device}",
                found=f"SHA-256 {actual}",
                remedy="ask the device again",
            )
        return Update(device, examples, arrays_from(data))
    except (OSError, SafetensorError) as error:
        raise EdgelineError(
            expected=f"a readable update from device {device}",
            found=f"{type(error).__name__}: {error}",
            remedy="look at the device before it takes part again",
        ) from error
