import shutil

import numpy as np
import pytest
from PIL import Image

from edgeline.datasets import raw
from edgeline.datasets.attribution import attribute
from edgeline.digest import sha256_file
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.recipe.data import Data, read_settings, settings_text
from edgeline.sources.fetch import FORMS, SOURCES, content_digest, fetch, with_digest


def fetch_raw(root, settings):
    fetch(root / "data" / "x", settings)
    return raw.read(root / "data" / "x" / "raw.npz")


def test_digits_are_500_of_each_kind(tmp_path):
    source = fetch_raw(tmp_path, Data(source="digits"))

    assert (source.classes, source.quarantine) == (tuple("0123456789"), ())
    assert (source.items.values.shape, source.items.values.dtype) == ((5000, 28, 28), np.uint8)
    assert (source.items.values.min(), source.items.values.max()) == (0, 255)
    assert np.bincount(source.items.labels).tolist() == [500] * 10
    assert source.items.ids[:2].tolist() == ["0", "1"]


def test_breast_cancer_is_a_table_of_30_measures(tmp_path):
    source = fetch_raw(tmp_path, Data(source="breast-cancer"))

    assert source.items.values.shape == (569, 30)
    assert source.classes == ("malignant", "benign")
    assert np.bincount(source.items.labels).tolist() == [212, 357]
    assert source.columns[0] == "mean radius"
    assert source.items.values[0, 0] == np.float32(17.99)


def test_voices_lack_their_beginning_and_have_a_test_set(tmp_path):
    source = fetch_raw(tmp_path, Data(source="voice"))

    lengths = 29 - np.isnan(source.items.values).all(axis=2).sum(axis=1)
    assert source.items.values.shape == (640, 29, 12)
    assert (lengths.min(), lengths.max()) == (7, 29)
    assert not np.isnan(source.items.values[:, -7:]).any()
    assert (source.splits[:270] == "train").all()
    assert (source.splits[270:] == "test").all()
    assert np.bincount(source.items.labels[:270]).tolist() == [30] * 9
    # The first utterance: its first value as published, after nine rows that are not known.
    assert source.items.values[0, 9, 0] == np.float32(1.860936)


def test_shuttle_has_3511_anomalies(tmp_path):
    source = fetch_raw(tmp_path, Data(source="shuttle"))

    assert source.items.values.shape == (49_097, 9)
    assert np.bincount(source.items.labels).tolist() == [45_586, 3_511]
    assert source.columns == tuple(f"f{at}" for at in range(1, 10))


def test_two_fetches_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        fetch(tmp_path / "data" / name, Data(source="voice"))

    paths = [tmp_path / "data" / name / "raw.npz" for name in ("a", "b")]
    assert sha256_file(paths[0]) == sha256_file(paths[1])


def test_unknown_source_is_answered_with_the_known(tmp_path):
    with pytest.raises(RecipeError, match=r"among digits, .*, image-folder, .*; found 'letters'"):
        fetch_raw(tmp_path, Data(source="letters"))


@pytest.mark.parametrize("name", SOURCES)
def test_every_set_that_ships_states_its_licence(name):
    attribution = attribute(Data(source=name))

    assert attribution["licence"] in ("CC-BY-4.0", "CC-BY-SA-3.0")
    assert attribution["title"]
    assert attribution["origin"]


def test_own_files_are_credited_to_nobody():
    assert attribute(Data(source="table", path="a.csv")) == {
        "name": "table",
        "title": "own data (table)",
        "licence": "unknown",
        "origin": "local file",
    }


def test_own_files_are_credited_as_the_recipe_says():
    attribution = attribute(
        Data(
            source="medmnist",
            url="https://host/a?b",
            title="X-rays",
            licence="MIT",
            published="0.9",
        )
    )

    assert attribution == {
        "name": "medmnist",
        "title": "X-rays",
        "licence": "MIT",
        "origin": "https://host/a",
        "published": "0.9",
    }


def test_a_set_that_ships_takes_no_path(tmp_path):
    with pytest.raises(RecipeError, match="since 'digits' is a set that ships"):
        fetch_raw(tmp_path, Data(source="digits", path="mine"))


def test_names_of_the_classes_are_those_of_the_settings(tmp_path):
    source = fetch_raw(tmp_path, Data(source="breast-cancer", classes=("ill", "well")))

    assert source.classes == ("ill", "well")


