"""Rows of numbers in a file, in every form that the lab learns from: CSV with commas, semicolons or tabs,
and Parquet where pyarrow is installed.
"""

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeline.edge.notation import Column, is_missing, is_number, read_numbers
from edgeline.errors import EnvironmentUnfit

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BYTES = 2**28
"""Of numbers in memory; a Parquet file may announce far more than it is long."""


def read_rows(path: Path, names: Sequence[str], marks: Sequence[str] = ()) -> NDArray[np.float64]:
    """(N, F) from the columns `names` in their order, or from all where there are none; NaN for no value.

    `marks` are the decimal marks of the table that a model learned from, one for each name, or none. The
    first line of a CSV file is a row where it holds numbers alone and not the names.

    Raises:
        ValueError: no such column, rows of another length, or text where a number belongs.
        EnvironmentUnfit: a Parquet file, and no pyarrow.
    """
    composed = [_compose(name) for name in names]
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    return _parquet(path, composed, marks) if is_parquet else _csv(path, composed, marks)


def _csv(path: Path, names: Sequence[str], marks: Sequence[str]) -> NDArray[np.float64]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first_line = next((line for line in file if line.strip()), "")
            delimiter = _find_delimiter(first_line)
            file.seek(0)
            # Of a column that stands alone, every comma is its own.
            lines = csv.reader(file, delimiter=delimiter or "\0")
            columns = _columns(_equally_long(lines), names)
    except UnicodeDecodeError:
        raise ValueError("text in another encoding than UTF-8") from None
    own = marks if len(marks) == len(columns) else ()
    numbers = np.array(read_numbers(columns, delimiter, own), np.float64)
    return numbers.T if columns else np.empty((0, 0))


def _find_delimiter(first_line: str) -> str:
    """The mark that occurs most often, if any; a row of numbers may have more decimal commas than semicolons."""
    for mark in ";\t":
        if mark in first_line and _are_numbers(first_line.split(mark)):
            return mark
    most = max(",;\t", key=first_line.count)
    return most if most in first_line else ""


def _columns(rows: Iterator[list[str]], names: Sequence[str]) -> list[Column]:
    """The cells of the columns `names`, or of all."""
    first = [_compose(cell) for cell in next(rows, [])]
    if _are_numbers(first) and not (names and set(names) <= set(first)):
        rows = chain([first], rows)
        named = [(str(at + 1), at) for at in range(len(first))]
    else:
        named = [(first[at], at) for at in _positions(first, names)]
    cells: list[list[str]] = [[] for _ in named]
    for row in rows:
        for column, (_, at) in zip(cells, named, strict=True):
            column.append(row[at])
    return [(name, column) for (name, _), column in zip(named, cells, strict=True)]


def _equally_long(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """Those that are not blank."""
    first: list[str] = []
    for number, line in enumerate(lines, start=1):
        first = first or line
        if line and len(line) != len(first):
            raise ValueError(
                f"{len(line)} values in line {number} where the first has {len(first)}"
            )
        if line:
            yield line


def _are_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if not is_missing(cell)]
    return bool(filled) and all(map(is_number, filled))


def _compose(name: str) -> str:
    """In NFC: a Mac writes letters and their marks one by one."""
    return unicodedata.normalize("NFC", name)


def _positions(header: Sequence[str], names: Sequence[str]) -> list[int]:
    """Where the columns stand, each of which must be there once."""
    if absent := [name for name in names if name not in header]:
        raise ValueError(f"no column {', '.join(absent)}")
    if twice := [name for name in names if header.count(name) > 1]:
        raise ValueError(f"two columns {', '.join(twice)}")
    return [header.index(name) for name in names] if names else list(range(len(header)))


def _parquet(path: Path, names: Sequence[str], marks: Sequence[str]) -> NDArray[np.float64]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise EnvironmentUnfit(
            expected=f"the package pyarrow, to read the Parquet file {path}",
            found=f"{type(error).__name__}: {error}",
            remedy="install it with `pip install pyarrow`, or save the table as CSV",
        ) from error
    try:
        with parquet.ParquetFile(
            path, thrift_string_size_limit=2**26, thrift_container_size_limit=2**20
        ) as file:
            header, metadata = list(file.schema_arrow.names), file.metadata
            wanted = [header[at] for at in _positions([_compose(one) for one in header], names)]
            groups = (metadata.row_group(at) for at in range(metadata.num_row_groups))
            announced = sum(group.total_byte_size for group in groups)
            if max(announced, 8 * metadata.num_rows * len(header)) > MAX_BYTES:
                raise ValueError(f"a table of more than {MAX_BYTES:,} bytes")
            table = file.read(columns=wanted, use_threads=False)
            columns = [(name, _plain(table.column(name))) for name in wanted]
    except pa.ArrowException as error:
        raise ValueError(str(error).split("\n")[0][:120]) from error
    numbers = {name: cells for name, cells in columns if isinstance(cells, np.ndarray)}
    texts = [(name, cells) for name, cells in columns if not isinstance(cells, np.ndarray)]
    mark_of = dict(zip(wanted, marks, strict=True)) if marks else {}
    own = [mark_of[name] for name, _ in texts] if marks else []
    read = zip((name for name, _ in texts), read_numbers(texts, "", own), strict=True)
    numbers |= {name: np.array(column, np.float64) for name, column in read}
    return np.stack([numbers[name] for name in wanted], axis=1) if wanted else np.empty((0, 0))


def _plain(column: "pa.ChunkedArray") -> NDArray[np.float64] | list[str]:
    """(N,) numbers, or cells of text, whatever the column's type."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if types.is_integer(column.type) or types.is_floating(column.type):
        return np.asarray(column.to_numpy(), np.float64)
    return ["" if cell is None else str(cell) for cell in column.to_pylist()]
