"""CSV and Parquet files as columns; announced sizes are checked before a file is read."""

import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from edgeline.file_type import file_type
from edgeline.sources.columns import MAX_ROWS, MAX_WORD, Columns
from edgeline.sources.intake import MAX_BYTES, printable, read_head, refuse
from edgeline.sources.notation import COMMAS, PLAIN

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv

SUFFIXES = (".csv", ".parquet")
MAX_CSV_BYTES = 2**29
"""A number takes up to four times the room of its text."""
MAX_COLUMNS = 10_000
MAX_ROW_BYTES = 2**20

NAMELESS = "Unnamed: 0"
"""What pandas calls a first column without a name."""

NO_NAMES = "numbers in the first line, where names belong"


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
        _refuse_encoding(path)
    except (pa.ArrowException, OSError) as error:
        if "invalid UTF8" in str(error):
            _refuse_encoding(path)
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


def lacks_names(columns: Columns) -> bool:
    """Whether the first line of a CSV file holds numbers, other than those by which columns are numbered."""
    names = columns.table.column_names
    numbered = [[str(at) for at in range(start, len(names) + start)] for start in (0, 1)]
    number = re.compile(f"{PLAIN.pattern}|{COMMAS.pattern}")
    return (
        bool(columns.delimiter)
        and names not in numbered
        and all(number.match(name.strip()) for name in names)
    )


def _read_csv(path: Path, start: bytes) -> Columns:
    import pyarrow as pa
    from pyarrow import csv

    if file_type(start) not in ("something else", "nothing") or b"\0" in start:
        refuse(
            f"a CSV or Parquet file at {path.name}", file_type(start), "save it as CSV, in UTF-8"
        )
    with path.open("rb") as file:
        first = file.readline(MAX_ROW_BYTES)
    delimiter = max(",;\t", key=first.decode().count)
    if first.count(delimiter.encode()) >= MAX_COLUMNS or len(first) == MAX_ROW_BYTES:
        refuse(f"at most {MAX_COLUMNS:,} columns in {path.name}", "more", "remove columns")
    ragged: list[csv.InvalidRow] = []

    def skip(row: "csv.InvalidRow") -> str:
        ragged.append(row)
        return "skip"

    parse_options = csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
    )
    read_options = csv.ReadOptions(use_threads=False, block_size=MAX_ROW_BYTES)
    with csv.open_csv(path, read_options=read_options, parse_options=parse_options) as opened:
        names = opened.schema.names
    ragged.clear()
    table = csv.read_csv(
        path,
        read_options=read_options,
        parse_options=parse_options,
        convert_options=csv.ConvertOptions(
            strings_can_be_null=True, column_types=dict.fromkeys(names, pa.string())
        ),
    )
    _require_one_line_per_row(path, table.num_rows + len(ragged))
    if ragged and not table.num_rows:
        _refuse_ragged(path, ragged[0])
    skipped = tuple(row.number - 1 for row in ragged)
    numbers = np.arange(1, table.num_rows + len(ragged) + 1)
    rows = numbers[~np.isin(numbers, skipped)]
    index: tuple[str, ...] = ()
    if not names[0] and NAMELESS not in names:
        # So pandas and R store the numbers or names of rows.
        table, index = table.rename_columns([NAMELESS, *names[1:]]), (NAMELESS,)
    return Columns(printable(path.name), _compose_names(table), rows, skipped, index, delimiter)


def _refuse_encoding(path: Path) -> NoReturn:
    refuse(f"text in UTF-8 at {path.name}", "another encoding", "save it as UTF-8")


def _refuse_ragged(path: Path, row: "csv.InvalidRow") -> NoReturn:
    refuse(
        f"rows of {row.expected_columns} cells in {path.name}, as its first line has names",
        f"{row.actual_columns} cells in row {row.number - 1} (line {row.number}), and no row of {row.expected_columns}",
        "name every column once in the first line (R: row.names = FALSE), with no line above it, "
        "no delimiter after the last cell, and quotes around a cell that holds one",
    )


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
    rows = np.arange(1, table.num_rows + 1)
    index = _pandas_index(table.schema)
    return Columns(printable(path.name), _compose_names(table), rows, index=index)


def _pandas_index(schema: "pa.Schema") -> tuple[str, ...]:
    """Columns that were the index of a data frame; an index of row numbers alone is no column at all."""
    try:
        described = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        stored = [name for name in described["index_columns"] if isinstance(name, str)]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(unicodedata.normalize("NFC", name) for name in stored)


def _compose_names(table: "pa.Table") -> "pa.Table":
    """With every name in NFC: a Mac writes letters and their marks one by one."""
    return table.rename_columns([unicodedata.normalize("NFC", name) for name in table.column_names])


def _reason(error: Exception) -> str:
    line = str(error).split("\n")[0][:120]
    if "block boundaries" in line:
        return f"a row of more than {MAX_ROW_BYTES:,} bytes, or a quote that is never closed"
    return line
