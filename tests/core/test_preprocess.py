"""What happens to an item before a network sees it."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeline.preprocess import Preprocessing

GREY = Preprocessing("image", (2, 2, 1), (0.5,), (0.25,))
COLOUR = Preprocessing("image", (2, 2, 3), (0.0, 0.5, 1.0), (1.0, 0.5, 2.0))
SERIES = Preprocessing("series", (3, 2), (1.0, 10.0), (1.0, 5.0))
TABLE = Preprocessing("table", (2,), (0.0, 1.0), (2.0, 1.0), limit=3.0, columns=("a", "b"))
UNKNOWN = [np.nan, np.nan]


def test_black_and_white_are_two_deviations_away() -> None:
    image = np.array([[[0, 255], [255, 0]]], np.uint8)
    assert GREY(image).tolist() == [[[[-2.0, 2.0], [2.0, -2.0]]]]


def test_each_channel_has_its_own_scale() -> None:
    white = np.full((1, 2, 2, 3), 255, np.uint8)
    assert COLOUR(white)[0, :, 0, 0].tolist() == [1.0, 1.0, 0.0]


def test_the_result_is_contiguous_and_32_bit() -> None:
    result = COLOUR(np.zeros((5, 2, 2, 3), np.uint8))
    assert result.shape == (5, 3, 2, 2)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 2, 2), np.float32),
        np.zeros((1, 2, 3), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((2, 2), np.uint8),
    ],
)
def test_images_of_another_kind_are_refused(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        GREY(images)


def test_a_fitting_picture_stays_as_it_is() -> None:
    image = np.array([[1, 2], [3, 4]], np.uint8)
    assert GREY.fit(image)[..., 0].tolist() == image.tolist()


def test_growing_is_bilinear_between_pixel_centres() -> None:
    image = np.array([[0, 100]], np.uint8)
    four = replace(GREY, shape=(1, 4, 1))
    assert four.fit(image)[..., 0].tolist() == [[0, 25, 75, 100]]


def test_halving_counts_the_near_pixels_three_times() -> None:
    # a triangle two pixels wide, centred between two of them: weights 3, 3 and 1 of those in reach
    image = np.array([[0, 70, 140, 70]] * 4, np.uint8)
    assert GREY.fit(image)[..., 0].tolist() == [[50, 100], [50, 100]]


def test_no_pixel_of_a_large_picture_is_overlooked() -> None:
    dot = np.zeros((64, 64), np.uint8)
    dot[13, 50] = 255
    whole = replace(GREY, shape=(2, 2, 1)).fit(np.repeat(np.repeat(dot, 8, 0), 8, 1))
    assert whole.sum() == 0  # 255 * 64 of 262,144 pixels rounds to nothing, and does so everywhere
    assert replace(GREY, shape=(32, 32, 1)).fit(dot).max() > 0


def test_a_row_is_normalised_feature_by_feature_and_cut() -> None:
    assert TABLE(np.array([[4.0, 3.0], [100.0, -100.0]])).tolist() == [[2.0, 2.0], [3.0, -3.0]]


def test_an_unknown_past_is_the_mean() -> None:
    series = np.array([[UNKNOWN, [2.0, 0.0], [1.0, 15.0]]], np.float32)
    assert SERIES(series).tolist() == [[[0.0, 0.0], [1.0, -2.0], [0.0, 1.0]]]


MEAN = replace(TABLE, missing="mean")
INDICATOR = replace(TABLE, missing="indicator", indicators=(1,))


def test_the_mean_stands_for_a_missing_cell() -> None:
    assert MEAN(np.array([[np.nan, 3.0], [4.0, np.nan]])).tolist() == [[0.0, 2.0], [2.0, 0.0]]


def test_an_indicator_says_what_is_missing_where_it_was_so_in_training() -> None:
    """Of the first column nothing was missing then: the mean alone stands for it."""
    inputs = INDICATOR(np.array([[np.nan, 3.0], [4.0, np.nan]]))
    assert inputs.tolist() == [[0.0, 2.0, 0.0], [2.0, 0.0, 1.0]]
    assert inputs.dtype == np.float32
    assert INDICATOR.input_shape == (3,)


def test_a_missing_cell_is_refused_where_nothing_stands_for_it() -> None:
    with pytest.raises(ValueError, match="expected a value in every cell"):
        TABLE(np.array([[np.nan, 3.0]]))
    with pytest.raises(ValueError, match="expected a value in every cell"):
        SERIES(np.array([[UNKNOWN, [2.0, 0.0], [1.0, np.nan]]]))


def test_no_indicator_tells_of_a_past_that_is_not_known() -> None:
    form = replace(SERIES, missing="indicator", indicators=(0, 1))
    inputs = form(np.array([[UNKNOWN, [2.0, np.nan], UNKNOWN]], np.float32))
    assert inputs.tolist() == [[[0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]]]
    assert form.input_shape == (3, 4)


def test_a_short_series_begins_with_an_unknown_past() -> None:
    fitted = SERIES.fit(np.array([[1.0, 2.0]]))
    assert np.array_equal(fitted, [UNKNOWN, UNKNOWN, [1.0, 2.0]], equal_nan=True)


def test_of_a_long_series_the_last_steps_count() -> None:
    assert SERIES.fit(np.arange(8.0).reshape(4, 2)).tolist() == [[2, 3], [4, 5], [6, 7]]


@pytest.mark.parametrize("item", [np.zeros(2), np.zeros((3, 3))])
def test_a_series_of_other_channels_is_refused(item: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected a series"):
        SERIES.fit(item)


@pytest.mark.parametrize(
    ("kind", "shape", "mean", "columns"),
    [
        ("sound", (2,), (0.0, 0.0), ()),
        ("table", (2, 2), (0.0, 0.0), ()),
        ("table", (2,), (0.0,), ()),
        ("table", (2,), (0.0, 0.0), ("one",)),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(kind, shape, mean, columns) -> None:
    with pytest.raises(ValueError, match="expected"):
        Preprocessing(kind, shape, mean, (1.0,) * len(mean), columns=columns)


def test_colour_becomes_grey_by_luma() -> None:
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    assert np.unique(GREY.fit(red)).tolist() == [76]


def test_grey_becomes_three_equal_channels() -> None:
    fitted = COLOUR.fit(np.array([[7, 7], [7, 7]], np.uint8))
    assert fitted.shape == (2, 2, 3)
    assert np.unique(fitted).tolist() == [7]


FORMS = (
    *(replace(GREY, mean=(0.1 + 0.2,), std=(1 / 3,)), SERIES, TABLE, MEAN, INDICATOR),
    replace(MEAN, decimal_marks=(",", "")),
)


@pytest.mark.parametrize("form", FORMS)
def test_a_description_survives_its_json(form: Preprocessing) -> None:
    assert Preprocessing.from_json(json.loads(json.dumps(form.to_json()))) == form


def test_what_says_nothing_of_missing_cells_is_described_as_ever() -> None:
    assert TABLE.to_json().keys() == {"kind", "shape", "mean", "std", "limit", "columns"}


@pytest.mark.parametrize(
    "changes",
    [
        {"missing": "median"},
        {"indicators": (0,)},
        {"missing": "indicator", "indicators": (2,)},
        {"missing": "indicator", "indicators": (1, 0)},
        {"decimal_marks": (",",)},
        {"decimal_marks": (",", ";")},
    ],
)
def test_what_is_said_of_missing_cells_and_marks_fits_the_columns(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        replace(TABLE, **changes)
    with pytest.raises(ValueError, match="expected"):
        Preprocessing.from_json(
            {
                **TABLE.to_json(),
                **{name: list(one) if name != "missing" else one for name, one in changes.items()},
            }
        )
    with pytest.raises(ValueError, match="expected a way to fill a image"):
        replace(GREY, missing="mean")


def test_a_description_of_when_there_were_images_alone_is_understood() -> None:
    old = {"channels": 1, "image_size": 2, "mean": ["0.5"], "std": ["0.25"]}
    assert Preprocessing.from_json(old) == GREY


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"channels": 1},
        {"channels": "1", "image_size": 2},
        {**TABLE.to_json(), "crop": 2},
        {"channels": 1, "image_size": 2, "mean": ["0.5"], "std": ["0.25"], "crop": 2},
    ],
)
def test_another_description_is_refused(described: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected kind"):
        Preprocessing.from_json(described)
