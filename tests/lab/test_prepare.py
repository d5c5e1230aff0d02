import json

import numpy as np
import pytest

from edgeline.datasets import read, write
from edgeline.datasets.prepare import SETS, prepare
from edgeline.digest import folder_digests, sha256_bytes
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data

SETTINGS = Data(image_size=8, classes=2, validation=10, test=20)


def pictures(count, size=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size), dtype=np.uint8)


def labels(count):
    return np.arange(count) % 2


def prepared(folder, images, truth, settings=SETTINGS):
    write(folder / "raw.npz", images, truth)
    return prepare(folder, settings)


def sets(folder):
    return [read(folder / "prepared" / f"{name}.npz") for name in SETS]


def test_good_images_are_all_kept(tmp_path):
    report = prepared(tmp_path, pictures(100), labels(100))

    assert (report.raw, report.kept, report.left_out) == (100, 100, {})
    assert report.sets == {"train": 70, "validation": 10, "test": 20}
    assert [np.bincount(truth).tolist() for _, truth in sets(tmp_path)] == [
        [35, 35],
        [5, 5],
        [10, 10],
    ]


def test_a_copy_is_left_out_and_counted(tmp_path):
    images, truth = pictures(100), labels(100)
    images[98], images[99] = images[0], images[1]

    report = prepared(tmp_path, images, truth)

    assert report.left_out == {"duplicate": (98, 99)}
    assert report.sets["train"] == 68


def test_no_image_is_in_two_sets(tmp_path):
    images = np.concatenate([pictures(60), pictures(60), pictures(60)])

    prepared(tmp_path, images, labels(180), Data(image_size=8, classes=2, validation=10, test=20))

    contents = [sha256_bytes(image.tobytes()) for pixels, _ in sets(tmp_path) for image in pixels]
    assert len(contents) == len(set(contents)) == 60


def test_copies_whose_labels_disagree_all_go(tmp_path):
    images, truth = pictures(100), labels(100)
    images[3] = images[2]

    assert prepared(tmp_path, images, truth).left_out == {"labels disagree": (2, 3)}


def test_images_that_shrink_to_the_same_are_copies(tmp_path):
    images = np.repeat(np.repeat(pictures(100), 2, axis=1), 2, axis=2)
    images[50] = images[48]
    images[50, 0, 0] ^= 1  # lost in the mean of four pixels

    assert prepared(tmp_path, images, labels(100)).left_out == {"duplicate": (50,)}


def test_each_bad_image_has_its_reason(tmp_path):
    images, truth = pictures(100).astype(np.float32), labels(100)
    images[0, 0, 0] = np.nan
    images[1, 0, 0] = 256
    images[2] = 7
    truth[3] = 2

    assert prepared(tmp_path, images, truth).left_out == {
        "label outside the classes": (3,),
        "not finite": (0,),
        "one colour": (2,),
        "value outside 0..255": (1,),
    }


def test_the_report_names_what_was_left_out(tmp_path):
    images = pictures(100)
    images[98] = images[0]
    prepared(tmp_path, images, labels(100))

    report = json.loads((tmp_path / "prepared" / "report.json").read_bytes())
    assert (report["raw"], report["kept"], report["left_out"]) == (100, 99, {"duplicate": [98]})


def test_colour_becomes_grey_of_the_right_size(tmp_path):
    colours = np.stack([pictures(100, 16, seed) for seed in range(3)], axis=-1)

    prepared(tmp_path, colours, labels(100))

    assert [pixels.shape[1:] for pixels, _ in sets(tmp_path)] == [(8, 8)] * 3


def test_grey_becomes_colour_where_asked(tmp_path):
    settings = SETTINGS.model_copy(update={"channels": 3, "mean": (0.5,) * 3, "std": (0.5,) * 3})

    prepared(tmp_path, pictures(100), labels(100), settings)

    assert [pixels.shape[1:] for pixels, _ in sets(tmp_path)] == [(8, 8, 3)] * 3


def test_two_runs_give_the_same_bytes(tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b"):
        prepared(folder, pictures(100), labels(100))

    assert folder_digests(tmp_path / "a") == folder_digests(tmp_path / "b")


@pytest.mark.parametrize(
    ("images", "truth"),
    [
        (np.zeros((4, 8)), labels(4)),
        (np.zeros((4, 8, 8, 2)), labels(4)),
        (np.full((4, 8, 8), "x"), labels(4)),
        (pictures(4), labels(3)),
        (pictures(4), labels(4) / 2),
    ],
)
def test_what_is_no_labelled_images_is_refused(tmp_path, images, truth):
    with pytest.raises(RecipeError, match="mend the source"):
        prepared(tmp_path, images, truth)
