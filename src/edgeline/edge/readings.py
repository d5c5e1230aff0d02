"""What a device is handed, from files: pictures, series of a sensor, rows of a table.

A CSV file with a header is read by the names that the model was trained on, whatever the order
of its columns, since swapped columns are the error that no check of shapes finds.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.edge.picture import MAX_FILE_BYTES, read_picture
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing, Values

Named = tuple[str, Values]


def read(path: Path, preprocessing: Preprocessing) -> list[Named]:
    """The items in a file with a name each: one picture, one series, or every row of a table.

    Raises:
        RecipeError: no such file, or not what the network takes.
    """
    if preprocessing.kind == "image":
        return [(str(path), read_picture(path))]
    rows = _numbers(path, preprocessing)
    if preprocessing.kind == "series":
        return [(str(path), rows)]
    return [(f"{path}:{number}", row) for number, row in enumerate(rows, start=1)]


def _numbers(path: Path, wanted: Preprocessing) -> NDArray[np.float32]:
    """Rows of numbers (N, channels), all of them finite, from .npy or .csv."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        rows = _npy(path) if path.suffix == ".npy" else _csv(path, wanted)
        if rows.ndim != 2 or rows.shape[1] != wanted.channels or not len(rows):
            raise ValueError(f"an array of shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("numbers that are not finite")
    except (OSError, ValueError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        names = f": {', '.join(wanted.columns)}" if wanted.columns else ""
        raise RecipeError(
            expected=f"rows of {wanted.channels} numbers{names}, as .csv or .npy, in {path}",
            found=reason,
            remedy="give another path, or bring the columns that the model was trained on",
        ) from error
    return rows


def _npy(path: Path) -> NDArray[np.float32]:
    array: NDArray[np.generic] = np.load(path, allow_pickle=False, mmap_mode="r")
    if array.dtype.kind not in "fiu":
        raise ValueError(f"an array of {array.dtype}")
    return np.atleast_2d(array).astype(np.float32)


def _csv(path: Path, wanted: Preprocessing) -> NDArray[np.float32]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        first = next(lines, [])
        if _are_numbers(first):
            return np.array([first, *_equally_long(lines, first)], np.float32)
        at = [first.index(name) for name in _names(first, wanted)]
        rows = [[line[position] for position in at] for line in _equally_long(lines, first)]
    return np.array(rows, np.float32).reshape(-1, len(at))


def _names(header: list[str], wanted: Preprocessing) -> tuple[str, ...]:
    if not wanted.columns:
        return tuple(header)
    if missing := [name for name in wanted.columns if name not in header]:
        raise ValueError(f"no column {', '.join(missing)}")
    return wanted.columns


def _equally_long(lines: Iterator[list[str]], first: list[str]) -> Iterator[list[str]]:
    for number, line in enumerate(lines, start=2):
        if line and len(line) != len(first):
            raise ValueError(f"{len(line)} values in line {number} where line 1 has {len(first)}")
        if line:
            yield line


def _are_numbers(texts: list[str]) -> bool:
    try:
        return bool([float(text) for text in texts])
    except ValueError:
        return False
