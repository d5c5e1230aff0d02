"""One text, several numbers: a column is read as a person of its country meant it, or not at all."""

import math

import pytest

from edgeline.edge.notation import is_missing, read_numbers


@pytest.mark.parametrize(
    ("cells", "delimiter", "numbers"),
    [
        (["1", "-2.5", "1e3", ".5"], ",", [1, -2.5, 1000, 0.5]),
        (["True", "FALSE", "1"], ",", [1, 0, 1]),
        (["68,5", " 70,25 ", "-1"], ";", [68.5, 70.25, -1]),
        (["1,5e3"], ";", [1500]),
        (["1.234,5", "12"], ";", [1234.5, 12]),
        (["1,234.5", "12"], ",", [1234.5, 12]),
        (["1 234", "5\u202f678"], ",", [1234, 5678]),
        (["12'345.6", "7\u2019000"], ",", [12345.6, 7000]),
        (["1,234", "5,678"], ";", [1.234, 5.678]),
        (["1.234"], ";", [1.234]),
    ],
)
def test_a_column_is_read_in_the_notation_that_fits_all_its_cells(
    cells: list[str], delimiter: str, numbers: list[float]
) -> None:
    assert read_numbers([("x", cells)], delimiter) == [numbers]


def test_the_other_columns_say_which_mark_is_decimal() -> None:
    could_be_either, grouped = ("a", ["1,234"]), ("b", ["1.234", "12.000"])
    assert read_numbers([could_be_either, ("c", ["0,5"])], "\t") == [[1.234], [0.5]]
    assert read_numbers([could_be_either, ("c", ["0.5"])], "\t") == [[1234], [0.5]]
    assert read_numbers([grouped, ("c", ["0,5", "1"])], ";") == [[1234, 12000], [0.5, 1]]


def test_what_nothing_decides_is_refused() -> None:
    with pytest.raises(ValueError, match="'1,234' in column a, which can be read in two ways"):
        read_numbers([("a", ["7", "1,234"])], ",")


def test_cells_without_a_value_are_nan_in_every_notation() -> None:
    for cells in (["", "1.5"], ["NA", "1,5"], ["null", "1.234,5"]):
        ((missing, number),) = read_numbers([("a", cells)], ";")
        assert math.isnan(missing)
        assert number in (1.5, 1234.5)


@pytest.mark.parametrize(
    ("cells", "odd"),
    [
        (["1,5", "2.5x"], "'2.5x' in row 2, column heat"),
        (["1.5", "", "1,5"], "'1,5' in row 3, column heat"),
        (["inf"], "'inf' in row 1"),
        (["0x10"], "'0x10' in row 1"),
        (["1_000"], "'1_000' in row 1"),
        (["\u0661"], "in row 1, column heat, where a number belongs"),
        (["x" * 999], f"'{'x' * 40}' in row 1"),
    ],
)
def test_text_is_named_with_its_place(cells: list[str], odd: str) -> None:
    with pytest.raises(ValueError, match=odd):
        read_numbers([("heat", cells)], ",")


WORDS = (
    "",
    "  ",
    "NA",
    "nan",
    "NaN",
    "n/a",
    "N/A",
    "NULL",
    "None",
    "-",
    "--",
    "?",
    "k.A.",
    "#NV",
    "\u2013",
)


@pytest.mark.parametrize("cell", WORDS)
def test_what_people_write_for_no_value_is_missing(cell: str) -> None:
    assert is_missing(cell)
    ((value,),) = read_numbers([("x", [cell])], ",")
    assert math.isnan(value)


@pytest.mark.parametrize("cell", ["0", "-1", "x", "no", "nano"])
def test_what_says_something_is_not_missing(cell: str) -> None:
    assert not is_missing(cell)


ALONE = {
    "points between thousands": ("1.234", ",", 1234),
    "a decimal point": ("1.234", ".", 1.234),
    "a decimal comma": ("1,234", ",", 1.234),
    "commas between thousands": ("1,234", ".", 1234),
    "a whole number": ("1234", ",", 1234),
    "blanks between thousands": ("1 234", ",", 1234),
}


@pytest.mark.parametrize(("cell", "mark", "number"), ALONE.values(), ids=ALONE)
def test_one_cell_alone_is_read_with_the_mark_of_the_table_that_was_learned(
    cell: str, mark: str, number: float
) -> None:
    assert read_numbers([("x", [cell])], ";", [mark]) == [[number]]


def test_the_marks_of_the_table_decide_also_for_columns_that_had_none() -> None:
    row = [("heat", [""]), ("turns", ["1.234"])]
    (_, turns) = read_numbers(row, ";", [",", ","])
    assert turns == [1234]


def test_a_table_of_both_marks_is_read_column_by_column() -> None:
    row = [("heat", ["68,5"]), ("ratio", ["1.234"]), ("count", ["1.234"])]
    assert read_numbers(row, ";", [",", ".", ""]) == [[68.5], [1.234], [1.234]]


def test_a_file_that_is_plainly_written_otherwise_says_how() -> None:
    """One cell that cannot be read with its mark speaks for the whole file."""
    row = [("heat", ["68.5"]), ("turns", ["1.234"])]
    assert read_numbers(row, ",", [",", ","]) == [[68.5], [1.234]]
