"""What happens in a round, decided before it begins."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import EdgelineError
from edgeline.federated.weighted_sum import Limits
from edgeline.recipe.federate import Federate, RoundSettings


@dataclass(frozen=True)
class RoundSpec:
    """One round: its number, its devices, and how they train."""

    number: int
    """Counted from 1."""
    devices: tuple[str, ...]
    """Names of the devices' folders, sorted."""
    learning_rate: float
    augmentation: str
    """The policy of `finetuning.augment` that `settings.augment` is the strength of."""
    settings: RoundSettings

    @property
    def limits(self) -> Limits:
        """What the updates of this round keep to."""
        return Limits(len(self.devices), self.settings.max_examples)

    def derive_seed(self, device: str) -> int:
        """A seed of the device's own in this round, the same whoever trains beside it."""
        text = canonical_json([self.settings.seed, self.number, device])
        return int(sha256_bytes(text)[:15], 16)


def plan_rounds(
    settings: Federate, devices: Iterable[str], augmentation: str, after: int = 0
) -> tuple[RoundSpec, ...]:
    """Every round to come, numbered on from those that went before.

    Raises:
        EdgelineError: there are too few devices, or so many that their updates have no exact sum.
    """
    # Without the settings of the plan as a whole, so that a round is the same in a longer plan.
    shared = RoundSettings.from_section(settings)
    specs = tuple(
        RoundSpec(
            number=after + index + 1,
            devices=cohort,
            learning_rate=settings.learning_rate * settings.decay**index,
            augmentation=augmentation,
            settings=shared,
        )
        for index, cohort in enumerate(_cohorts(devices, settings))
    )
    for spec in specs:
        spec.limits.check()
    return specs


def _cohorts(devices: Iterable[str], settings: Federate) -> Iterator[tuple[str, ...]]:
    """The devices of one round after another: all, or a seeded sample of `settings.share`."""
    names = sorted(devices)
    size = max(settings.min_devices, round(settings.share * len(names)))
    if len(names) < size:
        raise EdgelineError(
            expected=f"at least {settings.min_devices} devices",
            found=f"{len(names)} devices",
            remedy="lower federate.min_devices or add devices",
        )
    draw = np.random.default_rng(settings.seed)
    for _ in range(settings.rounds):
        yield tuple(sorted(draw.permutation(names)[:size].tolist()))
