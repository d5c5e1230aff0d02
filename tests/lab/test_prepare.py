import json
from dataclasses import replace

import numpy as np
import pytest

from edgeline.datasets import items, raw
from edgeline.datasets.duplicates import Duplicate
from edgeline.datasets.items import Items
from edgeline.datasets.prepare import SETS, prepare, read_report
from edgeline.datasets.raw import QuarantineItem, Raw
from edgeline.digest import canonical_json, folder_digests
from edgeline.errors import EnvironmentUnfit, GateMissed, RecipeError, Tampered
from edgeline.recipe.data import Data

SETTINGS = Data(image_size=8, validation=10, test=20, max_bad=0.05, suspects=0)


def pictures(count, size=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size), dtype=np.uint8)


def series(count, steps=6, seed=0):
    return np.random.default_rng(seed).normal(size=(count, steps, 3)).astype(np.float32)


def rows(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)


def given(values, labels=None, groups=None, splits=None, quarantine=()):
    many = len(values)
    labels = np.arange(many) % 2 if labels is None else labels
    empty = np.full(many, "")
    return Raw(
        Items(
            values,
            labels,
            np.array([f"item {at:03d}" for at in range(many)]),
            empty if groups is None else groups,
        ),
        empty if splits is None else splits,
        classes=("no", "yes"),
        columns=() if values.dtype == np.uint8 else tuple("abcd"[: values.shape[-1]]),
        quarantine=quarantine,
    )


def prepare_items(folder, source, settings=SETTINGS):
    raw.write(folder / "raw.npz", source)
    return prepare(folder, settings)


def sets(folder):
    return {name: items.read(folder / "prepared" / f"{name}.npz") for name in SETS}


@pytest.mark.parametrize("make", [pictures, series, rows])
def test_good_items_are_all_kept_and_told_apart(tmp_path, make):
    report = prepare_items(tmp_path, given(make(100)))

    assert (report.raw, report.kept, report.left_out) == (100, 100, {})
    assert report.sets == {"train": 70, "validation": 10, "test": 20}
    assert {name: np.bincount(one.labels).tolist() for name, one in sets(tmp_path).items()} == {
        "train": [35, 35],
        "validation": [5, 5],
        "test": [10, 10],
    }
    ids = np.concatenate([one.ids for one in sets(tmp_path).values()])
    assert len(set(ids.tolist())) == 100


def test_a_constant_image_is_damaged(tmp_path):
    images = pictures(100)
    images[7] = 3

    assert prepare_items(tmp_path, given(images)).quarantine == (
        QuarantineItem("item 007", "constant"),
    )


def test_a_label_outside_the_classes_is_damage(tmp_path):
    labels = np.arange(100) % 2
    labels[[3, 4]] = -1, 2

    assert prepare_items(tmp_path, given(rows(100), labels)).left_out == {
        "label outside the classes": 2
    }


def test_a_series_may_begin_late_and_may_not_break_off(tmp_path):
    recordings = series(100)
    recordings[0, :3] = np.nan  # begins with the fourth step
    recordings[1, 3] = np.nan  # lost in the middle
    recordings[2, 5, 1] = np.nan  # one channel of the last step
    recordings[3, 0, 0] = np.inf
    recordings[4] = np.nan  # nothing at all

    report = prepare_items(tmp_path, given(recordings))

    assert [bad.id for bad in report.quarantine] == ["item 001", "item 002", "item 003", "item 004"]
    assert report.left_out == {
        "a missing value, in column a": 1,
        "a missing value, in column b": 1,
        "no value at all": 1,
        "not finite": 1,
    }


def test_a_series_that_stands_still_is_damaged(tmp_path):
    recordings = series(100)
    recordings[0, :] = [1, 2, 3]
    recordings[1, :, :2] = 0  # one channel lives
    recordings[2, :5] = np.nan  # a single step cannot move

    assert prepare_items(tmp_path, given(recordings)).left_out == {"constant": 1}


def test_numbers_that_nothing_measures_are_damage(tmp_path):
    table = rows(100)
    table[0, 0], table[1, 1], table[3, 0] = np.nan, 9.97e36, np.inf
    table[2] = 0  # may be a measurement

    assert prepare_items(tmp_path, given(table)).left_out == {
        "a missing value, in column a": 1,
        "not finite": 1,
        "value out of range": 1,
    }


def test_too_much_damage_stops_and_names_reasons_and_first_items(tmp_path):
    table = rows(20)
    table[4:6] = np.nan
    source = given(table, quarantine=(QuarantineItem("cut.csv:9", "truncated"),))

    with pytest.raises(GateMissed) as refused:
        prepare_items(tmp_path, source)

    assert refused.value.expected == "at most 5.00% of 21 items damaged"
    assert refused.value.found == (
        "3 (14.29%): 2 a missing value, in column a, 1 truncated; "
        "the first: 'cut.csv:9', 'item 004', 'item 005'"
    )
    assert refused.value.remedy.endswith("or set data.missing to mean or indicator")
    assert refused.value.exit_code == 3


def test_as_much_damage_as_is_allowed_goes_on(tmp_path):
    bad = tuple(QuarantineItem(f"bad {at}", "truncated") for at in range(5))

    report = prepare_items(tmp_path, given(pictures(95), quarantine=bad))

    assert (report.raw, report.kept, report.left_out) == (100, 95, {"truncated": 5})


