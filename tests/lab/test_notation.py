"""How columns write their numbers, and what is said where they cannot be read in one way."""

import numpy as np
import pyarrow as pa
import pytest

from edgeline.sources.notation import (
    AMBIGUOUS,
    COMMAS,
    COMMAS_AND_THOUSANDS,
    DATES_OR_TIMES,
    NO_CELLS,
    PLAIN,
    TEXT,
    THOUSANDS,
    TRUTH,
    find_marks,
    find_notations,
    parse,
)


def column(*cells):
    return pa.chunked_array([pa.array(cells, pa.string())])


READ = {
    "decimal points": (("21.5", "-.5", "+1e3"), PLAIN, [21.5, -0.5, 1000]),
    "three decimals, as every sensor may have": (("1.548", "3.081"), PLAIN, [1.548, 3.081]),
    "beyond 2**53": (("1700000000000000001", "2"), PLAIN, [1.7e18, 2]),
    "blanks around": ((" 5 ", "6"), PLAIN, [5, 6]),
    "infinite": (("inf", "1"), PLAIN, [float("inf"), 1]),
    "decimal commas": (("21,5", "22", "-0,31", ",5"), COMMAS, [21.5, 22, -0.31, 0.5]),
    "powers": (("1,5e3", "2"), COMMAS, [1500, 2]),
    "a comma after a nought": (("0,123", "0,456"), COMMAS, [0.123, 0.456]),
    "a comma after thousands": (("1234,567", "8"), COMMAS, [1234.567, 8]),
    "points between thousands": (
        ("1.234,5", "999", "1.000.000"),
        COMMAS_AND_THOUSANDS,
        [1234.5, 999, 1e6],
    ),
    "commas between thousands": (("1,234.5", "999"), THOUSANDS, [1234.5, 999]),
    "commas between millions": (("1,234,567", "1,234"), THOUSANDS, [1234567, 1234]),
    "blanks between thousands": (
        ("1 234", "5\u202f678", "9\u00a0012"),
        THOUSANDS,
        [1234, 5678, 9012],
    ),
    "apostrophes, as in Switzerland": (("1'234.50", "5\u2019678"), THOUSANDS, [1234.5, 5678]),
    "blanks and commas, as in France": (("1 234,5", "6"), COMMAS_AND_THOUSANDS, [1234.5, 6]),
    "true and false": (("true", "False", "TRUE"), TRUTH, [1, 0, 1]),
}


@pytest.mark.parametrize(("cells", "notation", "numbers"), READ.values(), ids=READ)
def test_a_column_is_read_as_its_cells_say(cells, notation, numbers):
    notations, problems = find_notations({"x": column(*cells)}, ",")

    assert (notations, problems) == ({"x": notation}, {})
    values, is_text = parse(column(*cells), notation)
    assert values.tolist() == numbers
    assert not is_text.any()


LEFT = {
    "one comma and three digits": (("1,234", "999"), AMBIGUOUS),
    "no cells": ((None, None), NO_CELLS),
    "days": (("2024-03-01", "2024-03-02"), DATES_OR_TIMES),
    "days as in Germany": (("1.3.2024", "02.03.24"), DATES_OR_TIMES),
    "times": (("12:30", "12:31:05"), DATES_OR_TIMES),
    "both": (("2024-03-01T12:30:05Z", "2024-03-01 12:30"), DATES_OR_TIMES),
    "categories": (("red", "green", "5"), TEXT),
    "numbers with a unit": (("5 kg", "6 kg"), TEXT),
    "half of it text": (("5", "much"), TEXT),
}


@pytest.mark.parametrize(("cells", "problem"), LEFT.values(), ids=LEFT)
def test_a_column_that_holds_no_numbers_says_what_it_holds(cells, problem):
    assert find_notations({"x": column(*cells)}, ",") == ({}, {"x": problem})


def test_the_other_columns_decide_what_one_leaves_open():
    open_column, german, english = column("1,234", "999"), column("0,5", "7"), column("0.5", "7")

    assert find_notations({"x": open_column, "y": german}, ",")[0] == {"x": COMMAS, "y": COMMAS}
    assert find_notations({"x": open_column, "y": english}, ";")[0] == {"x": THOUSANDS, "y": PLAIN}
    both = {"x": open_column, "y": german, "z": english}
    assert find_notations(both, ";") == ({"y": COMMAS, "z": PLAIN}, {"x": AMBIGUOUS})


def test_a_column_of_true_and_false_says_nothing_of_commas():
    german = {"a": column("1.234", "999"), "b": column("21,5", "7"), "c": column("true", "false")}

    assert find_notations(german, ";")[0]["a"] == COMMAS_AND_THOUSANDS


def test_points_are_between_thousands_where_the_file_has_decimal_commas():
    german = {"turnover": column("1.234", "999"), "temperature": column("21,5", "7")}

    assert find_notations(german, ";")[0]["turnover"] == COMMAS_AND_THOUSANDS
    assert find_notations({"turnover": german["turnover"]}, ";")[0]["turnover"] == PLAIN


def test_semicolons_say_that_commas_are_decimal_where_every_cell_has_one():
    assert find_notations({"x": column("1,234", "2,345")}, ";")[0] == {"x": COMMAS}
    assert find_notations({"x": column("1,234", "2")}, ";")[1] == {"x": AMBIGUOUS}
    assert find_notations({"x": column("1,234", "2,345")}, "\t")[1] == {"x": AMBIGUOUS}


def test_a_cell_without_a_value_is_told_from_text():
    cells = column("21,5", " na ", "-", None, "\u2013", "22")
    (notation,) = find_notations({"x": cells}, ";")[0].values()
    values, is_text = parse(cells, notation)

    assert notation is COMMAS
    assert np.isnan(values).tolist() == [False, True, True, True, True, False]
    assert not is_text.any()


MARKS = {
    "all as computers write": ({"x": ("1.5", "2"), "y": ("3", "4")}, {}),
    "commas throughout": ({"x": ("1,5", "2"), "y": ("3", "4")}, {"x": ",", "y": ","}),
    "thousands between commas": ({"x": ("1,234.5", "2"), "y": ("3", "4")}, {"x": ".", "y": "."}),
    "both": (
        {"x": ("1,5", "2"), "y": ("3.25", "4"), "z": ("5", "6")},
        {"x": ",", "y": ".", "z": ""},
    ),
    "true and false": ({"x": ("true", "false")}, {}),
    "blanks between thousands": (
        {"x": ("1 234", "5"), "y": ("0,5", "6")},
        {"x": ",", "y": ","},
    ),
}


@pytest.mark.parametrize(("cells", "marks"), MARKS.values(), ids=MARKS)
def test_decimal_marks_are_known_where_the_columns_show_or_share_them(cells, marks):
    columns = {name: column(*values) for name, values in cells.items()}
    notations, _ = find_notations(columns, ";")

    assert find_marks(columns, notations) == marks


def test_a_cell_of_another_kind_is_text_and_no_number():
    cells = column("21,5", "defekt", None, "22")
    (notation,) = find_notations({"x": cells}, ";")[0].values()
    values, is_text = parse(cells, notation)

    assert values[[0, 3]].tolist() == [21.5, 22]
    assert is_text.tolist() == [False, True, False, False]
