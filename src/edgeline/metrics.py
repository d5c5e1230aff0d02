"""How good answers are, from arrays alone.

Legend: N examples, C classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Logits: TypeAlias = NDArray[np.floating]
Labels: TypeAlias = NDArray[np.integer]

# Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom; beyond, the normal one.
STUDENT_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
NORMAL = 1.96


@dataclass(frozen=True)
class Scores:
    """What the answers are worth, each between 0 and 1."""

    accuracy: float
    balanced_accuracy: float
    """Mean of the shares that are right in each class, so that a rare one counts as much."""
    auc: float | None
    """Area under the ROC curve: of class 1 where there are two, else the mean of each class
    against the rest. None where the labels are of one class."""


@dataclass(frozen=True)
class Interval:
    """A figure with the 95 % interval that it is uncertain by."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence is above `low` and at most `high`."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean probability of the answered class; 0 in an empty bin."""
    accuracy: float
    """Share that is right; 0 in an empty bin."""


def top1(logits_NC: Logits) -> NDArray[np.int64]:
    """The most probable class of each of N examples; the lowest index wins a tie."""
    classes: NDArray[np.int64] = np.argmax(logits_NC, axis=1).astype(np.int64)
    return classes


def accuracy(logits_NC: Logits, labels_N: Labels) -> float:
    """Share of examples whose most probable class is the label, between 0 and 1."""
    return float(np.mean(top1(logits_NC) == labels_N))


def balanced_accuracy(logits_NC: Logits, labels_N: Labels) -> float:
    """Mean over the classes that occur of the share that is right."""
    right = top1(logits_NC) == labels_N
    return float(np.mean([np.mean(right[labels_N == label]) for label in np.unique(labels_N)]))


def scores(logits_NC: Logits, labels_N: Labels) -> Scores:
    """All three at once."""
    several = len(np.unique(labels_N)) > 1
    return Scores(
        accuracy(logits_NC, labels_N),
        balanced_accuracy(logits_NC, labels_N),
        auc(logits_NC, labels_N) if several else None,
    )


def auc(logits_NC: Logits, labels_N: Labels) -> float:
    """Area under the ROC curve; with more than two classes the mean of each against the rest.

    Raises:
        ValueError: the labels are of one class.
    """
    if logits_NC.shape[1] == 2:
        # The difference of two logits orders as the probability does, and never saturates at 1.
        wide = np.asarray(logits_NC, np.float64)
        return binary_auc(wide[:, 1] - wide[:, 0], labels_N == 1)
    probabilities_NC, present = softmax(logits_NC), np.unique(labels_N)
    return float(
        np.mean([binary_auc(probabilities_NC[:, label], labels_N == label) for label in present])
    )


def binary_auc(scores_N: Logits, positive_N: NDArray[np.bool_]) -> float:
    """Chance that a positive scores above a negative, ties half: the Mann-Whitney statistic.

    Raises:
        ValueError: all are positive, or none is.
    """
    positives = int(positive_N.sum())
    negatives = len(positive_N) - positives
    if not positives or not negatives:
        raise ValueError("expected positives and negatives, found labels of one class")
    wins = _ranks(scores_N)[positive_N].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def confusion(logits_NC: Logits, labels_N: Labels) -> NDArray[np.int64]:
    """Counts by true class (row) and answered class (column)."""
    classes = logits_NC.shape[1]
    cells = np.asarray(labels_N, dtype=np.int64) * classes + top1(logits_NC)
    return (
        np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.int64)
    )


def softmax(logits_NC: Logits) -> NDArray[np.float64]:
    """Class probabilities; each row sums to 1."""
    shifted = np.asarray(logits_NC, dtype=np.float64)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def reliability(logits_NC: Logits, labels_N: Labels, bins: int = 10) -> tuple[Bin, ...]:
    """How often answers of each confidence are right (Guo et al., arXiv 1706.04599)."""
    confidence_N = softmax(logits_NC).max(axis=1)
    right_N = top1(logits_NC) == labels_N
    edges = np.linspace(0, 1, bins + 1)
    bin_N = np.searchsorted(edges, confidence_N, side="left") - 1
    return tuple(
        _bin(edges[at], edges[at + 1], confidence_N[bin_N == at], right_N[bin_N == at])
        for at in range(bins)
    )


def expected_calibration_error(logits_NC: Logits, labels_N: Labels, bins: int = 10) -> float:
    """Mean distance between confidence and accuracy, each bin weighing as many as it holds."""
    found = reliability(logits_NC, labels_N, bins)
    return sum(bin.count * abs(bin.confidence - bin.accuracy) for bin in found) / len(labels_N)


def paired_bootstrap(
    metric: Callable[[Logits, Labels], float],
    logits_NC: Logits,
    other_NC: Logits,
    labels_N: Labels,
    seed: int,
    draws: int = 1000,
) -> Interval:
    """What `metric` gains from the other answers to these, and the percentiles 2.5 and 97.5 of the
    gain when the same examples are drawn anew for both.

    Examples are drawn within their class, so that no draw lacks one.
    """

    def gain(at: NDArray[np.integer] | slice) -> float:
        return metric(logits_NC[at], labels_N[at]) - metric(other_NC[at], labels_N[at])

    random = np.random.default_rng(seed)
    members = [np.flatnonzero(labels_N == label) for label in np.unique(labels_N)]
    gains = [
        gain(np.concatenate([random.choice(each, len(each)) for each in members]))
        for _ in range(draws)
    ]
    low, high = np.percentile(gains, [2.5, 97.5])
    return Interval(gain(slice(None)), float(low), float(high))


def t_interval(values: Sequence[float]) -> Interval:
    """The mean of independent measurements, with Student's 95 % interval; of one, no width."""
    mean, count = float(np.mean(values)), len(values)
    if count == 1:
        return Interval(mean, mean, mean)
    quantile = STUDENT_T[count - 2] if count - 2 < len(STUDENT_T) else NORMAL
    half = quantile * float(np.std(values, ddof=1)) / count**0.5
    return Interval(mean, mean - half, mean + half)


def _ranks(values_N: Logits) -> NDArray[np.float64]:
    """From 1; equal values share the mean of their ranks."""
    ordered = np.sort(values_N)
    first = np.searchsorted(ordered, values_N, side="left")
    after = np.searchsorted(ordered, values_N, side="right")
    ranks: NDArray[np.float64] = (first + 1 + after) / 2
    return ranks


def _bin(low: float, high: float, confidence: Logits, right: NDArray[np.bool_]) -> Bin:
    count = len(right)
    means = (float(confidence.mean()), float(right.mean())) if count else (0.0, 0.0)
    return Bin(float(low), float(high), count, *means)
