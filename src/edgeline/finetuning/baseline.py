"""Baselines without a network: the most frequent class, and logistic regression on plain features.

A network that does not beat them is not worth its cost on a device.

Legend: N items, T steps, C channels or classes, F features.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.comparison import Comparison, compare
from edgeline.metrics import Labels, Logits, Scores, scores
from edgeline.preprocess import Kind, Values

Features: TypeAlias = NDArray[np.float64]

SIDE = 14
"""Most blocks along a side of an image: finer ones are more numbers than a few labels can weigh."""

ITERATIONS = 1000


@dataclass(frozen=True)
class BaselineReport:
    """Scores on the test items, with the same training labels as the networks."""

    trivial: Scores
    """Of the rule that always predicts `answer`."""
    answer: int
    """The most frequent class of the training labels, the lowest among equals."""
    linear: Scores
    """Of logistic regression with an L2 penalty of 1 on standardised features."""
    features: str
    """Which features of an item it uses."""
    converged: bool
    """Whether the regression converged before its last iteration."""

    @property
    def figure(self) -> str:
        """A few words for a progress line."""
        linear, trivial = self.linear.accuracy, self.trivial.accuracy
        return f"{linear:.3f} logistic regression, {trivial:.3f} trivial rule"


@dataclass(frozen=True)
class Baseline:
    """Answers (N, classes) to the test items of what needs no network."""

    trivial: Features
    linear: Features
    converged: bool

    def comparisons(self, logits_NC: Logits, labels_N: Labels) -> tuple[Comparison, ...]:
        """A model's answers to the same items beside both."""
        rules = {"logistic regression": self.linear, "trivial rule": self.trivial}
        return tuple(compare(name, rule, logits_NC, labels_N) for name, rule in rules.items())


def learn(
    values: Values, labels: Labels, test_values: Values, classes: int, kind: Kind
) -> Baseline:
    """Learn from the first items, answer the others; nothing is random.

    `values` (N, ...) as in `datasets.items.Items`.
    """
    answer = int(np.bincount(labels).argmax())
    always = np.tile(np.eye(classes)[answer], (len(test_values), 1))
    if len(np.unique(labels)) == 1:  # then regression is that rule
        return Baseline(always, always, converged=True)
    _, extract = FEATURES[kind]
    return Baseline(always, *_regression(extract(values), labels, extract(test_values), classes))


def baseline(
    values: Values, labels: Labels, test_values: Values, test_labels: Labels, kind: Kind
) -> BaselineReport:
    """Learn from the first items as `learn` does, measure on the others."""
    classes = int(max(labels.max(), test_labels.max())) + 1
    answers = learn(values, labels, test_values, classes, kind)
    describe, extract = FEATURES[kind]
    return BaselineReport(
        trivial=scores(answers.trivial, test_labels),
        answer=int(np.bincount(labels).argmax()),
        linear=scores(answers.linear, test_labels),
        features=describe(extract(values[:1])),
        converged=answers.converged,
    )


def _regression(
    features_NF: Features, labels: Labels, test_NF: Features, classes: int
) -> tuple[Features, bool]:
    """Logits (N, classes) of the test items, and whether the fit converged.

    A class without a training label is never predicted.
    """
    # Seconds of import, which a run that did this before does without.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fit = LogisticRegression(max_iter=ITERATIONS)
    # As the network: the mean stands for what is missing.
    pipeline = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), fit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the report states it
        pipeline.fit(features_NF, labels)
    decision = pipeline.decision_function(test_NF)
    if decision.ndim == 1:  # of two classes there is one number, for the second
        decision = np.stack([np.zeros_like(decision), decision], axis=1)
    logits_NC = np.full((len(test_NF), classes), -np.inf)
    logits_NC[:, fit.classes_] = decision
    return logits_NC, bool(fit.n_iter_.max() < ITERATIONS)


def pool(images: Values) -> Features:
    """Means of equal blocks (N, at most SIDE x SIDE x C) of 8-bit images, scaled to 0..1."""
    pixels = (images[..., None] if images.ndim == 3 else images) / 255
    for axis in (1, 2):
        starts = np.arange(0, pixels.shape[axis], -(-pixels.shape[axis] // SIDE))
        widths = np.diff([*starts, pixels.shape[axis]])
        sums = np.add.reduceat(pixels, starts, axis=axis)
        pixels = sums / widths.reshape([-1 if axis == at else 1 for at in range(4)])
    return pixels.reshape(len(pixels), -1)


def channel_means(series: Values) -> Features:
    """Mean of each channel (N, C) over the steps (N, T, C) that are known (not NaN)."""
    is_known = ~np.isnan(series)
    sums = np.where(is_known, series, 0).sum(axis=1, dtype=np.float64)
    means: Features = sums / np.maximum(is_known.sum(axis=1), 1)
    return means


def _columns(rows: Values) -> Features:
    return rows.astype(np.float64)


FEATURES: dict[Kind, tuple[Callable[[Features], str], Callable[[Values], Features]]] = {
    "image": (lambda one: f"{one.shape[1]} means of blocks of pixels", pool),
    "series": (lambda one: f"means of {one.shape[1]} channels", channel_means),
    "table": (lambda one: f"{one.shape[1]} columns", _columns),
}
"""By kind of item: the name of its features, and how they are computed."""
