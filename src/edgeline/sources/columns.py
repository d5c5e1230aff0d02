"""CSV and Parquet files as columns; announced sizes are checked before a file is read.

A row that has too many or too few cells, or text where a number belongs, is one bad item.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeline.sources.intake import MAX_BYTES, file_type, printable, read_head, refuse

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv

SUFFIXES = (".csv", ".parquet")
MAX_CSV_BYTES = 2**29
"""A number takes up to four times the room of its text."""
MAX_COLUMNS = 10_000
MAX_ROWS = 2**23
MAX_ROW_BYTES = 2**20
MAX_WORD = 128
"""Characters of the name of a class or group: every row has room for the longest one."""

RAGGED = "a row of more or fewer cells than the first"
NOT_A_NUMBER = "text where a number belongs"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"


@dataclass(frozen=True)
class Columns:
    """N rows of a file."""

    where: str
    """Its name."""
    table: "pa.Table"
    rows: NDArray[np.int64]
    """(N,), the number of each, the first below the names being 1."""
    ragged: tuple[int, ...] = ()
    """Numbers of rows that have too many or too few cells; they are not among the N."""

    def numbers(self, names: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Values (N, F), NaN where there is none, and (N,) whether one of a row's is text."""
        values = np.empty((len(self.rows), len(names)), np.float32)
        is_bad = np.zeros(len(self.rows), dtype=bool)
        for at, name in enumerate(names):
            parsed, is_text = _parse(self.table.column(name))
            if parsed is None:
                refuse(
                    f"numbers in column {printable(name)} of {self.where}",
                    "text",
                    "leave the column out of data.columns",
                )
            with np.errstate(over="ignore"):
                values[:, at] = parsed
            is_bad |= is_text
        return values, is_bad

    def numeric(self, exclude: Iterable[str]) -> tuple[str, ...]:
        """Names of the columns where most cells are numbers."""
        excluded = set(exclude)
        names = tuple(
            name
            for name in self.table.column_names
            if name not in excluded and _parse(self.table.column(name))[0] is not None
        )
        if not names:
            refuse(
                f"a column of numbers in {self.where}",
                "none",
                "check the file's delimiter and its first line",
            )
        return names

    def words(self, name: str) -> list[str]:
        """The cells of a column as text without blanks around it; empty where a cell has none, or too much."""
        import pyarrow as pa

        column = _plain(self.table.column(name))
        if not (pa.types.is_string(column.type) or _is_numeric(column.type)):
            refuse(
                f"words or numbers in column {printable(name)} of {self.where}",
                str(column.type),
                "name another column in data.label or data.group",
            )
        coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        distinct = [_word(value) for value in coded.dictionary.to_pylist()]
        return [distinct[code] for code in coded.indices.to_numpy()]

    def require(self, names: Iterable[str]) -> None:
        """Raises RecipeError where there is no column of one of these names."""
        for name in names:
            if name not in self.table.column_names:
                refuse(
                    f"a column {printable(name)} in {self.where}",
                    ", ".join(map(printable, self.table.column_names[:20])),
                    "correct data.label, data.group or data.columns",
                )


def read(path: Path) -> Columns:
    """A .csv file, UTF-8 with names in its first line, or a Parquet file.

    Raises:
        RecipeError: another type of file, too large, damaged, or without a name for each column.
    """
    import pyarrow as pa

    start = read_head(path, MAX_CSV_BYTES)
    try:
        columns = _read_parquet(path) if start.startswith(b"PAR1") else _read_csv(path, start)
    except UnicodeError:
        refuse(f"text in UTF-8 at {path.name}", "another encoding", "save it as UTF-8")
    except (pa.ArrowException, OSError) as error:
        refuse(
            f"a CSV or Parquet file at {path.name}",
            _reason(error),
            "save it again as CSV or Parquet",
        )
    names = columns.table.column_names
    odd = [name for name in names if not (name.isprintable() and 0 < len(name) <= MAX_WORD)]
    if len(columns.rows) > MAX_ROWS:
        refuse(
            f"at most {MAX_ROWS:,} rows in {path.name}",
            f"{len(columns.rows):,} rows",
            "use a part of them",
        )
    if len(set(names)) < len(names) or odd:
        refuse(
            f"a printable name of its own for each column in {path.name}",
            "two columns of one name" if not odd else f"a column named {odd[0][:40]!r}",
            "rename the columns",
        )
    return columns


