import numpy as np
import pytest

from edgeline.datasets import card, items, raw
from edgeline.datasets.items import Items
from edgeline.datasets.partition import device, partition
from edgeline.datasets.partitioners import dirichlet, fill_small_shares, iid, mix_distances, shards
from edgeline.datasets.prepare import prepare
from edgeline.digest import folder_digests
from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data

SETTINGS = Data(
    image_size=8, validation=10, test=20, central=20, devices=5, dirichlet=0.5, suspects=0
)
LABELS = np.repeat(np.arange(4), 100)


def given(kind="table", count=430, groups=None):
    generator = np.random.default_rng(0)
    values = {
        "image": lambda: generator.integers(0, 256, (count, 8, 8), dtype=np.uint8),
        "series": lambda: generator.normal(3, 2, (count, 6, 2)).astype(np.float32),
        "table": lambda: generator.normal(3, 2, (count, 3)).astype(np.float32),
    }[kind]()
    of_whom = np.full(count, "") if groups is None else groups
    several = Items(values, np.arange(count) % 4, np.arange(count).astype(str), of_whom)
    columns = () if kind == "image" else tuple("uvw"[: values.shape[-1]])
    return raw.Raw(several, np.full(count, ""), tuple("abcd"), columns)


def made(folder, source=None, **changed):
    settings = SETTINGS.model_copy(update=changed)
    raw.write(folder / "raw.npz", source or given())
    prepare(folder, settings)
    return partition(folder, settings)


def share(folder, number):
    return items.read(device(folder, number) / "examples.npz")


def dealt(devices, **settings):
    return SETTINGS.model_copy(update={"devices": devices} | settings)


def mixes(owner, devices):
    return np.array([np.bincount(LABELS[owner == at], minlength=4) for at in range(devices)])


@pytest.mark.parametrize("concentration", [0.01, 0.5, 1000.0])
def test_every_device_has_ten_items(concentration):
    owner = dirichlet(LABELS, dealt(30, dirichlet=concentration), np.random.default_rng(0))
    fill_small_shares(owner, 30)

    assert np.bincount(owner, minlength=30).min() >= 10


def test_a_great_concentration_makes_devices_alike():
    owner = dirichlet(LABELS, dealt(5, dirichlet=1e6), np.random.default_rng(0))

    assert np.abs(mixes(owner, 5) - 20).max() <= 1


def test_skew_falls_as_the_concentration_grows():
    skews = [
        mix_distances(mixes(dirichlet(LABELS, settings, np.random.default_rng(0)), 5)).mean()
        for settings in (dealt(5, dirichlet=value) for value in (0.05, 0.5, 5.0, 1e6))
    ]

    assert skews == sorted(skews, reverse=True)


def test_alike_means_as_many_of_every_class():
    owner = iid(LABELS[:399], dealt(7), np.random.default_rng(0))

    counts = np.array([np.bincount(LABELS[:399][owner == at], minlength=4) for at in range(7)])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_a_device_with_two_shards_knows_at_most_two_classes():
    # 10 devices x 2 shards of 20 items: each shard is of one class
    counts = mixes(shards(LABELS, dealt(10), np.random.default_rng(0)), 10)

    assert counts.sum(axis=1).tolist() == [40] * 10
    assert ((counts > 0).sum(axis=1) <= 2).all()


def test_distances_of_two_devices_by_hand():
    # mixes (1, 0) and (0, 1) against (1/2, 1/2): each is half a unit of probability away
    assert mix_distances(np.array([[10, 0], [0, 10]])).tolist() == [0.5, 0.5]
    # (1, 0) and (1/2, 1/2) against (2/3, 1/3)
    assert np.allclose(mix_distances(np.array([[10, 0], [10, 10]])), [1 / 3, 1 / 6])
    assert mix_distances(np.array([[3, 1], [6, 2]])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("kind", ["image", "series", "table"])
@pytest.mark.parametrize("way", ["dirichlet", "iid", "shards"])
def test_shares_together_are_the_training_set(tmp_path, kind, way):
    report = made(tmp_path, given(kind), partition=way)

    central = items.read(tmp_path / "shares" / "central.npz")
    parts = [central, *(share(tmp_path, number) for number in range(5))]
    ids = np.concatenate([part.ids for part in parts])
    train = items.read(tmp_path / "prepared" / "train.npz")
    assert sorted(ids.tolist()) == sorted(train.ids.tolist())
    assert np.bincount(central.labels).tolist() == [5, 5, 5, 5]
    assert [np.bincount(part.labels, minlength=4).tolist() for part in parts[1:]] == [
        list(counts) for counts in report.devices
    ]


def test_with_a_natural_deal_every_group_is_a_device(tmp_path):
    machines = np.array([f"machine {at % 7 % 3}{at % 7}" for at in range(700)])
    splits = np.repeat(["train", "validation", "test"], [500, 100, 100])
    source = given(count=700, groups=machines)
    source = raw.Raw(source.items, splits, source.classes, source.columns)

    report = made(tmp_path, source, partition="natural", devices=3)

    assert len(report.devices) == 7
    seen = [set(share(tmp_path, number).groups.tolist()) for number in range(7)]
    assert [sorted(one) for one in seen] == [[name] for name in sorted(set(machines.tolist()))]
    assert card.load(tmp_path).owners == tuple(sorted(set(machines.tolist())))


def test_a_natural_deal_of_nobody_is_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"none for 380 of 380 items; name the column"):
        made(tmp_path, partition="natural")


