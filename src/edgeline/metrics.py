"""How good answers are, from arrays alone."""

import numpy as np
from numpy.typing import NDArray


def top1(logits_NC: NDArray[np.floating]) -> NDArray[np.int64]:
    """The most probable class of each of N examples; the lowest index wins a tie."""
    classes: NDArray[np.int64] = np.argmax(logits_NC, axis=1).astype(np.int64)
    return classes


def accuracy(logits_NC: NDArray[np.floating], labels_N: NDArray[np.integer]) -> float:
    """Share of examples whose most probable class is the label, between 0 and 1."""
    return float(np.mean(top1(logits_NC) == labels_N))


def confusion(logits_NC: NDArray[np.floating], labels_N: NDArray[np.integer]) -> NDArray[np.int64]:
    """Counts by true class (row) and answered class (column)."""
    classes = logits_NC.shape[1]
    cells = np.asarray(labels_N, dtype=np.int64) * classes + top1(logits_NC)
    return (
        np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.int64)
    )


def softmax(logits_NC: NDArray[np.floating]) -> NDArray[np.float64]:
    """Class probabilities; each row sums to 1."""
    shifted = np.asarray(logits_NC, dtype=np.float64)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
