"""Names of classes and groups, from whatever source they come."""

import numpy as np
import pytest
from PIL import Image

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources.classes import assign_labels
from edgeline.sources.fetch import fetch

COMPOSED, APART = "caf\u00e9", "cafe\u0301"
"""As most systems store an accent (NFC), and as a Mac does (NFD)."""


def test_a_word_is_one_class_however_its_accent_is_stored():
    labels, names = assign_labels([APART, "tee", COMPOSED, ""], (), "x")

    assert names == (COMPOSED, "tee")
    assert labels.tolist() == [0, 1, 0, -1]


@pytest.mark.parametrize(
    ("words", "labels"),
    [(["1", "0", "2"], [1, 0, 2]), (["0", "2"], [0, 2]), (["0", "-1", "?", "1"], [0, -1, -1, 1])],
)
def test_numbers_from_0_are_labels(words, labels):
    assert assign_labels(words, ("a", "b", "c"), "x")[0].tolist() == labels


@pytest.mark.parametrize("words", [["1", "2", "3"], ["1", "2"], ["0", "3"], ["00", "01"], ["?"]])
def test_other_numbers_are_refused(words):
    with pytest.raises(
        RecipeError, match="classes named a, b, c in x.*numbered from 0 to 2; found"
    ):
        assign_labels(words, ("a", "b", "c"), "x")


def test_classes_that_are_numbers_themselves_are_names():
    assert assign_labels(["1", "3", "2"], ("1", "2", "3"), "x")[0].tolist() == [0, 2, 1]


@pytest.mark.parametrize("classes", [(), (COMPOSED, "tee"), (APART, "tee")])
def test_folders_of_two_systems_are_the_same_classes_and_groups(tmp_path, classes):
    draw = np.random.default_rng(0)
    for split, name, patient in (
        ("train", COMPOSED, COMPOSED),
        ("test", APART, APART),
        ("test", "tee", "p"),
    ):
        folder = tmp_path / "photos" / split / name / patient
        folder.mkdir(parents=True)
        Image.fromarray(draw.integers(0, 255, (9, 9), np.uint8)).save(folder / "1.png")
    settings = Data(source="image-folder", path="photos", classes=classes, group="folder")
    fetch(tmp_path / "data" / "x", settings, root=tmp_path)
    source = raw.read(tmp_path / "data" / "x" / "raw.npz")

    assert source.classes == (COMPOSED, "tee")
    assert sorted(zip(source.splits, source.items.labels, source.items.groups, strict=True)) == [
        ("test", 0, COMPOSED),
        ("test", 1, "p"),
        ("train", 0, COMPOSED),
    ]
