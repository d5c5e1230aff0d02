"""What happens to an image before a network sees it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from edgeline.preprocess import Preprocessing

GREY = Preprocessing(channels=1, image_size=2, mean=(0.5,), std=(0.25,))
COLOUR = Preprocessing(3, 2, (0.0, 0.5, 1.0), (1.0, 0.5, 2.0))


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


def test_halving_averages_the_neighbours() -> None:
    image = np.array([[0, 100, 200, 100]] * 4, np.uint8)
    assert GREY.fit(image)[..., 0].tolist() == [[50, 150], [50, 150]]


def test_colour_becomes_grey_by_luma() -> None:
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    assert np.unique(GREY.fit(red)).tolist() == [76]


def test_grey_becomes_three_equal_channels() -> None:
    fitted = COLOUR.fit(np.array([[7, 7], [7, 7]], np.uint8))
    assert fitted.shape == (2, 2, 3)
    assert np.unique(fitted).tolist() == [7]


def test_a_description_survives_its_json() -> None:
    odd = replace(GREY, mean=(0.1 + 0.2,), std=(1 / 3,))
    assert Preprocessing.from_json(json.loads(json.dumps(odd.to_json()))) == odd


@pytest.mark.parametrize("described", [{}, {"channels": 1}, {"channels": "1", "image_size": 2}])
def test_another_description_is_refused(described: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected channels"):
        Preprocessing.from_json(described)
