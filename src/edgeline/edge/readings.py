"""What a device is handed, from files: pictures, series of a sensor, rows of a table.

A file with names of columns is read by the names that the model was trained on, whatever their order,
since swapped columns are the error that no check of shapes finds.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.typing import NDArray

from edgeline.edge import table
from edgeline.edge.picture import MAX_FILE_BYTES, read_picture
from edgeline.errors import RecipeError, first_line
from edgeline.preprocess import Preprocessing, Values, find_missing

Named = tuple[str, Values]


def read(path: Path, preprocessing: Preprocessing) -> list[Named]:
    """The items in a file with a name each: a picture, every window of a series, every row of a table.

    Raises:
        RecipeError: no such file, or not what the network takes.
        EnvironmentUnfit: a Parquet file, and no pyarrow.
    """
    if preprocessing.kind == "image":
        return [(str(path), read_picture(path))]
    rows = _numbers(path, preprocessing)
    _refuse_missing(path, rows, preprocessing)
    if preprocessing.kind == "series":
        return _require_values(_windows(str(path), rows, preprocessing.shape[0]))
    return _require_values([(f"{path}:{at}", row) for at, row in enumerate(rows, start=1)])


def _windows(name: str, series: NDArray[np.float32], steps: int) -> list[Named]:
    """Windows of `steps`, one after the other, each named by its first step, counted from 0.

    Where a rest is left, the last one begins earlier, so that the end is seen as well. A series of
    one window has no number.
    """
    if len(series) <= steps:
        return [(name, series)]
    starts = [*range(0, len(series) - steps, steps), len(series) - steps]
    return [(f"{name}@{start}", series[start : start + steps]) for start in starts]


def _numbers(path: Path, wanted: Preprocessing) -> NDArray[np.float32]:
    """Rows of numbers (N, channels), none of them infinite; NaN where a cell has no value."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        is_npy = path.suffix.lower() == ".npy"
        rows = _npy(path, wanted) if is_npy else _table(path, wanted)
        if rows.ndim != 2 or rows.shape[1] != wanted.channels or not len(rows):
            raise ValueError(f"an array of shape {rows.shape}")
        return _finite(rows, wanted.columns)
    except (OSError, EOFError, ValueError, csv.Error) as error:
        told = isinstance(error, OSError) and error.strerror
        reason = told or first_line(error)[:200]
        names = f": {', '.join(wanted.columns)}" if wanted.columns else ""
        raise RecipeError(
            expected=f"rows of {wanted.channels} numbers{names}, as CSV, Parquet or .npy, in {path}",
            found=reason,
            remedy="give another path, or bring the columns that the model was trained on",
        ) from error


def _npy(path: Path, wanted: Preprocessing) -> Values:
    with path.open("rb") as file:
        # np.load opens archives of arrays as well
        if file.read(len(MAGIC_PREFIX)) != MAGIC_PREFIX:
            raise ValueError("a file of another kind than .npy")
    array: Values = np.load(path, allow_pickle=False, mmap_mode="r")
    if array.dtype.kind not in "fiu":
        raise ValueError(f"an array of {array.dtype}")
    # One number for each step of one channel; of a table, one row.
    return array[:, None] if array.ndim == 1 and wanted.kind == "series" else np.atleast_2d(array)


def _table(path: Path, wanted: Preprocessing) -> Values:
    return table.read_rows(path, wanted.columns, wanted.decimal_marks)


def _finite(rows: Values, columns: Sequence[str]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        numbers = np.asarray(rows, np.float32)
    odd = np.argwhere(np.isinf(numbers))
    if len(odd):
        raise ValueError(f"a number that is not finite in {_place(odd[0], columns)}")
    return numbers


def _refuse_missing(path: Path, rows: NDArray[np.float32], wanted: Preprocessing) -> None:
    """Raises RecipeError for the first cell without a value, where the model takes none."""
    missing = find_missing(rows[None])[0] if wanted.kind == "series" else find_missing(rows)
    if wanted.missing == "refuse" and missing.any():
        raise RecipeError(
            expected=f"a value in every cell of {path}, as the model was made with data.missing refuse",
            found=f"none in {_place(np.argwhere(missing)[0], wanted.columns)}",
            remedy="fill the cell or leave its row out, or train with data.missing mean or indicator",
        )


def _require_values(items: list[Named]) -> list[Named]:
    for name, values in items:
        if np.isnan(values).all():
            raise RecipeError(
                expected="a value in at least one cell of each item",
                found=f"none in {name}",
                remedy="leave it out",
            )
    return items


def _place(at: NDArray[np.int64], columns: Sequence[str]) -> str:
    row, column = at.tolist()
    return f"row {row + 1}, column {columns[column] if columns else column + 1}"
