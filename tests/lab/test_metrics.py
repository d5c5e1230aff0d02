"""Our figures beside those of scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from edgeline.metrics import auc, balanced_accuracy, softmax, top1


def test_figures_agree_with_another_implementation() -> None:
    draw = np.random.default_rng(0)
    for classes in (2, 4):
        logits = draw.integers(-3, 4, (200, classes)).astype(float)  # with ties
        labels = draw.integers(0, classes, 200)
        theirs = softmax(logits)[:, 1] if classes == 2 else softmax(logits)

        assert auc(logits, labels) == pytest.approx(
            roc_auc_score(labels, theirs, multi_class="ovr")
        )
        assert balanced_accuracy(logits, labels) == pytest.approx(
            balanced_accuracy_score(labels, top1(logits))
        )
