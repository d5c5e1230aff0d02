import numpy as np
import pytest

from edgeline.datasets import read, sources
from edgeline.digest import sha256_file
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.recipe.data import Data, read_settings, settings_text


def test_digits_are_500_of_each_kind(tmp_path):
    report = sources.fetch(tmp_path, Data())

    images, labels = read(tmp_path / "raw.npz")
    assert report == sources.Fetched("digits", 5000, (28, 28))
    assert (images.shape, images.dtype) == ((5000, 28, 28), np.uint8)
    assert (images.min(), images.max()) == (0, 255)
    assert np.bincount(labels).tolist() == [500] * 10


def test_two_fetches_give_the_same_bytes(tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b"):
        sources.fetch(folder, Data())

    assert sha256_file(tmp_path / "a" / "raw.npz") == sha256_file(tmp_path / "b" / "raw.npz")


def test_unknown_source_is_answered_with_the_known(tmp_path):
    with pytest.raises(RecipeError, match=r"among digits; found 'letters'"):
        sources.fetch(tmp_path, Data(source="letters"))


def test_every_source_states_its_licence():
    for name in sources.SOURCES:
        credit = sources.credit(name)
        assert credit["licence"]
        assert credit["title"]
        assert credit["origin"]


def test_reading_a_missing_set_says_how_to_make_it(tmp_path):
    with pytest.raises(EnvironmentUnfit, match="dvc repro"):
        read(tmp_path / "train.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip archive", b"PK\x03\x04 cut off"])
def test_reading_a_damaged_set_names_it(tmp_path, content):
    (tmp_path / "train.npz").write_bytes(content)

    with pytest.raises(Tampered, match=r"train\.npz"):
        read(tmp_path / "train.npz")


def test_one_bare_array_is_not_a_set(tmp_path):
    with (tmp_path / "train.npz").open("wb") as file:
        np.save(file, np.zeros(3))

    with pytest.raises(Tampered, match="images and labels"):
        read(tmp_path / "train.npz")


def test_a_pickled_object_is_never_loaded(tmp_path):
    objects = np.array([{"any": "object"}], dtype=object)
    np.savez(tmp_path / "train.npz", images=objects, labels=np.zeros(1, np.int64))

    with pytest.raises(Tampered, match="ValueError"):
        read(tmp_path / "train.npz")


def test_settings_come_back_from_their_file(tmp_path):
    settings = Data(dirichlet=0.1, channels=3, mean=(0.1, 0.2, 0.3), std=(1.0, 1.0, 1.0), seed=7)
    (tmp_path / "settings.yaml").write_text(settings_text(settings), encoding="utf-8")

    assert read_settings(tmp_path / "settings.yaml") == settings


@pytest.mark.parametrize("text", ["devices: many", "unknown: 1", "[1, 2", "channels: 3"])
def test_settings_that_are_none_are_refused(tmp_path, text):
    (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(RecipeError, match=r"settings\.yaml"):
        read_settings(tmp_path / "settings.yaml")
