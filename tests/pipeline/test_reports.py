"""What the lines of two steps say of data and of a candidate."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from edgeline.artifact import open_artifact
from edgeline.datasets.card import Form
from edgeline.datasets.raw import LEFT_OUT, TURNED, ColumnNote
from edgeline.preprocess import Preprocessing
from tasks.data import DataReport
from tasks.gate import GateReport

GOLDEN = Path(__file__).parents[1] / "golden" / "artifacts"


def report(*notes: ColumnNote) -> DataReport:
    columns = ("temp", "rpm")
    form = Form(
        Preprocessing("table", (2,), (0.0,) * 2, (1.0,) * 2, columns=columns), ("a", "b"), "none"
    )
    return DataReport(
        revision="",
        digest="ab" * 32,
        form=form,
        train=8,
        validation=1,
        test=1,
        left_out=0,
        suspects=0,
        central=3,
        devices=(2, 3),
        published="",
        column_notes=notes,
    )


def test_the_line_of_the_data_says_which_columns_are_read_and_why_others_are_not() -> None:
    assert report().figure == "3 central, 5 on 2 devices, abababababab"
    notes = (ColumnNote("Nr", LEFT_OUT, "ids"), ColumnNote("temp", TURNED, "decimal commas"))
    assert report(*notes).figure == (
        "3 central, 5 on 2 devices, abababababab; columns temp, rpm; Nr left out: ids; temp turned: decimal commas"
    )
    stored = TypeAdapter(DataReport).dump_json(report(*notes))
    assert TypeAdapter(DataReport).validate_json(stored) == report(*notes)
    many = [ColumnNote(f"c{at}", LEFT_OUT, "text") for at in range(13)]
    assert report(*many).figure.endswith(
        "c9 left out: text; 3 more columns turned, incomplete or left out"
    )


def test_the_line_of_the_gate_says_why_a_candidate_was_not_compared() -> None:
    assert GateReport(0.9, 0.0, None).figure == "0.900 on validation, no candidate"
    assert GateReport(0.9, 0.0, 0.8).figure == "0.900 on validation, candidate 0.800"
    apart = GateReport(0.9, 0.0, None, "it has other columns")
    assert apart.figure == "0.900 on validation, candidate not compared: it has other columns"


@pytest.mark.parametrize(
    ("changes", "differences"),
    [({}, []), ({"columns": ("grey",)}, ["columns"]), ({"shape": (8, 8, 1)}, ["inputs"])],
)
def test_models_are_compared_where_they_answer_the_same_question(
    changes: dict[str, object], differences: list[str]
) -> None:
    one = open_artifact(next(GOLDEN.glob("7713*")))
    other = replace(one, item_preprocessing=replace(one.preprocessing, **changes))

    assert one.find_differences(other) == differences
