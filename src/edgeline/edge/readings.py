"""What a device is handed, from files: pictures, series of a sensor, rows of a table.

A file with names of columns is read by the names that the model was trained on, whatever their order,
since swapped columns are the error that no check of shapes finds.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.typing import NDArray

from edgeline.edge import table
from edgeline.edge.picture import MAX_FILE_BYTES, read_picture
from edgeline.errors import RecipeError, first_line
from edgeline.preprocess import Preprocessing, Values

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
    if preprocessing.kind == "series":
        return _windows(str(path), rows, preprocessing.shape[0])
    return [(f"{path}:{number}", row) for number, row in enumerate(rows, start=1)]


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
    """Rows of numbers (N, channels), all of them finite."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        is_npy = path.suffix.lower() == ".npy"
        rows = _npy(path, wanted) if is_npy else table.read_rows(path, wanted.columns)
        if rows.ndim != 2 or rows.shape[1] != wanted.channels or not len(rows):
            raise ValueError(f"an array of shape {rows.shape}")
        return _finite(rows)
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


def _finite(rows: Values) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        numbers = np.asarray(rows, np.float32)
    odd = np.argwhere(~np.isfinite(numbers))
    if len(odd):
        row, column = odd[0] + 1
        raise ValueError(f"no value, or one that is not finite, in row {row}, column {column}")
    return numbers
