"""Numbers that a device is handed in files: the right columns, or a line that says what is missing."""

from pathlib import Path

import numpy as np
import pytest

from edgeline.edge.readings import read
from edgeline.errors import RecipeError
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
        ("1,nan\n", "not finite"),
        ("heat,load\n1,warm\n", "warm"),
        ("heat,load\n", r"shape \(0, 2\)"),
        ("", "no column heat, load"),
    ],
)
def test_other_numbers_are_refused_in_one_line(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(RecipeError, match=found) as error:
        read(written(tmp_path, text), TABLE)
    assert "heat, load" in str(error.value)
    assert "\n" not in str(error.value)


def test_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(RecipeError, match="expected rows of 2 numbers"):
        read(tmp_path / "a.npy", SERIES)
