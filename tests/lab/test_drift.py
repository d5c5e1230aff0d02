from dataclasses import replace

import numpy as np
import pytest

from edgeline.datasets import card
from edgeline.datasets.card import Form
from edgeline.datasets.drift import chi_square_p, ks_distance, ks_p, measure_drift, total_variation
from edgeline.datasets.items import Items
from edgeline.datasets.profile import LEVELS, profile
from edgeline.preprocess import Preprocessing

COLUMNS = ("speed", "heat", "count")


@pytest.fixture
def described(tmp_path):
    """A card of rows with these labels."""

    def make(rows, labels, classes=("no", "yes"), columns=COLUMNS):
        none = np.full(len(rows), "")
        many = len(columns)
        form = Form(Preprocessing("table", (many,), (0.0,) * many, (1.0,) * many), classes, "none")
        profiled = profile(
            Items(rows.astype(np.float32), labels, none, none), len(classes), columns, "table"
        )
        return card.write(
            tmp_path,
            source={},
            form=form.to_json(),
            profile=profiled.to_json(),
            raw=len(rows),
            sets={},
            groups={},
            left_out={},
            damaged=0,
            duplicates={},
            suspects=0,
            deal={},
            owners=[],
            central=[],
            devices=[],
            distances=[],
            skew="0",
        )

    return make


def measured(generator, many):
    """Rows with a bell, a long tail and whole numbers."""
    return np.stack(
        [
            generator.normal(size=many),
            generator.lognormal(size=many),
            generator.integers(0, 4, many),
        ],
        axis=1,
    )


def quantiles(numbers):
    return np.quantile(numbers, LEVELS)


@pytest.mark.parametrize("many", [50, 500, 5000])
def test_samples_of_one_distribution_raise_no_alarm(described, many):
    generator = np.random.default_rng(many)
    cards = [
        described(measured(generator, many), generator.integers(0, 2, many)) for _ in range(30)
    ]

    alarms = sum(
        bool(measure_drift(*pair).alarms) for pair in zip(cards[::2], cards[1::2], strict=True)
    )

    assert alarms == 0


def test_a_column_that_moved_is_named(described):
    generator = np.random.default_rng(0)
    before, after = measured(generator, 1000), measured(generator, 1000)
    after[:, 1] *= 1.5
    labels = np.arange(1000) % 2

    report = measure_drift(described(before, labels), described(after, labels))

    assert [shift.name for shift in report.alarms] == ["heat"]
    assert report.features[0].name == "heat"


def test_the_same_move_of_few_items_is_no_alarm(described):
    generator = np.random.default_rng(0)
    before, after = measured(generator, 20), measured(generator, 20)
    after[:, 1] *= 1.5

    report = measure_drift(
        described(before, np.arange(20) % 2), described(after, np.arange(20) % 2)
    )

    assert report.alarms == ()


def test_another_mix_of_classes_is_an_alarm(described):
    rows = measured(np.random.default_rng(0), 1000)
    before, after = np.repeat([0, 1], [500, 500]), np.repeat([0, 1], [400, 600])

    report = measure_drift(described(rows, before), described(rows, after))

    assert [shift.name for shift in report.alarms] == ["labels"]
    assert report.labels.distance == pytest.approx(0.1)


def test_classes_are_told_by_name_not_by_place(described):
    rows = measured(np.random.default_rng(0), 1000)
    labels = np.repeat([0, 1], [300, 700])

    report = measure_drift(
        described(rows, labels, ("no", "yes")), described(rows, 1 - labels, ("yes", "no"))
    )

    assert (report.labels.distance, report.alarms) == (0, ())


def test_columns_that_came_and_went_are_named(described):
    rows, labels = measured(np.random.default_rng(0), 100), np.arange(100) % 2

    before = described(rows, labels)
    after = described(rows, labels, columns=("speed", "heat", "noise"))

    report = measure_drift(before, after)
    assert (report.before, report.after) == (before.digest, after.digest)
    assert (report.added, report.removed) == (("noise",), ("count",))
    assert {shift.name for shift in report.features} == {"speed", "heat"}


def test_a_stricter_level_asks_for_more(described):
    generator = np.random.default_rng(3)
    before, after = measured(generator, 300), measured(generator, 300)
    after[:, 0] += 0.35
    cards = described(before, np.arange(300) % 2), described(after, np.arange(300) % 2)

    p = measure_drift(*cards).features[0].p
    assert measure_drift(*cards, level=p * 2).alarms
    assert not measure_drift(*cards, level=p / 2).alarms


def test_distance_of_distributions_that_do_not_meet_is_one():
    low, high = np.linspace(0, 1, 33) ** 2, np.linspace(5, 6, 33) ** 2

    assert ks_distance(low, high) == 1.0


def test_distance_of_even_distributions_by_hand():
    # on 0 to pi and on pi/4 to 5 pi/4, a quarter of each lies outside the other
    one = np.linspace(0, np.pi, 33)

    assert ks_distance(one, one + np.pi / 4) == pytest.approx(0.25)


def test_of_few_values_no_more_is_claimed_than_is_known():
    # shares of ones of 0.3 and 0.5: the quantiles know either to 1/32
    few, half = (quantiles(np.repeat([0.0, 1.0], counts)) for counts in ([70, 30], [50, 50]))

    assert 0.2 - 2 / 32 <= ks_distance(few, half) <= 0.2


def test_a_distribution_is_not_apart_from_itself():
    for numbers in (np.zeros(9), np.arange(9.0), np.random.default_rng(0).normal(size=90)):
        assert ks_distance(quantiles(numbers), quantiles(numbers)) == 0.0


@pytest.mark.parametrize(("stretched", "p"), [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01)])
def test_kolmogorovs_table(stretched, p):
    many = 10**8

    assert ks_p(stretched / np.sqrt(many / 2), many, many) == pytest.approx(p, rel=1e-3)
    assert ks_p(0.0, 10, 10) == 1.0


def test_labels_dealt_anew_agree_with_fishers_exact_test():
    # 3 of 10 against 8 of 10: two-sided, 0.0698
    assert chi_square_p(np.array([[3, 7], [8, 2]])) == pytest.approx(0.0698, abs=0.01)
    assert chi_square_p(np.array([[5, 5, 0], [5, 5, 0]])) == 1.0


def test_variation_by_hand():
    assert total_variation(np.array([[1, 1], [3, 1]])) == pytest.approx(0.25)


def test_equal_cards_give_equal_reports(described):
    rows = measured(np.random.default_rng(0), 100)
    one = described(rows, np.arange(100) % 2)
    other = replace(one, digest="0" * 64)

    assert measure_drift(one, other) == measure_drift(one, other)
    assert measure_drift(one, other).alarms == ()
