"""Updates are checked and added to the round's sum, one at a time and in any order."""

from collections.abc import Iterable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load as arrays_from

from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError, Tampered
from edgeline.federated.weighted_sum import Update, WeightedSum
from edgeline.rounds.client import ClientReport


def add_updates(
    total: WeightedSum, clients: Iterable[ClientReport], folder: Path
) -> dict[str, str]:
    """Add the update of every client that sent a good one; why the others are left out, by device."""
    excluded = {}
    for client in clients:
        if client.update is None:
            excluded[client.device] = client.reason or "it sent nothing"
            continue
        try:
            path = folder / f"{client.device}.safetensors"
            total.add(read_update(path, client.device, client.examples, client.update))
        except EdgelineError as error:
            excluded[client.device] = str(error)
    return excluded


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
