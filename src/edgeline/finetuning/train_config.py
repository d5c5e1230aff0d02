"""How a network learns: the settings that every training has, and those that some sections add."""

from dataclasses import dataclass, fields
from typing import Any, Protocol

import torch

from edgeline.errors import EnvironmentUnfit


class Training(Protocol):
    """The settings that every training has; recipe sections and round specs have them."""

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def augment(self) -> float: ...


@dataclass(frozen=True)
class Regime:
    """What a section may add to them; what it does not speak of is as here."""

    optimiser: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "one-cycle"
    loss: str = "cross-entropy"
    class_weights: bool = False
    label_smoothing: float = 0.0
    patience: int = 0
    device: str = "auto"


ADAM = Regime()
"""On one cycle, by cross-entropy: the regime of a section that speaks of none."""


def regime_of(settings: object) -> Regime:
    """The regime that a section of a recipe describes, be it in part."""
    said: dict[str, Any] = {
        field.name: getattr(settings, field.name, field.default) for field in fields(Regime)
    }
    return Regime(**said)


def device_of(regime: Regime) -> torch.device:
    """Where it computes; `auto` takes CUDA where there is one.

    Raises:
        EnvironmentUnfit: CUDA is asked for, and there is none.
    """
    there = torch.cuda.is_available()
    if regime.device == "cuda" and not there:
        raise EnvironmentUnfit(
            expected="a CUDA device, as finetune.device asks for",
            found="none that torch can use",
            remedy="set finetune.device to auto or cpu",
        )
    return torch.device("cuda" if there and regime.device != "cpu" else "cpu")
