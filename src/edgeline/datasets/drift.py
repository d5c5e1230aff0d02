"""How one revision of data differs from another: the mix of classes, and how features are spread.

A fixed threshold on a distance gives false alarms in small sets and misses drift in large ones, so
every distance is judged by how often chance alone would reach it with as many items. All
questions of one comparison share the level: with 30 features it is divided by 31.

Revisions that have items in common are more alike than chance, so for them alarms are rarer still.
"""

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.card import Card
from edgeline.datasets.profile import LEVELS

# Of the labels, to estimate what chance does. The draws are always the same.
PERMUTATIONS = 9999
SEED = 0


@dataclass(frozen=True)
class Shift:
    """How far one distribution has moved."""

    name: str
    distance: float
    """Labels: total variation. A feature: Kolmogorov-Smirnov, the largest difference of the two
    shares of items below any one value. Both from 0 to 1."""
    p: float
    """How likely chance moves it so far, times the number of questions asked; at most 1."""
    alarm: bool


@dataclass(frozen=True)
class DriftReport:
    """Digests of two cards, and what has moved between them."""

    before: str
    after: str
    labels: Shift
    features: tuple[Shift, ...]
    """Those that both have, the least likely first."""
    added: tuple[str, ...]
    """Features that only the later one has."""
    removed: tuple[str, ...]

    @property
    def alarms(self) -> tuple[Shift, ...]:
        return tuple(shift for shift in (self.labels, *self.features) if shift.alarm)


def measure_drift(before: Card, after: Card, *, level: float = 0.01) -> DriftReport:
    """What has moved in the training set from one revision to the next.

    Where nothing has, at most a share of `level` of such comparisons raises an alarm.
    """
    old, new = before.profile, after.profile
    shared = [name for name in old.features if name in new.features]
    questions = 1 + len(shared)

    def shift(name: str, distance: float, p: float) -> Shift:
        adjusted = min(1.0, p * questions)
        return Shift(name, distance, adjusted, adjusted < level)

    counts = _align_counts(before, after)
    features = []
    for name in shared:
        one, other = np.array(old.features[name]), np.array(new.features[name])
        distance = ks_distance(one, other)
        features.append(shift(name, distance, ks_p(distance, old.items, new.items)))
    return DriftReport(
        before=before.digest,
        after=after.digest,
        labels=shift("labels", total_variation(counts), chi_square_p(counts)),
        features=tuple(sorted(features, key=lambda one: (one.p, -one.distance))),
        added=tuple(name for name in new.features if name not in old.features),
        removed=tuple(name for name in old.features if name not in new.features),
    )


def ks_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Kolmogorov-Smirnov distance of two distributions, each known by its 33 quantiles.

    Between two quantiles the share of items below a value is known to 1/32, and the distributions
    are taken as near as that allows. Where values are many, the share grows evenly between two, but
    for the tails.
    """
    grid = np.union1d(one, other)
    continuous = _many_values(one) and _many_values(other)
    low, high = zip(
        *(_share_below(grid, quantiles, continuous) for quantiles in (one, other)), strict=True
    )
    return float(max(0.0, (low[0] - high[1]).max(), (low[1] - high[0]).max()))


def _many_values(quantiles: NDArray[np.float64]) -> bool:
    """No two quantiles are equal, and they are not all hundredths or whole numbers."""
    hundredths = np.rint(100 * quantiles) / 100
    return len(np.unique(quantiles)) == len(quantiles) and not np.allclose(
        quantiles, hundredths, 1e-9, 0
    )


def _share_below(
    values: NDArray[np.float64], quantiles: NDArray[np.float64], continuous: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and most share of items that are not above each value."""
    last = len(quantiles) - 1
    below = np.searchsorted(quantiles, values, "right")
    least, most = np.maximum(below - 1, 0) / last, np.minimum(below, last) / last
    most = np.where(below == 0, 0.0, most)
    if continuous:
        between = np.interp(values, quantiles, LEVELS)
        inner = (values >= quantiles[1]) & (values <= quantiles[-2])
        return np.where(inner, between, least), np.where(inner, between, most)
    return least, most


def ks_p(distance: float, one: int, other: int) -> float:
    """How likely two samples of so many items of one distribution are so far apart, or further.

    Kolmogorov's series with Stephens' correction for small samples (1970).
    """
    root = sqrt(one * other / (one + other))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.3:  # beyond the series' reach, and 1 to six digits
        return 1.0
    terms = (2 * (-1) ** (k - 1) * exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, sum(terms)))


def total_variation(counts: NDArray[np.int64]) -> float:
    """Total variation distance of two mixes of classes (2, C)."""
    mixes = counts / counts.sum(axis=1, keepdims=True)
    return float(np.abs(mixes[0] - mixes[1]).sum() / 2)


def chi_square_p(counts: NDArray[np.int64]) -> float:
    """How likely two samples (2, C) of one mix of classes differ so much, or more.

    Pearson's chi-square over 9,999 random permutations of the labels: right for rare classes as
    well, where the usual table is not.
    """
    together = counts.sum(axis=0)
    counts, together = counts[:, together > 0], together[together > 0]
    draws = np.random.default_rng(SEED).multivariate_hypergeometric(
        together, int(counts[0].sum()), size=PERMUTATIONS, method="marginals"
    )
    expected = together * (counts[0].sum() / together.sum())
    # of a fixed total, the second sample's part is in proportion to the first's
    statistic = ((counts[0] - expected) ** 2 / expected).sum()
    chance = ((draws - expected) ** 2 / expected).sum(axis=1)
    return float((1 + (chance >= statistic * (1 - 1e-9)).sum()) / (1 + PERMUTATIONS))


def _align_counts(before: Card, after: Card) -> NDArray[np.int64]:
    """Counts (2, C) of both, class by class, whatever the order of their names."""
    old = dict(zip(before.form.classes, before.profile.labels, strict=True))
    new = dict(zip(after.form.classes, after.profile.labels, strict=True))
    names = sorted(old.keys() | new.keys())
    return np.array([[counts.get(name, 0) for name in names] for counts in (old, new)])
