"""What an algorithm of federated learning consists of.

A client turns what its training did to the weights into an update. The server turns the weighted
mean of all updates into the next weights. Between rounds the server may keep a state, such as a
momentum, which is saved with the checkpoint.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.recipe.federate import RoundSettings

Weights = Mapping[str, NDArray[Any]]
"""Arrays by name, as the checkpoint has them."""

State = Mapping[str, NDArray[Any]]
"""What the server keeps between rounds: arrays by names that the algorithm chooses."""

Init = Callable[[Weights], State]
"""The state before the first round."""

Client = Callable[[Weights, Weights], Weights]
"""A client's update, from the weights it began with and the weights it ended with."""

Server = Callable[[Weights, Weights, State, RoundSettings], tuple[Weights, State]]
"""The next weights and state, from the last weights, the mean update and the last state."""


@dataclass(frozen=True)
class Algorithm:
    """Three functions without a memory of their own."""

    init: Init
    client: Client
    server: Server


def is_averaged(array: NDArray[Any]) -> bool:
    """Whether an array has a mean. Counters, such as batch norm's count of batches, have none."""
    return np.issubdtype(array.dtype, np.floating)


def subtract(before: Weights, after: Weights) -> Weights:
    """How far each weight moved; counters are passed on as they are after the move."""
    return {
        name: array - before[name] if is_averaged(array) else array for name, array in after.items()
    }


def add(weights: Weights, change: Weights) -> Weights:
    """Weights moved by a change, computed in float64; counters are those of the change."""
    return {
        name: (array.astype(np.float64) + change[name]).astype(array.dtype)
        if is_averaged(array)
        else change[name]
        for name, array in weights.items()
    }