def _read_csv(path: Path, start: bytes) -> Columns:
    import pyarrow as pa
    from pyarrow import csv

    if file_type(start) not in ("something else", "nothing") or b"\0" in start:
        refuse(
            f"a CSV or Parquet file at {path.name}", file_type(start), "save it as CSV, in UTF-8"
        )
    with path.open("rb") as file:
        names = file.readline(MAX_ROW_BYTES)
    delimiter = max(",;\t", key=names.decode().count)
    if names.count(delimiter.encode()) >= MAX_COLUMNS or len(names) == MAX_ROW_BYTES:
        refuse(f"at most {MAX_COLUMNS:,} columns in {path.name}", "more", "remove columns")
    ragged: list[int] = []

    def skip(row: "csv.InvalidRow") -> str:
        ragged.append(row.number - 1)
        return "skip"

    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, block_size=MAX_ROW_BYTES),
        parse_options=csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=csv.ConvertOptions(strings_can_be_null=True),
    )
    if any(
        pa.types.is_binary(field.type) for field in table.schema
    ):  # Arrow's type for text that is not UTF-8
        raise UnicodeError
    _require_one_line_per_row(path, table.num_rows + len(ragged))
    numbers = np.arange(1, table.num_rows + len(ragged) + 1)
    return Columns(printable(path.name), table, numbers[~np.isin(numbers, ragged)], tuple(ragged))


def _require_one_line_per_row(path: Path, rows: int) -> None:
    """A quote that is never closed would hide all rows after it."""
    with path.open("rb") as file:
        lines = sum(1 for line in file if line.strip()) - 1
    if lines > rows:
        refuse(
            f"a line for each of {rows:,} rows in {path.name}",
            f"{lines:,} lines: a quote that is never closed, or a cell over several lines",
            "close the quote, and keep line breaks out of cells",
        )


def _read_parquet(path: Path) -> Columns:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(
        path, thrift_string_size_limit=2**26, thrift_container_size_limit=2**20
    ) as file:
        metadata = file.metadata
        announced = sum(
            metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups)
        )
        cells = 8 * metadata.num_rows * metadata.num_columns
        if metadata.num_columns > MAX_COLUMNS or max(announced, cells) > MAX_BYTES:
            refuse(
                f"at most {MAX_COLUMNS:,} columns and {MAX_BYTES:,} bytes in {path.name}",
                f"{metadata.num_columns:,} columns of {metadata.num_rows:,} rows",
                "use a part of it",
            )
        nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
        if nested:
            refuse(
                f"columns of single values in {path.name}",
                f"lists or records in {printable(nested[0])}",
                "leave the column out of the file",
            )
        table = file.read(use_threads=False)
    return Columns(printable(path.name), table, np.arange(1, table.num_rows + 1))


def _plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Without a dictionary, and as the usual kind of text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    is_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if is_text else column


def _is_numeric(kind: "pa.DataType") -> bool:
    from pyarrow.types import is_boolean, is_decimal, is_floating, is_integer

    return is_integer(kind) or is_floating(kind) or is_boolean(kind) or is_decimal(kind)


def _parse(column: "pa.ChunkedArray") -> tuple[NDArray[Any] | None, NDArray[np.bool_]]:
    """(N,) numbers, or None where few cells are numbers; and (N,) whether a cell is text."""
    import pyarrow as pa
    from pyarrow import compute

    column, none = _plain(column), np.zeros(len(column), dtype=bool)
    if _is_numeric(column.type):
        return column.cast(pa.float64()).to_numpy(), none
    if not pa.types.is_string(column.type):
        return None, none
    trimmed = compute.utf8_trim_whitespace(column)
    is_number = compute.match_substring_regex(trimmed, NUMBER)
    filled = len(column) - column.null_count
    if 2 * (compute.sum(is_number).as_py() or 0) <= filled:
        return None, none
    numbers = compute.if_else(is_number, trimmed, None).cast(pa.float64()).to_numpy()
    is_text = compute.invert(is_number).fill_null(fill_value=False).to_numpy().astype(bool)
    return numbers, is_text


def _word(value: str | float | bool | None) -> str:
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    word = printable(str(value).strip())
    return word if len(word) <= MAX_WORD else ""


def _reason(error: Exception) -> str:
    line = str(error).split("\n")[0][:120]
    if "block boundaries" in line:
        return f"a row of more than {MAX_ROW_BYTES:,} bytes, or a quote that is never closed"
    return line
