import json

import numpy as np
import pytest

from edgeline.datasets import card, items, raw
from edgeline.datasets.card import Form
from edgeline.datasets.items import Items
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare
from edgeline.datasets.profile import moments, profile
from edgeline.datasets.raw import QuarantineItem, Raw
from edgeline.digest import canonical_json, sha256_bytes, sha256_file
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.files import PARTIAL
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch

SETTINGS = Data(source="digits", image_size=8, validation=10, test=20, central=10, devices=2)


@pytest.fixture
def folder(tmp_path):
    """Complete data of 102 images, one of them unreadable and one a copy of the first."""
    images = np.random.default_rng(0).integers(0, 256, (101, 8, 8), dtype=np.uint8)
    images[100] = images[0]
    given = Items(
        images,
        np.arange(101) % 2,
        np.arange(101).astype(str),
        np.array(["a", "b", "c"] * 33 + ["", "a"]),
    )
    bad = (QuarantineItem("x.png", "truncated"),)
    raw.write(tmp_path / "raw.npz", Raw(given, np.full(101, ""), ("no", "yes"), (), bad))
    prepare(tmp_path, SETTINGS.model_copy(update={"validation": 20, "test": 30}))
    partition(tmp_path, SETTINGS)
    return tmp_path


def test_the_card_tells_what_the_data_are(folder):
    described = card.check(folder)

    assert described.raw == 102
    assert sum(described.sets.values()) == 100
    assert {name: sum(counts) for name, counts in described.set_classes.items()} == described.sets
    assert described.left_out == {"duplicate": 1, "truncated": 1}
    assert described.damaged == 1
    assert described.duplicates == {"exact within": 1}
    assert sum(described.groups.values()) == 3
    assert described.central == (5, 5)
    assert np.sum(described.devices) == described.sets["train"] - 10
    assert len(described.distances) == 2
    assert described.deal == {"partition": "dirichlet", "seed": 1, "dirichlet": "0.5"}
    assert described.source["licence"] == "CC-BY-SA-3.0"


def test_the_card_tells_what_a_network_is_made_for(folder):
    central = items.read(folder / "shares" / "central.npz")
    mean, std = moments(central.values, "image")

    assert card.load(folder).form == Form(
        Preprocessing("image", (8, 8, 1), mean, std), ("no", "yes"), "none"
    )


def test_the_card_holds_the_hash_of_every_file(folder):
    described = card.check(folder)

    assert described.files["raw.npz"] == sha256_file(folder / "raw.npz")
    assert sorted(described.files) == [
        "prepared/report.json",
        "prepared/test.npz",
        "prepared/train.npz",
        "prepared/validation.npz",
        "raw.npz",
        "shares/central.npz",
        "shares/devices/00/examples.npz",
        "shares/devices/01/examples.npz",
    ]


def test_the_revision_is_the_hash_of_the_card(folder):
    content = (folder / "card.json").read_bytes()

    assert card.check(folder).digest == sha256_bytes(content)
    assert canonical_json(json.loads(content)) == content


def test_a_card_says_that_it_is_one_before_anything_else(folder):
    assert (folder / "card.json").read_bytes().startswith(b'{"card":"edgeline data card 2"')


@pytest.mark.parametrize("path", ["raw.npz", "shares/devices/01/examples.npz"])
def test_one_flipped_bit_is_named(folder, path):
    content = bytearray((folder / path).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / path).write_bytes(content)

    with pytest.raises(Tampered, match=path):
        card.check(folder)


def test_a_missing_file_is_named(folder):
    (folder / "prepared" / "test.npz").unlink()

    with pytest.raises(Tampered, match=r"prepared/test\.npz.*no such file"):
        card.check(folder)


def test_a_file_too_many_is_named(folder):
    (folder / "shares" / "extra.npz").write_bytes(b"")

    with pytest.raises(Tampered, match=r"shares/extra\.npz not to be there"):
        card.check(folder)


def test_link_is_named_and_never_followed(folder):
    (folder / "shares" / "away").symlink_to("/nowhere")

    with pytest.raises(Tampered, match=r"shares/away not to be there.*not a plain file"):
        card.check(folder)


def test_settings_and_words_may_lie_beside(folder):
    (folder / "settings.yaml").write_text("source: digits", encoding="utf-8")
    (folder / "README.md").write_text("words", encoding="utf-8")

    assert card.check(folder) == card.load(folder)


@pytest.mark.parametrize("below", [".", "prepared"])
def test_what_a_killed_stage_was_writing_is_no_data(folder, below):
    left = folder / below / f".raw.npz.1a2b3c4d{PARTIAL}"
    left.write_bytes(b"half")

    partition(folder, SETTINGS)

    assert not left.exists()
    assert card.check(folder) == card.load(folder)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"card":"another"}', b'{"format":"another"}', b"\xff"]
)
def test_what_is_no_card_is_refused(folder, content):
    (folder / "card.json").write_bytes(content)

    with pytest.raises(Tampered, match=r"card\.json"):
        card.check(folder)


@pytest.mark.parametrize("step", [fetch, prepare])
def test_every_earlier_step_withdraws_the_card(folder, step):
    step(folder, SETTINGS)

    with pytest.raises(EnvironmentUnfit, match=r"no card\.json"):
        card.check(folder)


def test_a_failed_partition_leaves_no_card(folder):
    with pytest.raises(RecipeError):
        partition(folder, SETTINGS.model_copy(update={"devices": 1000}))

    assert not (folder / "card.json").exists()


def in_one_set(values, labels=(0, 1, 1)):
    none = np.full(len(values), "")
    return Items(values, np.array(labels), none, none)


def test_profile_of_a_table_by_hand():
    table = in_one_set(np.array([[0.0, 5], [32, 5], [16, 5]], np.float32))

    summary = profile(table, 3, ("speed", "heat"), "table")

    assert (summary.items, summary.labels) == (3, (1, 2, 0))
    assert summary.features == {"speed": tuple(map(float, range(33))), "heat": (5.0,) * 33}


def test_profile_of_a_series_leaves_out_what_is_not_known():
    series = np.array([[[np.nan], [1.0], [3.0]]] * 3, np.float32)

    features = profile(in_one_set(series), 2, ("pulse",), "series").features

    assert features == {"pulse mean": (2.0,) * 33, "pulse deviation": (1.0,) * 33}


def test_profile_of_pictures_has_brightness_and_contrast_of_every_colour():
    grey, colour = np.zeros((3, 8, 8), np.uint8), np.zeros((3, 8, 8, 3), np.uint8)
    grey[:, :4] = 255

    assert profile(in_one_set(grey), 2, (), "image").features == {
        "mean": (127.5,) * 33,
        "deviation": (127.5,) * 33,
    }
    assert len(profile(in_one_set(colour), 2, (), "image").features) == 6
