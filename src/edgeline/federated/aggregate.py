"""Federated averaging, with numpy alone: McMahan et al., arXiv 1602.05629.

    theta = sum over devices k of (n_k / n) * theta_k

in float64, over devices in the order of their names, so that the bits do not depend on who answered
first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as arrays_from

from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError, Tampered

Weights = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Update:
    """What one device learned."""

    device: str
    examples: int
    """How many it learned from: its weight in the mean."""
    weights: Weights


def average(updates: Iterable[Update]) -> Weights:
    """The mean of the devices' weights, each counted by its examples; their order does not matter.

    Integers, such as batch norm's count of batches, have no mean: they are the first device's.

    Raises:
        EdgelineError: naming the device whose weights are not finite or shaped like no other's.
    """
    in_order = sorted(updates, key=lambda update: update.device)
    like = in_order[0].weights
    for update in in_order:
        check(update, like)
    total = sum(update.examples for update in in_order)
    return {name: _mean(name, in_order, total) for name in like}


def read_update(path: Path, device: str, examples: int, digest: str, like: Weights) -> Update:
    """The update a device sent, if it has the digest it reported and the shapes of `like`.

    Raises:
        Tampered: the bytes are not those that the device reported.
        EdgelineError: naming the device whose update cannot be used.
    """
    try:
        data = path.read_bytes()
        found = sha256_bytes(data)
        if found != digest:
            raise Tampered(
                expected=f"the update with SHA-256 {digest} of device {device}",
                found=f"SHA-256 {found}",
                remedy="ask the device again",
            )
        update = Update(device, examples, arrays_from(data))
    except (OSError, SafetensorError) as error:
        raise _unusable(device, f"{type(error).__name__}: {error}") from error
    check(update, like)
    return update


def check(update: Update, like: Weights) -> None:
    """Refuse an update without the names, shapes and types of `like`, or with no numbers in it."""
    if update.examples < 1:
        raise _unusable(update.device, f"{update.examples} examples")
    if (names := sorted(update.weights)) != sorted(like):
        raise _unusable(update.device, f"weights named {', '.join(names)}")
    for name, wanted in like.items():
        given = update.weights[name]
        if (given.shape, given.dtype) != (wanted.shape, wanted.dtype):
            raise _unusable(update.device, f"{name} is {given.dtype}{list(given.shape)}")
        if not np.isfinite(given).all():
            raise _unusable(update.device, f"{name} holds values that are not finite")


def _mean(name: str, updates: list[Update], total: int) -> NDArray[np.generic]:
    first = updates[0].weights[name]
    if np.issubdtype(first.dtype, np.integer):
        return first
    summed = np.zeros(first.shape, dtype=np.float64)
    for update in updates:
        summed += update.weights[name].astype(np.float64) * (update.examples / total)
    return summed.astype(first.dtype)


def _unusable(device: str, found: str) -> EdgelineError:
    return EdgelineError(
        expected=f"finite weights shaped like the round's from device {device}",
        found=found,
        remedy="leave the device out of the round and look at it",
    )
