"""The figures of the documents about judging data can be measured again."""

import numpy as np
import pytest

from benchmarks.judging import copies, flips, judged, measure
from edgeline.datasets.items import Items
from edgeline.datasets.raw import Raw
from edgeline.errors import RecipeError
from edgeline.sources.wheels import digits


def few(given, step):
    return Raw(
        given.items.take(slice(None, None, step)),
        given.splits[::step],
        given.classes,
        given.columns,
    )


def test_every_figure_is_measured_in_short():
    result = judged(few(digits(), 10), seeds=2, repeats=3)

    assert result["items"] == 500
    assert result["near"]["distinct"] == result["near"]["copies"] == 500
    assert result["near"]["wrong_pairs"] == 0
    assert [one["flipped"] for one in result["labels"]] == [25, 25]
    assert result["drift"]["false_alarms"].keys() == {"50", "100"}
    assert result["drift"]["darker_found"].keys() == {"50", "100"}


def test_copies_that_are_the_same_bytes_are_not_counted():
    # an even grey comes back from JPEG as it was; two of it are one picture
    even = np.full((2, 16, 16), 128, np.uint8)

    result = copies(even)

    assert (result["distinct"], result["copies"], result["found"]) == (1, 0, 0)


def test_flipped_labels_of_two_clear_clouds_are_found_to_the_last():
    # left half bright or right half bright, and noise
    draw = np.random.default_rng(0)
    labels = np.arange(200) % 2
    images = draw.integers(0, 40, (200, 20, 20)).astype(np.uint8)
    for at, label in enumerate(labels):
        images[at, :, 10 * label : 10 * label + 10] += 200
    none = np.full(200, "")

    result = flips(Items(images, labels, none, none), ("left", "right"), seed=0)

    assert (result["flipped"], result["suspected"]) == (10, 10)
    assert (result["precision"], result["recall"]) == (1.0, 1.0)


def test_other_settings_than_a_file_are_refused():
    with pytest.raises(RecipeError, match=r"-p data\.path=FILE"):
        measure({"data.near": "3"})
