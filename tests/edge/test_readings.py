"""Numbers that a device is handed in files: the right columns, or a line that says what is missing."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeline.edge.readings import read
from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.preprocess import Preprocessing

TABLE = Preprocessing("table", (2,), (0.0, 0.0), (1.0, 1.0), columns=("heat", "load"))
SERIES = Preprocessing("series", (3, 2), (0.0, 0.0), (1.0, 1.0))


def written(folder: Path, text: str) -> Path:
    path = folder / "readings.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_row_of_a_table_is_an_item_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "1,2\n3,4\n")
    found = read(path, TABLE)
    assert [(name, row.tolist()) for name, row in found] == [
        (f"{path}:1", [1.0, 2.0]),
        (f"{path}:2", [3.0, 4.0]),
    ]


def test_columns_are_found_by_name_whatever_their_order(tmp_path: Path) -> None:
    path = written(tmp_path, "load,when,heat\n2,monday,1\n")
    ((_, row),) = read(path, TABLE)
    assert row.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffheat,load\n1,0\n",
        "heat;load\r\n1;0\r\n",
        "heat\tload\n1\t0\n",
        "heat,load\nTrue,false\n",
        '"heat","load"\n"1"," 0 "\n',
        "\nheat,load\n\n1e0,-0.\n",
        "TRUE,0\n",
        "\ufeff1;0\n",
    ],
)
def test_every_usual_form_of_csv_gives_the_same_rows(tmp_path: Path, text: str) -> None:
    ((_, row),) = read(written(tmp_path, text), TABLE)
    assert row.tolist() == [1.0, 0.0]
    assert row.dtype == np.float32


def test_names_that_are_numbers_are_no_row(tmp_path: Path) -> None:
    numbered = Preprocessing("table", (2,), (0.0, 0.0), (1.0, 1.0), columns=("0", "1"))
    ((name, row),) = read(written(tmp_path, "1,0\n5,6\n"), numbered)
    assert row.tolist() == [6.0, 5.0]
    assert name.endswith(":1")


def test_numbers_of_one_channel_are_a_series_of_it(tmp_path: Path) -> None:
    single = Preprocessing("series", (4, 1), (0.0,), (1.0,))
    np.save(tmp_path / "a.npy", np.arange(4.0))
    ((_, series),) = read(tmp_path / "a.npy", single)
    assert series.tolist() == [[0], [1], [2], [3]]


@pytest.mark.parametrize(
    ("steps", "windows"),
    [
        (2, {"": [0, 1]}),
        (3, {"": [0, 1, 2]}),
        (4, {"@0": [0, 1, 2], "@1": [1, 2, 3]}),
        (6, {"@0": [0, 1, 2], "@3": [3, 4, 5]}),
        (7, {"@0": [0, 1, 2], "@3": [3, 4, 5], "@4": [4, 5, 6]}),
    ],
)
def test_every_step_of_a_long_series_is_in_a_window(
    tmp_path: Path, steps: int, windows: dict[str, list[int]]
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.stack([np.arange(steps), np.zeros(steps)], axis=1))
    found = read(path, SERIES)
    assert {name.removeprefix(str(path)): one[:, 0].tolist() for name, one in found} == windows


def test_a_file_is_one_series(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(4.0).reshape(2, 2))
    ((name, series),) = read(tmp_path / "a.npy", SERIES)
    assert (name, series.tolist()) == (str(tmp_path / "a.npy"), [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("heat,when\n1,2\n", "no column load"),
        ("1,2,3\n", r"shape \(1, 3\)"),
        ("1,2\n3\n", "1 values in line 2"),
        ("1,nan\n", "none in row 1, column load; .* train with data.missing"),
        ("heat,load\n1,warm\n", "warm"),
        ("heat,load\n1,2\n1,\n", "none in row 2, column load"),
        ("heat,load\n1,1_000\n", "'1_000' in row 1, column load"),
        ("heat,load\n1,\u0661\n", "column load, where a number belongs"),
        ("heat,load,load\n1,2,3\n", "two columns load"),
        ("heat,load\n", r"shape \(0, 2\)"),
        ("", "no column heat, load"),
    ],
)
def test_other_numbers_are_refused_in_one_line(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(RecipeError, match=found) as error:
        read(written(tmp_path, text), TABLE)
    assert "heat, load" in str(error.value) or "every cell" in str(error.value)
    assert "\n" not in str(error.value)


FILLED = replace(TABLE, missing="mean")


def test_cells_without_a_value_are_for_the_model_to_fill(tmp_path: Path) -> None:
    path = written(tmp_path, "heat;load\n68,5;-\nNA;1\n")
    rows = np.stack([row for _, row in read(path, FILLED)])
    assert np.array_equal(rows, [[68.5, np.nan], [np.nan, 1]], equal_nan=True)


def test_a_row_or_recording_without_any_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"found none in .*csv:2; leave it out"):
        read(written(tmp_path, "heat,load\n1,2\n,-\n"), FILLED)
    form = replace(SERIES, missing="mean", columns=("heat", "load"))
    with pytest.raises(RecipeError, match=r"found none in .*csv@3"):
        read(written(tmp_path, "heat,load\n" + "1,2\n" * 3 + "NA,NA\n" * 3), form)


def test_a_recording_may_begin_late_and_may_not_break_off(tmp_path: Path) -> None:
    form = replace(SERIES, columns=("heat", "load"))
    ((_, late),) = read(written(tmp_path, "heat,load\nNA,NA\n1,2\n"), form)
    assert np.isnan(late[0]).all()
    with pytest.raises(RecipeError, match="none in row 2, column load; .* data.missing mean"):
        read(written(tmp_path, "heat,load\n1,2\n1,\n"), form)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("heat;load\n68,5;1.234\n", [68.5, 1234]),
        ("heat\tload\n1,234\t1.234\n", [1.234, 1234]),
        ("68,5;1.234\n", [68.5, 1234]),
        ("heat,load\n68.5,1.234\n", [68.5, 1.234]),
    ],
)
def test_one_row_alone_is_read_as_the_table_was_that_the_model_learned_from(
    tmp_path: Path, text: str, row: list[float]
) -> None:
    ((_, found),) = read(written(tmp_path, text), replace(TABLE, decimal_marks=(",", ",")))
    assert np.array_equal(found, np.array(row, np.float32))


def test_of_a_column_that_stands_alone_a_comma_is_decimal(tmp_path: Path) -> None:
    one = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("heat",), decimal_marks=(",",))
    ((_, row),) = read(written(tmp_path, "heat\n68,5\n"), one)
    assert row.tolist() == [68.5]


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    for encoding in ("utf-16", "latin-1"):
        path.write_bytes("heat,load,größe\n1,2,3\n".encode(encoding))
        with pytest.raises(RecipeError, match="another encoding than UTF-8"):
            read(path, TABLE)


def test_a_parquet_file_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(60))
    with pytest.raises(EnvironmentUnfit, match=r"pip install pyarrow.*or save the table as CSV"):
        read(tmp_path / "a.parquet", TABLE)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + bytes(40), b"\x93NUMPY\x01"])
def test_what_is_no_array_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(RecipeError, match="expected rows of 2 numbers"):
        read(tmp_path / "a.npy", SERIES)


def test_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(RecipeError, match="expected rows of 2 numbers"):
        read(tmp_path / "a.npy", SERIES)
