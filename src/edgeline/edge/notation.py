"""How people write numbers: with decimal points or commas, with thousands set apart or not.

A column is read in the one notation in which all of its cells are numbers; where 1,234 could be two
numbers, the other columns of the file decide. The lab reads the data that a model learns from by the
same rules.
"""

import math
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple, TypeAlias

Column: TypeAlias = tuple[str, Sequence[str]]
"""Its name, and its cells as they stand in the file."""

MISSING = frozenset(
    (
        "",
        "#n/a",
        "#n/a n/a",
        "#na",
        "#nv",
        "-1.#ind",
        "-1.#qnan",
        "-nan",
        "1.#ind",
        "1.#qnan",
        "<na>",
    )
    + (
        "n/a",
        "n.a.",
        "na",
        "nan",
        "nil",
        "none",
        "null",
        "k.a.",
        ".",
        "-",
        "--",
        "---",
        "\u2013",
        "\u2014",
        "?",
    )
)
"""What stands in a cell of numbers that has no value, in lower case and without blanks around it."""

WORDS = {"true": 1.0, "false": 0.0}
SPACES = " '\u2019\u00a0\u2009\u202f"
"""Between thousands, beside the comma or the point: blanks of some widths, and Switzerland's apostrophes."""

POWER, LEAD = r"([eE][+-]?\d{1,4})?", r"[1-9]\d{0,2}"
"""At the end of a number, and before its first thousands."""

SHOWN = 40
"""Characters of a cell or a name that a message tells."""


class Notation(NamedTuple):
    """What a number looks like, what may stand between its thousands, and its decimal mark."""

    words: str
    """What is said of a column that is written so; empty for computers' own notation."""
    pattern: str
    """Of a whole cell, for `re` and for RE2, by which Arrow searches."""
    between: str
    mark: str

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether every cell is a number."""
        return all(re.fullmatch(self.pattern, cell, re.ASCII) for cell in cells)


PLAIN = Notation("", rf"[+-]?(\d+\.?\d*|\.\d+){POWER}|(?i:true|false)", "", ".")
COMMAS = Notation("decimal commas", rf"[+-]?(\d+,?\d*|,\d+){POWER}", "", ",")
THOUSANDS = Notation(
    "thousands set apart",
    rf"[+-]?(0|{LEAD}(,\d{{3}})*|{LEAD}([{SPACES}]\d{{3}})*)(\.\d+)?",
    f",{SPACES}",
    ".",
)
COMMAS_AND_THOUSANDS = Notation(
    "decimal commas, and thousands set apart",
    rf"[+-]?(0|{LEAD}(\.\d{{3}})*|{LEAD}([{SPACES}]\d{{3}})*)(,\d+)?",
    f".{SPACES}",
    ",",
)
TURNED = (COMMAS, THOUSANDS, COMMAS_AND_THOUSANDS)


class Candidates(NamedTuple):
    """The notations in which a column can be read, and what its cells tell about the others of the file."""

    notations: Collection[Notation]
    has_points: bool
    """Whether a cell has one."""
    has_commas: bool
    """Whether every cell has one."""

    @property
    def is_plain(self) -> bool:
        """Whether computers' own notation is among them."""
        return any(not one.words for one in self.notations)


def decide(
    columns: Sequence[Candidates], delimiter: str, marks: Sequence[str] = ()
) -> list[Notation | None]:
    """The notation of each column of a file with this delimiter; None where nothing decides between two.

    `marks` are the decimal marks of the table that a model learned from. They decide, unless a column
    cannot be read with its own: then the file is written in another way, and says itself in which.
    """
    commas = _writes_commas(columns)
    narrowed = [one for one in map(_narrow, columns, marks) if one]
    if marks and len(narrowed) == len(columns):
        columns, said = narrowed, {*marks} - {""}
        commas = said == {","} if len(said) == 1 else None
    return [_decide(one, commas, delimiter) for one in columns]


def is_missing(cell: str) -> bool:
    """Whether a cell of numbers has no value."""
    return cell.strip().lower() in MISSING