def test_copies_do_not_count_as_damage(tmp_path):
    images = np.concatenate([pictures(60)] * 3)

    report = prepare_items(tmp_path, given(images))

    assert (report.kept, report.left_out, report.quarantine) == (60, {"duplicate": 120}, ())


def test_images_that_shrink_to_the_same_are_copies(tmp_path):
    images = np.repeat(np.repeat(pictures(100), 2, axis=1), 2, axis=2)
    images[50] = images[48]
    images[50, 0, 0] ^= 1  # a fraction of a grey level in the mean of its surroundings

    assert prepare_items(tmp_path, given(images)).kept == 99


def test_sets_of_the_source_stay_as_they_are(tmp_path):
    splits = np.repeat(["train", "validation", "test"], [50, 20, 30])

    prepare_items(tmp_path, given(pictures(100), splits=splits))

    assert {name: len(one) for name, one in sets(tmp_path).items()} == {
        "train": 50,
        "validation": 20,
        "test": 30,
    }
    assert sets(tmp_path)["test"].ids[0] == "item 070"


@pytest.mark.parametrize(
    ("own", "drawn"), [("test", {"validation": 10}), ("validation", {"test": 20})]
)
def test_a_set_that_the_source_lacks_is_drawn_from_training(tmp_path, own, drawn):
    splits = np.repeat(["train", own], [60, 40])

    report = prepare_items(tmp_path, given(rows(100), splits=splits))

    assert report.sets == {own: 40, "train": 60 - sum(drawn.values()), **drawn}


def test_no_group_is_in_two_sets(tmp_path):
    groups = np.array([f"patient {at // 5}" for at in range(100)])

    prepare_items(tmp_path, given(series(100), groups=groups))

    seen = [set(one.groups.tolist()) for one in sets(tmp_path).values()]
    assert len(set.union(*seen)) == sum(map(len, seen)) == 20


def test_equal_rows_are_drawn_into_one_set(tmp_path):
    table = np.repeat(rows(50), 2, axis=0)

    report = prepare_items(tmp_path, given(table))

    seen = [{row.tobytes() for row in one.values} for one in sets(tmp_path).values()]
    assert len(set.union(*seen)) == sum(map(len, seen)) == 50
    assert report.kept == 100


def test_a_copy_in_training_yields_to_the_test_set(tmp_path):
    images = pictures(100)
    images[5] = images[95]
    splits = np.repeat(["train", "test"], [80, 20])

    report = prepare_items(tmp_path, given(images, splits=splits))

    assert report.duplicates == (
        Duplicate(
            id="item 005",
            set="train",
            of="item 095",
            of_set="test",
            how="exact",
            reason="duplicate across sets",
            agree=True,
        ),
    )
    assert report.sets == {"train": 69, "validation": 10, "test": 20}


def test_colour_becomes_grey_of_the_right_size_and_grey_colour(tmp_path):
    colours = np.stack([pictures(100, 16, seed) for seed in range(3)], axis=-1)
    prepare_items(tmp_path / "grey", given(colours))
    prepare_items(
        tmp_path / "colour", given(pictures(100)), SETTINGS.model_copy(update={"channels": 3})
    )

    assert sets(tmp_path / "grey")["test"].values.shape == (20, 8, 8)
    assert sets(tmp_path / "colour")["test"].values.shape == (20, 8, 8, 3)


def test_the_sizes_before_are_known_where_pictures_had_others(tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, (100, 10, 20), dtype=np.uint8)
    for source, sizes in (
        (given(wide), [[10, 20]]),
        (given(pictures(100)), None),
        (measured(pictures(100), [[30, 40]]), [[30, 40]]),
    ):
        prepare_items(tmp_path, source)
        for one in sets(tmp_path).values():
            assert (one.sizes is None) is (sizes is None)
            assert sizes is None or one.sizes.tolist() == sizes * len(one)


def measured(values, size):
    source = given(values)
    sizes = np.array(size * len(values))
    return replace(source, items=replace(source.items, sizes=sizes))


def test_the_report_is_read_back_as_it_was_written(tmp_path):
    images = pictures(100)
    images[1], images[99] = 0, images[98]
    labels = np.arange(100) % 2
    report = prepare_items(
        tmp_path, given(images, labels), SETTINGS.model_copy(update={"suspects": 9})
    )

    content = (tmp_path / "prepared" / "report.json").read_bytes()
    assert read_report(tmp_path) == report
    assert canonical_json(json.loads(content)) == content


def test_no_report_and_another_file_are_told_apart(tmp_path):
    with pytest.raises(EnvironmentUnfit, match="no such file"):
        read_report(tmp_path)
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "report.json").write_text('{"raw": 1}')
    with pytest.raises(Tampered, match="a file that is no report"):
        read_report(tmp_path)


def test_two_runs_give_the_same_bytes(tmp_path):
    settings = SETTINGS.model_copy(update={"suspects": 50})
    for folder in (tmp_path / "a", tmp_path / "b"):
        prepare_items(folder, given(pictures(100)), settings)

    assert folder_digests(tmp_path / "a") == folder_digests(tmp_path / "b")


def test_asking_for_more_than_there_is_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="below the 20 items"):
        prepare_items(tmp_path, given(rows(20)))
