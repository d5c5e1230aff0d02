"""Series that are arrays of one file."""

import numpy as np
import pytest

from edgeline.errors import RecipeError
from tests.lab.test_series import fetch_raw

SERIES = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


def save_series(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return "a.npz"


def test_series_and_labels_may_be_arrays_of_one_file(tmp_path):
    path = save_series(
        tmp_path, X=SERIES, y=np.array([1, 0, 1, 0])[:, None], who=np.array(list("aabb"))
    )
    source = fetch_raw(tmp_path, path, group="who", classes=("rest", "walk"))

    assert source.items.values.tolist() == SERIES.tolist()
    assert source.items.labels.tolist() == [1, 0, 1, 0]
    assert source.items.ids.tolist() == ["0", "1", "2", "3"]
    assert source.items.groups.tolist() == ["a", "a", "b", "b"]
    assert source.columns == ("channel 1", "channel 2")


def test_arrays_may_be_sets_and_labels_words(tmp_path):
    words = np.array(["up", "down", "up", "down"])
    path = save_series(
        tmp_path, x_train=SERIES[..., 0], y_train=words, x_test=SERIES[:2, :, 0], y_test=words[:2]
    )
    source = fetch_raw(tmp_path, path)

    assert source.splits.tolist() == ["train"] * 4 + ["test"] * 2
    assert source.items.values.shape == (6, 3, 1)
    assert source.items.ids.tolist()[3:5] == ["train/3", "test/0"]
    assert source.classes == ("down", "up")


ARRAYS = {
    "labels from 1": ({"X": SERIES, "y": [1, 2, 1, 2]}, "numbered from 0 to 1; found 1, 2"),
    "a label too few": ({"X": SERIES, "y": [0, 1, 0]}, r"each of 4 series; found int64 \(3,\)"),
    "no labels": ({"X": SERIES}, "y in a.npz, a word or whole number .*found no such array"),
    "four axes": ({"X": SERIES[None], "y": [0]}, r"found float32 \(1, 4, 3, 2\)"),
    "other names": ({"a": SERIES, "b": [0, 1, 0, 1]}, "an array of other axes than steps"),
}


@pytest.mark.parametrize(("content", "found"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_another_form_are_refused_with_the_cause(tmp_path, content, found):
    with pytest.raises(RecipeError, match=found):
        fetch_raw(tmp_path, save_series(tmp_path, **content), classes=("a", "b"))