def is_number(cell: str) -> bool:
    """Whether a cell is a number in some notation."""
    return any(one.fits([cell.strip()]) for one in (PLAIN, *TURNED))


def read_numbers(
    columns: Sequence[Column], delimiter: str, marks: Sequence[str] = ()
) -> list[list[float]]:
    """The numbers of each column, NaN where a cell holds none; `delimiter` stands between the cells.

    `marks` as in `decide`, one for each column, or none.

    Raises:
        ValueError: a cell that is no number, or numbers that can be read in two ways.
    """
    stripped = [[cell.strip() for cell in cells] for _, cells in columns]
    filled = [[cell for cell in cells if not is_missing(cell)] for cells in stripped]
    possible = [
        Candidates(
            _find_notations(name, cells),
            has_points=any("." in cell for cell in known),
            has_commas=all("," in cell for cell in known),
        )
        for (name, _), cells, known in zip(columns, stripped, filled, strict=True)
    ]
    numbers = []
    for at, notation in enumerate(decide(possible, delimiter, marks)):
        if notation is None:
            cell = next(cell for cell in filled[at] if "," in cell)
            name = columns[at][0][:SHOWN]
            raise ValueError(f"{cell[:SHOWN]!r} in column {name}, which can be read in two ways")
        numbers.append([_value(cell, notation) for cell in stripped[at]])
    return numbers


def _find_notations(name: str, cells: Sequence[str]) -> tuple[Notation, ...]:
    """The notations in which every cell that is filled is a number."""
    filled = [cell for cell in cells if not is_missing(cell)]
    if PLAIN.fits(filled):
        is_grouped = bool(filled) and COMMAS_AND_THOUSANDS.fits(filled)
        return (PLAIN, COMMAS_AND_THOUSANDS) if is_grouped else (PLAIN,)
    found = tuple(one for one in TURNED if one.fits(filled))
    if not found:
        rows = [row for row, cell in enumerate(cells) if not is_missing(cell)]
        odd = [row for row in rows if not is_number(cells[row])]
        # Each may be a number, but in another notation than others.
        first = next(iter(odd or (row for row in rows if not PLAIN.fits([cells[row]]))))
        where = f"row {first + 1}, column {name[:SHOWN]}, where a number belongs"
        raise ValueError(f"{cells[first][:SHOWN]!r} in {where}")
    return found


def _narrow(one: Candidates, mark: str) -> Candidates | None:
    """What a decimal mark leaves of the candidates, if anything; without a point a plain number has no mark."""
    kept = [
        notation
        for notation in one.notations
        if mark in ("", notation.mark) or not (notation.words or one.has_points)
    ]
    return one._replace(notations=kept) if kept else None


def _writes_commas(columns: Sequence[Candidates]) -> bool | None:
    """Whether columns that can be read in one way alone say that commas are decimal; None where they do not agree."""
    said = set()
    for one in columns:
        turned = set(TURNED).intersection(one.notations)
        if one.is_plain:
            if one.has_points and COMMAS_AND_THOUSANDS not in one.notations:
                said.add(False)
        elif turned and not {COMMAS, THOUSANDS} <= turned:
            said.add(turned != {THOUSANDS})
    return said.pop() if len(said) == 1 else None


def _decide(one: Candidates, commas: bool | None, delimiter: str) -> Notation | None:
    """One of several notations that fit equally well; None where nothing decides."""
    notations = one.notations
    if one.is_plain:
        is_grouped = commas and COMMAS_AND_THOUSANDS in notations and one.has_points
        return COMMAS_AND_THOUSANDS if is_grouped else next(n for n in notations if not n.words)
    if {COMMAS, THOUSANDS} <= set(notations):
        # Where semicolons part the cells, commas are decimal; a cell without one would say otherwise.
        if commas or (commas is None and delimiter == ";" and one.has_commas):
            return COMMAS
        return None if commas is None else THOUSANDS
    return next(iter(notations))


def _value(cell: str, notation: Notation) -> float:
    if is_missing(cell):
        return math.nan
    if cell.lower() in WORDS:
        return WORDS[cell.lower()]
    for one in notation.between:
        cell = cell.replace(one, "")
    return float(cell.replace(notation.mark, "."))
