"""Which devices take part in a round."""

from collections.abc import Iterable, Iterator

import numpy as np

from edgeline.errors import EdgelineError
from edgeline.recipe.federate import Federate


def sample_cohorts(devices: Iterable[str], settings: Federate) -> Iterator[tuple[str, ...]]:
    """The devices of one round after another: all, or a seeded sample of `settings.share`.

    Raises:
        EdgelineError: there are fewer devices than a round needs.
    """
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
