import numpy as np
import pytest

from edgeline.finetuning.baseline import baseline, channel_means, pool

NAN = float("nan")


def table(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def test_the_trivial_rule_answers_the_most_frequent_training_class() -> None:
    report = baseline(
        table(0, 1, 2, 3),
        np.array([1, 1, 1, 0]),
        table(0, 0, 0, 0),
        np.array([1, 0, 0, 0]),
        "table",
    )

    assert report.answer == 1
    assert report.trivial.accuracy == 0.25
    assert report.trivial.balanced_accuracy == 0.5
    assert report.trivial.auc == 0.5


def test_among_equally_frequent_classes_the_lowest_is_the_trivial_answer() -> None:
    report = baseline(table(0, 9), np.array([1, 0]), table(0, 9), np.array([1, 0]), "table")

    assert report.answer == 0


def test_logistic_regression_finds_a_threshold() -> None:
    values = table(*range(20))
    labels = (np.arange(20) >= 10).astype(int)

    report = baseline(values, labels, table(2, 17), np.array([0, 1]), "table")

    assert report.linear.accuracy == report.linear.auc == 1.0
    assert report.trivial.accuracy == 0.5
    assert report.features == "1 columns"
    assert report.converged


def test_columns_of_very_different_units_weigh_alike() -> None:
    random = np.random.default_rng(0)
    small = random.normal(size=200)
    values = np.stack([small * 1e-3, random.normal(size=200) * 1e6], axis=1).astype(np.float32)
    labels = (small > 0).astype(int)

    report = baseline(values[:100], labels[:100], values[100:], labels[100:], "table")

    assert report.linear.accuracy >= 0.95


def test_the_mean_stands_for_what_is_missing() -> None:
    values, labels = table(0, 1, NAN, 9, 10, NAN), np.array([0, 0, 0, 1, 1, 1])

    report = baseline(values, labels, table(0.5, 9.5, NAN), np.array([0, 1, 1]), "table")

    assert report.linear.accuracy >= 2 / 3


def test_a_class_without_training_labels_is_never_answered() -> None:
    values, labels = table(0, 0, 5, 5), np.array([0, 0, 2, 2])

    report = baseline(values, labels, table(0, 2.5, 5, 5), np.array([0, 1, 2, 2]), "table")

    assert report.linear.accuracy == 0.75
    assert report.linear.balanced_accuracy == pytest.approx(2 / 3)


def test_where_training_knows_one_class_the_regression_is_the_trivial_rule() -> None:
    report = baseline(table(0, 1), np.array([0, 0]), table(0, 1), np.array([0, 1]), "table")

    assert report.linear == report.trivial
    assert report.trivial.accuracy == 0.5


def test_the_same_items_give_the_same_report() -> None:
    random = np.random.default_rng(1)
    values, labels = random.normal(size=(300, 6)).astype(np.float32), random.integers(3, size=300)
    one, other = (
        baseline(values[:200], labels[:200], values[200:], labels[200:], "table") for _ in range(2)
    )

    assert one == other


def test_a_channel_is_averaged_over_the_steps_that_are_known() -> None:
    series = np.array([[[NAN, NAN], [1, 10], [3, 30]], [[2, 20], [2, 20], [2, 50]]], np.float32)

    assert channel_means(series).tolist() == [[2, 20], [2, 30]]


def test_a_series_of_which_nothing_is_known_has_means_of_zero() -> None:
    assert channel_means(np.full((1, 4, 2), NAN, np.float32)).tolist() == [[0, 0]]


def test_series_are_told_apart_by_the_mean_of_a_channel() -> None:
    labels = np.arange(40) % 2
    steps = np.random.default_rng(2).normal(size=(40, 5, 3)).astype(np.float32)
    steps[:, :, 1] += 5 * labels[:, None]
    steps[::3, :2] = NAN

    report = baseline(steps[:30], labels[:30], steps[30:], labels[30:], "series")

    assert report.linear.accuracy == 1.0
    assert report.features == "means of 3 channels"


def test_blocks_of_an_image_are_averaged() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, :2, :2] = [[255, 0], [255, 0]]

    blocks = pool(image)

    assert blocks.shape == (1, 14 * 14)
    assert blocks[0, 0] == 0.5
    assert blocks[0, 1:].max() == 0


def test_an_image_whose_side_is_no_multiple_has_a_narrower_last_block() -> None:
    image = np.full((1, 15, 15), 255, np.uint8)

    assert pool(image).tolist() == [[1.0] * 64]


def test_colours_are_features_of_their_own() -> None:
    image = np.zeros((1, 8, 8, 3), np.uint8)
    image[..., 2] = 255

    assert pool(image).shape == (1, 8 * 8 * 3)
    assert pool(image).reshape(64, 3)[0].tolist() == [0, 0, 1]


def test_images_of_either_shape_have_a_baseline() -> None:
    labels = np.arange(20) % 2
    images = np.broadcast_to((labels * 200).astype(np.uint8)[:, None, None], (20, 16, 16))

    report = baseline(images[:10], labels[:10], images[10:, :, :, None], labels[10:], "image")

    assert report.linear.accuracy == 1.0
    assert report.features == "64 means of blocks of pixels"