def test_too_few_names_of_classes_are_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"names for 10 classes in data\.classes; found 2"):
        fetch_raw(tmp_path, Data(source="digits", classes=("even", "odd")))


@pytest.mark.parametrize("source", FORMS)
def test_nothing_at_the_path_is_one_clear_line(tmp_path, source):
    with pytest.raises(RecipeError, match="found nothing at 'mine'"):
        fetch_raw(tmp_path, Data(source=source, path="mine"))
    with pytest.raises(RecipeError, match="an address in data.url"):
        fetch_raw(tmp_path, Data(source=source))
    with pytest.raises(RecipeError, match="found nothing at 'mine'"):
        with_digest(Data(source=source, path="mine"), tmp_path)


@pytest.fixture
def pets(tmp_path):
    for path in ("cat/a.png", "cat/b.png", "dog/c.png"):
        (tmp_path / "pets" / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), ord(path[4])).save(tmp_path / "pets" / path)
    return tmp_path / "pets"


OWN = Data(source="image-folder", path="pets")


def rename(folder):
    (folder / "cat" / "a.png").rename(folder / "cat" / "z.png")


def move(folder):
    (folder / "cat" / "a.png").rename(folder / "dog" / "a.png")


def change(folder):
    content = bytearray((folder / "cat" / "a.png").read_bytes())
    content[-20] ^= 1
    (folder / "cat" / "a.png").write_bytes(content)


def add(folder):
    shutil.copy(folder / "cat" / "a.png", folder / "cat" / "more.png")


def remove(folder):
    (folder / "cat" / "a.png").unlink()


def link(folder):
    add(folder)
    (folder / "cat" / "a.png").unlink()
    (folder / "cat" / "a.png").symlink_to("more.png")


@pytest.mark.parametrize("alter", [rename, move, change, add, remove, link])
def test_files_that_are_not_what_was_recorded_stop_the_fetch(tmp_path, pets, alter):
    settings = with_digest(OWN, tmp_path)
    fetch_raw(tmp_path, settings)
    alter(pets)

    with pytest.raises(Tampered) as refused:
        fetch_raw(tmp_path, settings)

    assert refused.value.exit_code == 4


def test_a_moved_or_touched_folder_has_the_same_digest(tmp_path, pets):
    before = content_digest(OWN, tmp_path)
    shutil.copytree(pets, tmp_path / "copy")
    (tmp_path / "copy" / ".DS_Store").write_bytes(b"\0")

    assert content_digest(Data(source="image-folder", path="copy"), tmp_path) == before
    absolute = Data(source="image-folder", path=str(tmp_path / "copy"))
    assert content_digest(absolute, tmp_path / "elsewhere") == before


def test_names_composed_differently_have_the_same_digest(tmp_path):
    """As one system writes them, and another."""
    for name, letter in (("a", "ü"), ("b", "ü")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{letter}.png").write_bytes(b"x")

    one, other = (content_digest(Data(source="table", path=name), tmp_path) for name in "ab")
    assert one == other


def test_a_file_is_identified_by_its_sha256(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x")
    settings = Data(source="table", path="a.csv", digest="md5:" + "0" * 32)

    assert with_digest(settings, tmp_path).digest == sha256_file(tmp_path / "a.csv")


def test_settings_without_a_path_are_identified_already(tmp_path):
    settings = Data(source="digits")

    assert with_digest(settings, tmp_path) == settings


def test_no_network_is_an_environment_that_does_not_do(tmp_path):
    settings = Data(source="medmnist", url="http://127.0.0.1:9/set.npz", digest="0" * 64)

    with pytest.raises(EnvironmentUnfit, match="found no answer"):
        fetch_raw(tmp_path, settings)


def test_settings_come_back_from_their_file(tmp_path):
    settings = Data(dirichlet=0.1, channels=3, mean=(0.1, 0.2, 0.3), std=(1.0, 1.0, 1.0), seed=7)
    (tmp_path / "settings.yaml").write_text(settings_text(settings), encoding="utf-8")

    assert read_settings(tmp_path / "settings.yaml") == settings


@pytest.mark.parametrize("text", ["devices: many", "unknown: 1", "[1, 2", "channels: 2"])
def test_settings_that_are_none_are_refused(tmp_path, text):
    (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(RecipeError, match=r"settings\.yaml"):
        read_settings(tmp_path / "settings.yaml")
