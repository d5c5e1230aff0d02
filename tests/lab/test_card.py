import json

import numpy as np
import pytest

from edgeline.datasets import card, sources, write
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare
from edgeline.digest import canonical_json, sha256_bytes, sha256_file
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.recipe.data import Data

SETTINGS = Data(image_size=8, classes=2, validation=10, test=20, central=10, devices=2)


@pytest.fixture
def folder(tmp_path):
    """Complete data of 101 images, the last of which is a copy of the first."""
    images = np.random.default_rng(0).integers(0, 256, (101, 8, 8), dtype=np.uint8)
    images[100] = images[0]
    write(tmp_path / "raw.npz", images, np.arange(101) % 2)
    prepare(tmp_path, SETTINGS)
    partition(tmp_path, SETTINGS)
    return tmp_path


def test_the_card_tells_what_the_data_are(folder):
    described = card.check(folder)

    assert described.classes == 2
    assert described.sets == {"train": 70, "validation": 10, "test": 20}
    assert described.left_out == {"duplicate": 1}
    assert described.central == (5, 5)
    assert np.sum(described.devices) == 60
    assert described.source["licence"] == "CC-BY-SA-3.0"


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

    assert card.check(folder).revision == sha256_bytes(content)
    assert canonical_json(json.loads(content)) == content


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


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":"another"}', b"\xff"])
def test_what_is_no_card_is_refused(folder, content):
    (folder / "card.json").write_bytes(content)

    with pytest.raises(Tampered, match=r"card\.json"):
        card.check(folder)


@pytest.mark.parametrize("step", [sources.fetch, prepare])
def test_every_earlier_step_withdraws_the_card(folder, step):
    step(folder, SETTINGS)

    with pytest.raises(EnvironmentUnfit, match=r"no card\.json"):
        card.check(folder)


def test_a_failed_partition_leaves_no_card(folder):
    with pytest.raises(RecipeError):
        partition(folder, SETTINGS.model_copy(update={"devices": 1000}))

    assert not (folder / "card.json").exists()
