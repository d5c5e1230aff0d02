"""Which columns of a file a network sees, how their cells become numbers, and why the others are left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from edgeline.datasets.raw import LEFT_OUT, TURNED, ColumnNote
from edgeline.sources import notation
from edgeline.sources.columns import Columns, is_numeric, plain
from edgeline.sources.intake import printable, refuse
from edgeline.sources.notation import Notation
from edgeline.sources.order import Course, find_order

if TYPE_CHECKING:
    import pyarrow as pa

INDEX = "the index of the rows, as pandas and R store it"
NOT_NAMED = "not among data.columns"
NOT_EVERYWHERE = "not in every file"

SHOWN = 5
"""Columns that a message names at most."""


@dataclass(frozen=True)
class Selection:
    """The columns of a file, or of several that belong together."""

    notations: dict[str, Notation]
    """Of every column that is read, in their order."""
    notes: tuple[ColumnNote, ...]
    """On those that are turned or left out."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """The decimal mark of every column, where one does not write numbers as computers do."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.notations)

    @property
    def decimal_marks(self) -> tuple[str, ...]:
        """In the order of the names, or none."""
        return tuple(self.marks[name] for name in self.names) if self.marks else ()


def select(
    parts: Sequence[Columns],
    named: Sequence[str],
    exclude: Collection[str],
    *,
    against: Mapping[str, str],
    unnamed: str = NOT_NAMED,
) -> Selection:
    """Those of the first part's columns that are `named`, or where none is, every one that holds numbers.

    `exclude` are the columns of class and group, `against` what is known against others, and `unnamed`
    what is against those that are not named. How one column writes its numbers is evidence for those
    that are read with it and for no other: a device reads no more of a file.

    Raises:
        RecipeError: one that is named holds something else, or none holds numbers.
    """
    first, where = parts[0], parts[0].where
    present = list(dict.fromkeys(name for part in parts for name in part.table.column_names))
    known = {} if named else {**dict.fromkeys(first.index, INDEX), **against}
    unread = {*exclude, *known}
    own = list(named) or [name for name in first.table.column_names if name not in unread]
    notations, problems, marks = _find_notations(own, parts)
    if named:
        for name, reason in problems.items():
            _refuse_column(name, where, reason)
    others = sorted(set(present) - {*own, *unread})
    reasons = {**known, **problems, **dict.fromkeys(others, unnamed if named else NOT_EVERYWHERE)}
    notes = [ColumnNote(name, LEFT_OUT, reasons[name]) for name in present if name in reasons]
    notes += [ColumnNote(name, TURNED, how.words) for name, how in notations.items() if how.words]
    return Selection(notations, tuple(notes), marks) if notations else _refuse_all(where, notes)


def find_orders(courses: Sequence[Mapping[str, Course]]) -> dict[str, str]:
    """What is against the columns that merely order the rows, from their courses in each part.

    Nothing where a part's columns have none, as those of an array.
    """
    if not courses or not all(courses):
        return {}
    reasons = {name: find_order(name, [part[name] for part in courses]) for name in courses[0]}
    return {name: reason for name, reason in reasons.items() if reason}


def _find_notations(
    names: Sequence[str], parts: Sequence[Columns]
) -> tuple[dict[str, Notation], dict[str, str], dict[str, str]]:
    """How each column is read, what is against those that hold no numbers, and decimal marks, over all parts."""
    import pyarrow as pa

    typed: dict[str, Notation] = {}
    texts: dict[str, pa.ChunkedArray] = {}
    problems: dict[str, str] = {}
    for name in names:
        columns = [
            plain(part.table.column(name)) for part in parts if name in part.table.column_names
        ]
        kinds = [column.type for column in columns]
        odd = [kind for kind in kinds if not (pa.types.is_string(kind) or is_numeric(kind))]
        if odd:
            problems[name] = _describe(odd[0])
        elif any(map(pa.types.is_string, kinds)):
            words = (column for column in columns if pa.types.is_string(column.type))
            chunks = [chunk for column in words for chunk in column.chunks]
            texts[name] = pa.chunked_array(chunks, pa.string())
        else:
            is_truth = all(map(pa.types.is_boolean, kinds))
            typed[name] = notation.TRUTH if is_truth else notation.PLAIN
    written, unread = notation.find_notations(texts, parts[0].delimiter)
    found = {**typed, **written}
    notations = {name: found[name] for name in names if name in found}
    return notations, {**problems, **unread}, notation.find_marks(texts, notations)


def _describe(kind: "pa.DataType") -> str:
    from pyarrow import types

    if types.is_temporal(kind):
        return notation.DATES_OR_TIMES
    return notation.NO_CELLS if types.is_null(kind) else str(kind)


def _refuse_column(name: str, where: str, reason: str) -> NoReturn:
    remedy = "leave the column out of data.columns"
    if reason == notation.AMBIGUOUS:
        remedy = "write them with a decimal point and without marks for thousands"
    refuse(f"numbers in column {printable(name)} of {where}", reason, remedy)


def _refuse_all(where: str, notes: Sequence[ColumnNote]) -> NoReturn:
    found = ", ".join(f"{printable(note.name[:20])} ({note.reason})" for note in notes[:SHOWN])
    refuse(
        f"a column of numbers in {where}",
        found or "none",
        "name columns in data.columns that the network shall see, or check the file's delimiter and first line",
    )
