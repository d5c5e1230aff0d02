"""Rounds in which the devices improve the network with data that stays at home."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.training import Loss


class RoundSettings(Loss):
    """The settings that are the same in every round."""

    algorithm: Literal["fedavg"] = "fedavg"
    """How updates become the next weights: a row of `federated.algorithms`."""

    local_epochs: int = Field(4, ge=1)
    """Passes of a device over its own data in a round; 4 ended higher than 2 in twelve rounds."""

    batch_size: int = Field(32, ge=1)
    """Items per step on a device."""

    augment: float = Field(0.5, ge=0, le=3)
    """Strength of the random changes of each item; half of what a hundred labels need."""

    deadline_s: float = Field(300.0, gt=0)
    """Seconds from a round's beginning; a device that is still learning then is left out."""

    min_devices: int = Field(5, ge=1)
    """Fewest updates that make a round; with fewer it fails."""

    max_examples: int = Field(100_000, ge=1)
    """Most examples for which a device's update counts, whatever the device says; a limit to the
    weight of one device, and to the mean's sum, which has 64 bits."""

    seed: int = Field(0, ge=0)
    """Of which devices are asked, and of each device's order of items and their changes."""


class Federate(RoundSettings):
    """The settings of every round, and of how one differs from the next."""

    rounds: int = Field(12, ge=0)
    """How many; 0 releases the small network as it is."""

    shards: int = Field(2, ge=1)
    """Groups in which the devices' training is run; two keep two cores busy."""

    share: float = Field(1.0, gt=0, le=1)
    """Share of the devices asked in a round."""

    learning_rate: float = Field(0.001, gt=0, le=1)
    """Adam's, in the first round; constant within a round."""

    decay: float = Field(0.95, gt=0, le=1)
    """By which the learning rate is multiplied each round, so that uneven devices settle."""
