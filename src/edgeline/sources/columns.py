"""CSV and Parquet files as columns; what they announce is judged before it is read as a whole.

Whoever names a column that is not there is told which there are. A row that has too many or too few
cells, or text where a number belongs, is one bad item.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeline.sources.intake import MAX_BYTES, head, kind, refuse, shown

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
            parsed, is_text = _parsed(self.table.column(name))
            if parsed is None:
                refuse(f"numbers in column {shown(name)} of {self.where}", "text", "leave it out")
            with np.errstate(over="ignore"):
                values[:, at] = parsed
            is_bad |= is_text
        return values, is_bad

    def numeric(self, but: Iterable[str]) -> tuple[str, ...]:
        """Names of those columns where most cells are numbers."""
        left_out = set(but)
        names = tuple(
            name
            for name in self.table.column_names
            if name not in left_out and _parsed(self.table.column(name))[0] is not None
        )
        if not names:
            refuse(f"a column of numbers in {self.where}", "none", "look at the file")
        return names

    def words(self, name: str) -> list[str]:
        """The cells of a column as text, without blanks around it; empty where there is none, or a novel."""
        import pyarrow as pa

        column = _plain(self.table.column(name))
        kinds = pa.types
        if not (
            kinds.is_string(column.type)
            or kinds.is_integer(column.type)
            or kinds.is_floating(column.type)
            or kinds.is_boolean(column.type)
        ):
            refuse(
                f"words or numbers in column {shown(name)} of {self.where}",
                str(column.type),
                "mend it",
            )
        coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        # Few words for many rows, which share them.
        known = [_word(value) for value in coded.dictionary.to_pylist()]
        return [known[code] for code in coded.indices.to_numpy()]

    def check(self, names: Iterable[str]) -> None:
        """Raises RecipeError where there is no column of one of these names."""
        for name in names:
            if name not in self.table.column_names:
                refuse(
                    f"a column {shown(name)} in {self.where}",
                    ", ".join(map(shown, self.table.column_names[:20])),
                    "correct data.label, data.group or data.columns",
                )


def read(path: Path) -> Columns:
    """A .csv file, UTF-8 with names in its first line, or a Parquet file.

    Raises:
        RecipeError: another kind of file, too large, damaged, or with columns that are no columns.
    """
    import pyarrow as pa

    begins = head(path, MAX_CSV_BYTES)
    try:
        columns = _parquet(path) if begins.startswith(b"PAR1") else _csv(path, begins)
    except UnicodeError:
        refuse(f"text in UTF-8 at {path.name}", "other bytes", "save it as UTF-8")
    except (pa.ArrowException, OSError) as error:
        refuse(f"a CSV or Parquet file at {path.name}", _reason(error), "mend it, or save it again")
    names = columns.table.column_names
    odd = [name for name in names if not (name.isprintable() and 0 < len(name) <= MAX_WORD)]
    if len(columns.rows) > MAX_ROWS:
        refuse(
            f"at most {MAX_ROWS:,} rows in {path.name}",
            f"{len(columns.rows):,}",
            "give a part of it",
        )
    if len(set(names)) < len(names) or odd:
        refuse(
            f"a name of its own for each column in {path.name}",
            "two alike" if not odd else repr(odd[0][:40]),
            "name them",
        )
    return columns


def _csv(path: Path, begins: bytes) -> Columns:
    import pyarrow as pa
    from pyarrow import csv

    if kind(begins) not in ("something else", "nothing") or b"\0" in begins:
        refuse(f"a CSV or Parquet file at {path.name}", kind(begins), "save it as CSV, in UTF-8")
    with path.open("rb") as file:
        names = file.readline(MAX_ROW_BYTES)
    delimiter = max(",;\t", key=names.decode().count)
    if names.count(delimiter.encode()) >= MAX_COLUMNS or len(names) == MAX_ROW_BYTES:
        refuse(f"at most {MAX_COLUMNS:,} columns in {path.name}", "more", "leave some out")
    ragged: list[int] = []

    def note(row: "csv.InvalidRow") -> str:
        ragged.append(row.number - 1)
        return "skip"

    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, block_size=MAX_ROW_BYTES),
        parse_options=csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
        ),
        convert_options=csv.ConvertOptions(strings_can_be_null=True),
    )
    if any(pa.types.is_binary(field.type) for field in table.schema):  # Arrow's word for no UTF-8
        raise UnicodeError
    _require_a_line_each(path, table.num_rows + len(ragged))
    every = np.arange(1, table.num_rows + len(ragged) + 1)
    return Columns(path.name, table, every[~np.isin(every, ragged)], tuple(ragged))


def _require_a_line_each(path: Path, rows: int) -> None:
    """A quote that is never closed swallows what follows, and nobody would miss it."""
    with path.open("rb") as file:
        lines = sum(1 for line in file if line.strip()) - 1
    if lines > rows:
        refuse(
            f"a line for each of {rows:,} rows in {path.name}",
            f"{lines:,} lines: a quote that is never closed, or a cell over several lines",
            "close the quote, and keep line breaks out of cells",
        )


def _parquet(path: Path) -> Columns:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(
        path, thrift_string_size_limit=2**26, thrift_container_size_limit=2**20
    ) as file:
        said = file.metadata
        announced = sum(said.row_group(at).total_byte_size for at in range(said.num_row_groups))
        cells = 8 * said.num_rows * said.num_columns
        if said.num_columns > MAX_COLUMNS or max(announced, cells) > MAX_BYTES:
            refuse(
                f"at most {MAX_COLUMNS:,} columns and {MAX_BYTES:,} bytes in {path.name}",
                f"{said.num_columns:,} columns of {said.num_rows:,} rows",
                "give a part of it",
            )
        nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
        if nested:
            refuse(
                f"columns of single values in {path.name}",
                f"lists or records in {shown(nested[0])}",
                "leave it out",
            )
        table = file.read(use_threads=False)
    return Columns(path.name, table, np.arange(1, table.num_rows + 1))


def _plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Without a dictionary, and as the usual kind of text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    is_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if is_text else column


def _parsed(column: "pa.ChunkedArray") -> tuple[NDArray[Any] | None, NDArray[np.bool_]]:
    """(N,) numbers, or nothing where few cells are; and (N,) whether a cell is text."""
    import pyarrow as pa
    from pyarrow import compute

    column, none = _plain(column), np.zeros(len(column), dtype=bool)
    kinds = pa.types
    if (
        kinds.is_integer(column.type)
        or kinds.is_floating(column.type)
        or kinds.is_boolean(column.type)
        or kinds.is_decimal(column.type)
    ):
        return column.cast(pa.float64()).to_numpy(), none
    if not kinds.is_string(column.type):
        return None, none
    trimmed = compute.utf8_trim_whitespace(column)
    is_number = compute.match_substring_regex(trimmed, NUMBER)
    known = len(column) - column.null_count
    if 2 * (compute.sum(is_number).as_py() or 0) <= known:
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
    word = shown(str(value).strip())
    return word if len(word) <= MAX_WORD else ""


def _reason(error: Exception) -> str:
    said = str(error).split("\n")[0][:120]
    long = f"a row of more than {MAX_ROW_BYTES:,} bytes, or a quote that is never closed"
    return long if "block boundaries" in said else said