def test_a_natural_deal_to_a_device_with_too_little_is_refused(tmp_path):
    groups = np.array(["few"] * 8 + ["many"] * 422)
    splits = np.repeat(["train", "validation", "test"], [400, 15, 15])
    source = given(groups=groups)

    with pytest.raises(RecipeError, match=r"of 'few'; leave small groups out"):
        made(
            tmp_path,
            raw.Raw(source.items, splits, source.classes, source.columns),
            partition="natural",
        )


@pytest.mark.parametrize("kind", ["image", "series", "table"])
def test_what_devices_own_does_not_show_in_mean_and_deviation(tmp_path, kind):
    made(tmp_path, given(kind))

    values = items.read(tmp_path / "shares" / "central.npz").values.astype(float)
    flat = values.reshape(-1, 1) / 255 if kind == "image" else values.reshape(-1, values.shape[-1])
    form = card.load(tmp_path).form
    assert np.allclose(form.preprocessing.mean, flat.mean(axis=0), rtol=1e-5)
    assert np.allclose(form.preprocessing.std, flat.std(axis=0), rtol=1e-5)
    assert form.preprocessing.columns == (
        () if kind == "image" else tuple("uvw"[: values.shape[-1]])
    )


def test_mean_and_deviation_may_be_given(tmp_path):
    made(tmp_path, mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0), limit=3.0, augmentation="sensor")

    form = card.load(tmp_path).form
    assert form.classes == ("a", "b", "c", "d")
    assert form.augmentation == "sensor"
    assert form.preprocessing == Preprocessing(
        "table", (3,), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 3.0, columns=("u", "v", "w")
    )


def test_a_mean_for_another_number_of_channels_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="leave both empty"):
        made(tmp_path, mean=(0.5,), std=(0.5,))


def test_a_column_that_never_varies_is_divided_by_one(tmp_path):
    source = given()
    source.items.values[:, 1] = 7

    made(tmp_path, source)

    assert card.load(tmp_path).form.preprocessing.std[1] == 1.0


def test_an_unknown_past_does_not_count_in_the_mean(tmp_path):
    source = given("series")
    source.items.values[:] = 5, 6
    source.items.values[:, -1] += np.arange(430)[:, None] / 430
    source.items.values[:, :4] = np.nan

    made(tmp_path, source)

    assert np.allclose(card.load(tmp_path).form.preprocessing.mean, (5.25, 6.25), atol=0.05)


def test_two_runs_give_the_same_bytes(tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b"):
        made(folder)

    assert folder_digests(tmp_path / "a") == folder_digests(tmp_path / "b")


def test_another_seed_deals_otherwise(tmp_path):
    assert made(tmp_path / "a").digest != made(tmp_path / "b", seed=2).digest


def test_fewer_devices_leave_no_old_share_behind(tmp_path):
    made(tmp_path)

    partition(tmp_path, SETTINGS.model_copy(update={"devices": 2}))

    names = [path.name for path in sorted((tmp_path / "shares" / "devices").iterdir())]
    assert names == ["00", "01"]


def test_too_many_devices_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="at least 420 training items"):
        made(tmp_path, devices=40)


def test_nothing_is_dealt_before_it_is_prepared(tmp_path):
    with pytest.raises(EnvironmentUnfit, match="dvc repro"):
        partition(tmp_path, SETTINGS)
