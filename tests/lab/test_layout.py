"""What is read off the names of folders, and what is asked about rather than guessed."""

import unicodedata

import pytest

from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources.intake import FileEntry
from edgeline.sources.layout import find_set, label_files

PETS = ("cat/1.png", "dog/2.png")


def under(*folders, paths=PETS):
    """The same paths in each of these folders."""
    return [f"{folder}/{path}" for folder in folders for path in paths]


def labelled(*paths, **settings):
    """Set, class and group of each file; a file that is passed over is missing."""
    files = [FileEntry(path, 1) for path in sorted(paths)]
    found = label_files(files, "pets", (".png",), Data(source="image-folder", **settings))
    return {one.file.path: (one.split, one.class_name, one.group) for one in found}


def classes(found):
    return {class_name for _, class_name, _ in found.values()}


def splits(found):
    return [split for split, _, _ in found.values()]


def refused(*paths, **settings):
    with pytest.raises(RecipeError) as caught:
        labelled(*paths, **settings)
    assert "\n" not in str(caught.value)
    return caught.value.found


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("train", "train"),
        ("TRAIN", "train"),
        ("training_set", "train"),
        ("trainset", "train"),
        ("Training Data", "train"),
        ("train2017", "train"),
        ("test-images", "test"),
        ("val", "validation"),
        ("valid_split", "validation"),
        ("test positive", ""),
        ("train station", ""),
        ("fold_1", ""),
        ("dataset", ""),
        ("1", ""),
        ("_", ""),
    ],
)
def test_a_set_is_known_by_its_name_and_by_what_people_add_to_it(name, meant):
    assert find_set(name) == meant


@pytest.mark.parametrize(
    "around",
    ["", "pets/", "pets-main/pets/"],
)
@pytest.mark.parametrize(
    "sets",
    [
        ("train", "test"),
        ("training_set", "test_set"),
        ("Train", "VAL"),
        ("train/train", "test/test"),
    ],
)
def test_sets_above_the_classes_are_used(around, sets):
    found = labelled(*under(*(around + one for one in sets)))

    assert classes(found) == {"cat", "dog"}
    assert sorted(set(splits(found))) == sorted({find_set(one.split("/")[0]) for one in sets})


def test_sets_below_the_classes_are_used_as_well():
    found = labelled(*under("cat", "dog", paths=("train/p1/1.png", "test/p2/2.png")))

    assert found["cat/train/p1/1.png"] == ("train", "cat", "p1")
    assert found["dog/test/p2/2.png"] == ("test", "dog", "p2")


@pytest.mark.parametrize(
    "beside", ["README.md", "pets/README.md", "stray.png", "pets/stray.png", "pets/more/stray.png"]
)
def test_a_folder_around_the_classes_is_looked_through_whatever_lies_beside_it(beside):
    found = labelled(*under("pets/more"), beside)

    assert found.pop(beside, ("", "", "")) == ("", "", "")
    assert classes(found) == {"cat", "dog"}


def test_a_picture_beside_the_folders_of_classes_is_in_none_and_words_are_passed_over():
    assert labelled(*PETS, "stray.png", "LICENSE") == {
        "cat/1.png": ("", "cat", ""),
        "dog/2.png": ("", "dog", ""),
        "stray.png": ("", "", ""),
    }


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (under("fold_a", "fold_b"), "the same folders (cat, dog) in fold_a, fold_b"),
        (
            [*under("fold_a", "fold_b"), "fold_a/cow/3.png"],
            "the same folders (cat, cow, dog) in fold_a, fold_b",
        ),
        (
            [*under("seg_train/seg_train", "seg_test/seg_test"), "seg_pred/1.png"],
            "the same folders (cat, dog) in seg_test, seg_train",
        ),
        (under("train", "more"), "more, train"),
        (["train/1.png", "test/2.png", "sample/3.png"], "sample, test, train"),
        (under("validation", "test"), "test, validation"),
        (
            [*under("train/train"), "test/test/1.png", "test/test/2.png"],
            "test, train below test, train",
        ),
    ],
)
def test_what_may_be_sets_is_asked_about_in_a_line(paths, found):
    assert refused(*paths) == found


def test_the_settings_say_that_the_folders_at_the_top_are_classes():
    paths = under("cat", "dog", paths=("day/1.png", "night/2.png"))

    assert refused(*paths) == "the same folders (day, night) in cat, dog"
    assert classes(labelled(*paths, classes=("cat", "dog"))) == {"cat", "dog"}
    assert labelled(*paths, group="folder")["dog/night/2.png"] == ("", "dog", "night")


@pytest.mark.parametrize(
    "paths",
    [
        ["ill/p1/1.png", "ill/p2/2.png", "well/p3/3.png"],
        ["cat/raw/1.png", "dog/raw/2.png"],
        ["train/1.png", "bus/2.png"],
        ["test positive/1.png", "test negative/2.png"],
        ["cat/1.png", "cat/more/2.png", "dog/3.png"],
    ],
)
def test_folders_that_can_only_be_classes_are_not_asked_about(paths):
    found = labelled(*paths)

    assert classes(found) == {path.split("/")[0] for path in paths}
    assert set(splits(found)) == {""}


def test_a_class_may_have_the_name_of_a_set_where_every_set_has_it():
    found = labelled(*under("train", "test", paths=("train/1.png", "bus/2.png")))

    assert classes(found) == {"train", "bus"}
    assert splits(found) == ["test", "test", "train", "train"]


def test_one_class_in_a_set_is_not_taken_for_a_folder_around_its_groups():
    assert labelled("train/ill/p1/1.png", "test/well/p2/2.png") == {
        "test/well/p2/2.png": ("test", "well", "p2"),
        "train/ill/p1/1.png": ("train", "ill", "p1"),
    }


def test_one_class_is_written_in_two_ways_that_look_alike():
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))

    found = labelled(f"train/{composed}/1.png", f"test/{decomposed}/2.png", "train/tee/3.png")

    assert classes(found) == {composed, "tee"}
