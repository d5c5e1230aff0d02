import json

import numpy as np
import pytest

from edgeline.datasets import read, write
from edgeline.datasets.partition import deal, device, partition, skew
from edgeline.digest import folder_digests, sha256_bytes
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data

SETTINGS = Data(image_size=8, classes=4, central=20, devices=5, dirichlet=0.5)
LABELS = np.repeat(np.arange(4), 100)


def dealt(concentration, devices=5, seed=0):
    return deal(LABELS, devices, concentration, np.random.default_rng(seed))


def mixes(shares):
    return np.array([np.bincount(LABELS[share], minlength=4) for share in shares])


def with_training_set(folder, count=400):
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8), dtype=np.uint8)
    write(folder / "raw.npz", images, np.arange(count) % 4)
    write(folder / "prepared" / "train.npz", images, np.arange(count) % 4)
    report = {"raw": count, "kept": count, "sets": {"train": count}, "left_out": {}}
    (folder / "prepared" / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return images


def test_every_example_lies_on_one_device():
    assert sorted(np.concatenate(dealt(0.5)).tolist()) == list(range(400))


@pytest.mark.parametrize("concentration", [0.01, 0.5, 1000.0])
def test_every_device_has_ten_examples(concentration):
    assert min(len(share) for share in dealt(concentration, devices=30)) >= 10


def test_the_seed_alone_decides_the_deal():
    assert mixes(dealt(0.5)).tolist() == mixes(dealt(0.5)).tolist()
    assert mixes(dealt(0.5)).tolist() != mixes(dealt(0.5, seed=1)).tolist()


def test_a_great_concentration_makes_devices_alike():
    assert np.abs(mixes(dealt(1e6)) - 20).max() <= 1


def test_skew_falls_as_the_concentration_grows():
    skews = [skew(mixes(dealt(concentration))) for concentration in (0.05, 0.5, 5.0, 1e6)]

    assert skews == sorted(skews, reverse=True)


def test_skew_of_two_devices_by_hand():
    # mixes (1, 0) and (0, 1) against (1/2, 1/2): each is half a unit of probability away
    assert skew(np.array([[10, 0], [0, 10]])) == 0.5
    assert skew(np.array([[3, 1], [6, 2]])) == 0.0


def test_shares_together_are_the_training_set(tmp_path):
    images = with_training_set(tmp_path)

    report = partition(tmp_path, SETTINGS)

    paths = [tmp_path / "shares" / "central.npz"]
    paths += [device(tmp_path, number) / "examples.npz" for number in range(5)]
    parts = [sha256_bytes(image.tobytes()) for path in paths for image in read(path)[0]]
    assert sorted(parts) == sorted(sha256_bytes(image.tobytes()) for image in images)
    assert report.central == 20
    assert sum(map(sum, report.devices)) == 380


def test_the_central_share_has_every_class_alike(tmp_path):
    with_training_set(tmp_path)

    partition(tmp_path, SETTINGS)

    _, labels = read(tmp_path / "shares" / "central.npz")
    assert np.bincount(labels).tolist() == [5, 5, 5, 5]


def test_the_report_counts_what_devices_hold(tmp_path):
    with_training_set(tmp_path)

    report = partition(tmp_path, SETTINGS)

    for number, counts in enumerate(report.devices):
        _, labels = read(device(tmp_path, number) / "examples.npz")
        assert np.bincount(labels, minlength=4).tolist() == list(counts)


def test_two_runs_give_the_same_bytes(tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b"):
        with_training_set(folder)
        partition(folder, SETTINGS)

    assert folder_digests(tmp_path / "a") == folder_digests(tmp_path / "b")


def test_fewer_devices_leave_no_old_share_behind(tmp_path):
    with_training_set(tmp_path)
    partition(tmp_path, SETTINGS)

    partition(tmp_path, SETTINGS.model_copy(update={"devices": 2}))

    assert [path.name for path in sorted((tmp_path / "shares" / "devices").iterdir())] == [
        "00",
        "01",
    ]


def test_too_many_devices_are_refused(tmp_path):
    with_training_set(tmp_path)

    with pytest.raises(RecipeError, match="at least 420 training examples"):
        partition(tmp_path, SETTINGS.model_copy(update={"devices": 40}))
