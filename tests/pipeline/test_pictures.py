"""Pictures of a run hold every number that they are given, whatever the names and the kinds."""

import io

import numpy as np
import pytest

from edgeline.figures import answers, curves, items, shares
from edgeline.finetuning.interpolate import Sweep
from edgeline.metrics import Bin, Interval
from edgeline.preprocess import Preprocessing

HOSTILE = ("_hidden", "$x^2$", "\u732b\u202e", "", "a" * 100)


def texts(figure):
    """All that is written in a figure, which is drawn: a glyph that the font lacks is a warning."""
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    return [
        text.get_text() for axes in figure.axes for text in (*axes.texts, *axes.get_yticklabels())
    ]


def test_every_owner_and_class_has_its_count():
    figure = shares.shares((5, 6), [(7, 0), (0, 8)], ("cat", "dog"))
    assert texts(figure)[-6:-2] == ["5", "6", "7", "8"] or {"5", "6", "7", "8"} <= set(
        texts(figure)
    )
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [11, 7, 8]


def test_a_hundred_devices_and_twenty_classes_are_cells_of_one_picture():
    counts = np.arange(2000).reshape(100, 20)
    figure = shares.shares([1] * 20, counts.tolist(), [f"class {at}" for at in range(20)])
    cells = figure.axes[1].images[0].get_array()
    assert cells.shape == (20, 101)
    assert cells[3, 1:].tolist() == counts[:, 3].tolist()


def test_names_that_cannot_be_drawn_are_told_apart_by_their_position():
    figure = answers.confusion(np.eye(5, dtype=np.int64), HOSTILE)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["0 _hidden", r"\$x^2\$", "2 \u25a1\u25a1", "3 ", f"4 {'a' * 23}\u2026"]
    texts(figure)


def test_confusion_is_coloured_by_the_share_of_the_class():
    figure = answers.confusion(np.array([[90, 10], [1, 3]]), ("normal", "anomaly"))
    assert figure.axes[0].images[0].get_array().tolist() == [[0.9, 0.1], [0.25, 0.75]]
    assert {"90", "10", "1", "3"} <= set(texts(figure))


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (Preprocessing("image", (4, 4, 1), (0.5,), (0.5,)), np.zeros((3, 4, 4), np.uint8)),
        (
            Preprocessing("image", (4, 4, 3), (0.5,) * 3, (0.5,) * 3),
            np.zeros((3, 4, 4, 3), np.uint8),
        ),
        (
            Preprocessing("series", (5, 14), (0.0,) * 14, (1.0,) * 14),
            np.ones((3, 5, 14), np.float32),
        ),
        (Preprocessing("table", (2,), (0.0,) * 2, (1.0,) * 2), np.ones((3, 2), np.float32)),
        (Preprocessing("table", (40,), (0.0,) * 40, (1.0,) * 40), np.ones((3, 40), np.float32)),
    ],
)
def test_misread_items_of_every_kind_come_first(form, values):
    labels, answers = np.array([0, 1, 1]), np.array([0, 1, 0])
    figure = items.samples(form, values, labels, answers, ("cat", "dog"))
    written = texts(figure) + [axes.get_title() for axes in figure.axes]

    told = [one.replace("\n", ", ") for one in written if one.startswith(("cat", "dog"))]
    assert told == ["dog, read as cat", "cat", "dog"]
    assert figure.get_suptitle() == "1 of 3 test items misread"


def test_a_set_without_items_has_a_picture_too():
    form = Preprocessing("image", (4, 4, 1), (0.5,), (0.5,))
    none = np.zeros(0, np.int64)
    assert texts(items.samples(form, np.zeros((0, 4, 4), np.uint8), none, none, ("a",))) == []


def test_empty_bins_are_left_out_of_the_reliability_diagram():
    bins = [Bin(0.0, 0.5, 0, 0.0, 0.0), Bin(0.5, 1.0, 40, 0.9, 0.75)]
    above, below = answers.calibration(bins, 0.15).axes
    assert [(bar.get_x(), bar.get_height()) for bar in above.patches] == [(0.5, 0.75)]
    assert [bar.get_height() for bar in below.patches] == [40]
    assert above.get_title().endswith("0.150")


def test_each_seed_is_a_dot_and_the_interval_lies_around_their_mean():
    figure = curves.seeds("finetune", [0.90, 0.92, 0.94])
    assert list(figure.axes[0].lines[0].get_xdata()) == [0.90, 0.92, 0.94]
    # 4.3027 standard errors of 0.02 / sqrt(3) on either side
    ends = figure.axes[0].collections[0].get_segments()[0][:, 0]
    assert ends == pytest.approx([0.92 - 0.04968, 0.92 + 0.04968], abs=1e-4)
    assert texts(figure)[-1:] == ["finetune"]


def test_every_branch_of_the_line_between_two_networks_is_drawn():
    none = Interval(0.0, 0.0, 0.0)
    found = Sweep(
        alpha=0.5,
        accuracy=0.9,
        curve=((0.0, 0.8), (0.5, 0.85), (1.0, 0.7)),
        reestimated=True,
        reestimated_curve=((0.5, 0.9),),
        gain=none,
    )
    figure = curves.interpolation(found)
    texts(figure)
    assert [line.get_label() for line in figure.axes[0].lines] == [
        "validation",
        "validation, norms measured again",
        "kept: 0.5, norms measured again",
    ]


def lines(figure):
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    (axes,) = figure.axes
    return {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines
    }


def test_rounds_that_were_not_kept_are_set_apart():
    drawn = lines(curves.rounds([0.90, 0.92, 0.95, 0.93, 0.94], kept=2))
    assert drawn["kept"] == ([0, 1, 2], [0.90, 0.92, 0.95])
    assert drawn["not kept"] == ([3, 4], [0.93, 0.94])


def test_rounds_that_go_on_from_earlier_ones_have_their_own_numbers():
    assert lines(curves.rounds([0.9, 0.8], kept=0, first=13)) == {
        "kept": ([12], [0.9]),
        "not kept": ([13], [0.8]),
    }


def test_without_a_round_there_is_the_start_alone():
    assert lines(curves.rounds([0.9], kept=0)) == {"kept": ([0], [0.9])}
