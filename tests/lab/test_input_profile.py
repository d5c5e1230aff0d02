"""How often an item of the training kind is called unlike the training items, and one of another kind is not."""

import numpy as np
from sklearn.datasets import load_breast_cancer

from edgeline.datasets.printed import render
from edgeline.edge.profile import find_deviations, learn_profile
from edgeline.preprocess import Preprocessing

DIGITS = Preprocessing("image", (28, 28, 1), (0.1307,), (0.3081,))
TUMOURS = Preprocessing("table", (30,), (0.0,) * 30, (1.0,) * 30)


def test_printed_digits_are_hardly_ever_outside_and_negatives_always() -> None:
    images, _ = render(300, 28, 0)
    profile = learn_profile(images[:100], DIGITS)
    negatives = find_deviations(profile, 255 - images[100:], DIGITS)

    assert sum(map(bool, find_deviations(profile, images[100:], DIGITS))) <= 2
    assert all("polarity" in [one.measure for one in some] for some in negatives)


def test_rows_of_a_table_are_hardly_ever_outside_and_those_in_another_unit_always() -> None:
    tumours = np.random.default_rng(0).permutation(load_breast_cancer().data).astype(np.float32)
    profile = learn_profile(tumours[:60], TUMOURS)
    millimetres = tumours[60:].copy()
    millimetres[:, 0] *= 10

    assert sum(map(bool, find_deviations(profile, tumours[60:], TUMOURS))) <= 5
    assert all(find_deviations(profile, millimetres, TUMOURS))
