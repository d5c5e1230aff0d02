"""The columns of a table: numbers for a network, and words that name classes and groups.

A row that has too many or too few cells, or text where a number belongs, is one bad item.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.sources.intake import printable, refuse
from edgeline.sources.notation import Notation, parse
from edgeline.sources.order import Course, follow

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 2**23
MAX_WORD = 128
"""Characters of the name of a class or group: every row has room for the longest one."""

RAGGED = "a row of more or fewer cells than the first"
NOT_A_NUMBER = "text where a number belongs"

WHOLE = re.compile(r"(-?(?:0|[1-9]\d*))(?:\.0*)?")
"""As classes and groups are numbered; 7 and 7.0 are the same, 07 is another name."""


TextCells: TypeAlias = Mapping[str, NDArray[np.bool_]]
"""(N,), which of N cells hold text where a number belongs, by column; only columns that have some."""


@dataclass(frozen=True)
class Columns:
    """N rows of a file."""

    where: str
    """Its name."""
    table: "pa.Table"
    """Of a CSV file all columns are text; names are in NFC."""
    rows: NDArray[np.int64]
    """(N,), the number of each, the first below the names being 1."""
    ragged: tuple[int, ...] = ()
    """Numbers of rows that have too many or too few cells; they are not among the N."""
    index: tuple[str, ...] = ()
    """Columns that hold the row index of pandas."""
    delimiter: str = ""
    """Between cells, in a CSV file."""

    def numbers(
        self,
        notations: Mapping[str, Notation],
        parts: Sequence[NDArray[np.int64]] = (),
    ) -> tuple[NDArray[np.float32], TextCells, list[dict[str, Course]]]:
        """Of F columns, each written as `notations` say: their values (N, F), NaN where a cell holds none,
        the cells that hold text, and every column's course.

        There is a course for all rows, or for each of the `parts`, positions of rows that belong together.

        Raises:
            RecipeError: a column that can hold no numbers.
        """
        values = np.empty((len(self.rows), len(notations)), np.float32)
        text_cells: dict[str, NDArray[np.bool_]] = {}
        places: Sequence[NDArray[np.int64] | slice] = parts or (slice(None),)
        courses: list[dict[str, Course]] = [{} for _ in places]
        for at, (name, notation) in enumerate(notations.items()):
            parsed, is_text = self._parse(name, notation)
            with np.errstate(over="ignore"):
                values[:, at] = parsed
            if is_text.any():
                text_cells[name] = is_text
            for course, part in zip(courses, places, strict=True):
                course[name] = follow(parsed[part])
        return values, text_cells, courses

    def words(self, name: str) -> list[str]:
        """The cells of a column as text without blanks around it; empty where a cell has none, or too much."""
        import pyarrow as pa

        column = plain(self.table.column(name))
        if not (pa.types.is_string(column.type) or is_numeric(column.type)):
            refuse(
                f"words or numbers in column {printable(name)} of {self.where}",
                str(column.type),
                "name another column in data.label or data.group",
            )
        coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        distinct = _unify([_word(value) for value in coded.dictionary.to_pylist()])
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

    def _parse(
        self, name: str, notation: Notation
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        import pyarrow as pa

        column = plain(self.table.column(name))
        if pa.types.is_string(column.type):
            return parse(column, notation)
        if not is_numeric(column.type):
            refuse(
                f"numbers in column {printable(name)} of {self.where}",
                str(column.type),
                "leave the column out of data.columns",
            )
        # Whole numbers above 2**53 are rounded, as every number is for a network.
        numbers = column.cast(pa.float64(), safe=False).to_numpy()
        return numbers, np.zeros(len(numbers), dtype=bool)


def text_reasons(cells: TextCells, rows: int) -> NDArray[np.str_]:
    """(N,), the first column in which a row holds text, in the words of a reason; empty where none does."""
    words = {name: f"{NOT_A_NUMBER}, in column {printable(name)}" for name in cells}
    reasons = np.full(rows, "", dtype=f"U{max(map(len, words.values()), default=1)}")
    for name in reversed(words):
        reasons[cells[name]] = words[name]
    return reasons


def plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Without a dictionary, and as the usual kind of text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    is_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if is_text else column


def is_numeric(kind: "pa.DataType") -> bool:
    """Whether a column of this type holds numbers, or true and false."""
    from pyarrow.types import is_boolean, is_decimal, is_floating, is_integer

    return is_integer(kind) or is_floating(kind) or is_boolean(kind) or is_decimal(kind)


def _word(value: object) -> str:
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    word = printable(unicodedata.normalize("NFC", str(value).strip()))
    return word if len(word) <= MAX_WORD else ""


def _unify(words: list[str]) -> list[str]:
    """The words of a column, which are numbers or true and false in one spelling where all of them are."""
    if {word.lower() for word in words} <= {"true", "false", ""}:
        return [word.lower() for word in words]
    numbers = [WHOLE.fullmatch(word) if word else None for word in words]
    if all(number or not word for number, word in zip(numbers, words, strict=True)):
        return [number[1] if number else "" for number in numbers]
    return words
