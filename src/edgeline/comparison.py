"""Two models by their answers to the same items: what one gains on the other, and whether that is more than chance.

Only items that one of the two has right and the other wrong say anything (McNemar 1947). How many such
items there are, and the share of them that the later model has right, each have an exact interval
(Clopper and Pearson 1934); that of the gain, their product, reaches to the ends of both. So it leaves 0
out where McNemar's exact test does, and covers more than 95 %. A resampled interval is too narrow where
such items are few: of four losses and no win it makes harm, and so much is chance one time in eight.

Legend: N items, C classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.metrics import Labels, Logits, top1

HELPED, WITHIN_CHANCE, HARMED = "helped", "within chance", "harmed"
TAIL = 0.025
"""Of the 95 % interval, at either end."""


@dataclass(frozen=True)
class Change:
    """A score before and after, and the 95 % interval of its gain."""

    before: float
    after: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        return self.after - self.before

    @property
    def effect(self) -> str:
        """Helped or harmed where the interval leaves 0 out, else within chance."""
        if self.low <= 0 <= self.high:
            return WITHIN_CHANCE
        return HELPED if self.low > 0 else HARMED

    def __str__(self) -> str:
        return f"{self.gain:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


@dataclass(frozen=True)
class Comparison:
    """A model's answers beside those of what it is held against."""

    against: str
    accuracy: Change
    balanced_accuracy: Change
    fixed: int
    """Items that it has right and the other wrong."""
    broken: int
    """Items that it has wrong and the other right."""

    def by(self, score: str) -> Change:
        """The change of `accuracy` or of `balanced_accuracy`."""
        change: Change = getattr(self, score)
        return change

    def remark(self, score: str) -> str:
        """What a progress line adds where nothing was gained that is more than chance; else empty."""
        change = self.by(score)
        told = {HELPED: "", WITHIN_CHANCE: f"{WITHIN_CHANCE} against {self.against}"}
        return told.get(change.effect, f"{HARMED} against {self.against}, {change}")

    def row(self, step: str, score: str) -> dict[str, Any]:
        """The words and figures of a step, as a summary has them."""
        change = self.by(score)
        return {
            "step": step,
            "against": self.against,
            "effect": change.effect,
            "score": score,
            "before": round(change.before, 4),
            "after": round(change.after, 4),
            "gain": round(change.gain, 4),
            "low": round(change.low, 4),
            "high": round(change.high, 4),
            "fixed": self.fixed,
            "broken": self.broken,
        }


def figures(row: Mapping[str, Any]) -> str:
    """The gain of a row with its interval."""
    return f"{row['gain']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"


def describe(row: Mapping[str, Any]) -> str:
    """A row in words."""
    return f"{row['step']} {row['effect']} against {row['against']}, {figures(row)}"


def compare(against: str, before_NC: Logits, after_NC: Logits, labels_N: Labels) -> Comparison:
    """What is gained from the answers before to those after."""
    before_N, after_N = (top1(logits) == labels_N for logits in (before_NC, after_NC))
    classes = [labels_N == label for label in np.unique(labels_N)]
    return Comparison(
        against=against,
        accuracy=_mean_change(before_N, after_N, [np.full(len(labels_N), True)]),
        balanced_accuracy=_mean_change(before_N, after_N, classes),
        fixed=int((after_N & ~before_N).sum()),
        broken=int((before_N & ~after_N).sum()),
    )


def _mean_change(
    before_N: NDArray[np.bool_], after_N: NDArray[np.bool_], groups: Sequence[NDArray[np.bool_]]
) -> Change:
    """Of the mean over groups of items of the share that is right.

    The distances from the gain to the ends of its interval add up over independent groups as
    standard errors do (Zou and Donner, Statistics in Medicine 2008).
    """
    changes = [_change(before_N[group], after_N[group]) for group in groups]
    before, after = (
        float(np.mean([getattr(one, at) for one in changes])) for at in ("before", "after")
    )
    below, above = (
        float(np.linalg.norm([one.gain - getattr(one, end) for one in changes])) / len(changes)
        for end in ("low", "high")
    )
    return Change(before, after, after - before - below, after - before + above)


def _change(before_N: NDArray[np.bool_], after_N: NDArray[np.bool_]) -> Change:
    """Of the share that is right."""
    fixed, broken = int((after_N & ~before_N).sum()), int((before_N & ~after_N).sum())
    differing = _share_interval(fixed + broken, len(before_N))
    low, high = (2 * end - 1 for end in _share_interval(fixed, fixed + broken))
    before, after = float(np.mean(before_N)), float(np.mean(after_N))
    return Change(
        before, after, min(end * low for end in differing), max(end * high for end in differing)
    )


def _share_interval(count: int, of: int) -> tuple[float, float]:
    """Of the share that `count` items are of so many: 95 %, exact."""
    # takes half a second, which no command should wait that only reads settings
    from scipy.special import betaincinv

    low = float(betaincinv(count, of - count + 1, TAIL)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, 1 - TAIL)) if count < of else 1.0
    return low, high
