"""Items that a program makes fit the data; printed digits are seeded, balanced and readable."""

import numpy as np
import pytest

from edgeline.datasets.card import Form
from edgeline.datasets.printed import FONTS, generate, render
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing


def form(classes: int = 10, channels: int = 1, kind: str = "image") -> Form:
    shape = (16, 16, channels) if kind == "image" else (channels,)
    preprocessing = Preprocessing(kind, shape, (0.5,) * channels, (0.5,) * channels)
    return Form(preprocessing, tuple(str(number) for number in range(classes)), "none")


def test_printed_digits_have_the_size_of_the_form():
    images, labels = generate(20, form(), 3)

    assert images.shape == (20, 16, 16)
    assert np.array_equal(images, render(20, 16, 3)[0])
    assert np.bincount(labels).tolist() == [2] * 10


@pytest.mark.parametrize(
    "other", [form(classes=2), form(channels=3), form(kind="table", channels=30)]
)
def test_generator_for_other_data_is_refused(other):
    with pytest.raises(RecipeError, match="grey images of ten digits.* to none"):
        generate(5, other, 0)


def test_same_seed_renders_the_same_digits():
    first, again, other = render(30, 28, 5), render(30, 28, 5), render(30, 28, 6)

    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_every_digit_is_rendered_as_often():
    _, labels = render(200, 28, 0)

    assert np.bincount(labels).tolist() == [20] * 10


@pytest.mark.parametrize("size", [16, 28, 40])
def test_images_have_the_size_asked_for(size):
    images, labels = render(12, size, 0)

    assert (images.shape, images.dtype) == ((12, size, size), np.uint8)
    assert labels.dtype == np.int64


def test_digits_are_white_and_borders_mostly_black():
    images, _ = render(300, 28, 0)
    border = np.concatenate(
        [images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1
    )

    assert images.max(axis=(1, 2)).min() > 128
    assert (border.max(axis=1) == 0).mean() > 0.8


def test_digits_of_a_class_look_alike():
    images, labels = render(600, 28, 0)
    means = np.stack(
        [images[:500][labels[:500] == digit].mean(axis=0).ravel() for digit in range(10)]
    )
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    nearest = np.argmax(images[500:].reshape(100, -1) @ means.T, axis=1)

    # A template match says more than chance (0.1) only where label and picture belong together.
    assert (nearest == labels[500:]).mean() > 0.6


def test_no_digits_make_an_empty_set():
    images, labels = render(0, 28, 0)

    assert (images.shape, labels.shape) == ((0, 28, 28), (0,))


def test_fonts_are_named_once():
    assert len(set(FONTS)) == len(FONTS)
