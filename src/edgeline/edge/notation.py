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
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN")
    + ("N/A", "NA", "NULL", "NaN", "n/a", "nan", "null")
)
"""What Arrow, by which the lab reads, takes for a cell without a value."""

WORDS = {"true": 1.0, "false": 0.0}
SPACES = " '\u2019\u00a0\u2009\u202f"
"""Between thousands, beside the comma or the point: blanks of some widths, and Switzerland's apostrophes."""

POWER, LEAD = r"([eE][+-]?\d{1,4})?", r"[1-9]\d{0,2}"
"""At the end of a number, and before its first thousands."""

SHOWN = 40
"""Characters of a cell or a name that a message tells."""


class Notation(NamedTuple):
    """What a number looks like, what may stand between its thousands, and its decimal mark."""

    pattern: re.Pattern[str]
    between: str
    mark: str

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether every cell is a number."""
        return all(self.pattern.fullmatch(cell) for cell in cells)


def _notation(pattern: str, between: str, mark: str) -> Notation:
    return Notation(re.compile(pattern, re.ASCII), between, mark)


PLAIN = _notation(rf"[+-]?(\d+\.?\d*|\.\d+){POWER}|(?i:true|false)", "", ".")
COMMAS = _notation(rf"[+-]?(\d+,?\d*|,\d+){POWER}", "", ",")
THOUSANDS = _notation(
    rf"[+-]?(0|{LEAD}(,\d{{3}})*|{LEAD}([{SPACES}]\d{{3}})*)(\.\d+)?", f",{SPACES}", "."
)
COMMAS_AND_THOUSANDS = _notation(
    rf"[+-]?(0|{LEAD}(\.\d{{3}})*|{LEAD}([{SPACES}]\d{{3}})*)(,\d+)?", f".{SPACES}", ","
)
TURNED = (COMMAS, THOUSANDS, COMMAS_AND_THOUSANDS)


def is_number(cell: str) -> bool:
    """Whether a cell is a number in some notation."""
    return any(one.fits([cell.strip()]) for one in (PLAIN, *TURNED))


def read_numbers(columns: Sequence[Column], delimiter: str) -> list[list[float]]:
    """The numbers of each column, NaN where a cell holds none; `delimiter` stands between the cells.

    Raises:
        ValueError: a cell that is no number, or numbers that can be read in two ways.
    """
    stripped = [[cell.strip() for cell in cells] for _, cells in columns]
    filled = [[cell for cell in cells if cell not in MISSING] for cells in stripped]
    possible = [
        _find_candidates(name, cells) for (name, _), cells in zip(columns, stripped, strict=True)
    ]
    commas = _writes_commas(possible, filled)
    numbers = []
    for at, (name, _) in enumerate(columns):
        notation = _decide(possible[at], filled[at], commas, delimiter)
        if notation is None:
            cell = next(cell for cell in filled[at] if "," in cell)
            raise ValueError(
                f"{cell[:SHOWN]!r} in column {name[:SHOWN]}, which can be read in two ways"
            )
        numbers.append([_value(cell, notation) for cell in stripped[at]])
    return numbers


def _find_candidates(name: str, cells: Sequence[str]) -> tuple[Notation, ...]:
    """The notations in which every cell that is filled is a number."""
    filled = [cell for cell in cells if cell not in MISSING]
    if PLAIN.fits(filled):
        is_grouped = bool(filled) and COMMAS_AND_THOUSANDS.fits(filled)
        return (PLAIN, COMMAS_AND_THOUSANDS) if is_grouped else (PLAIN,)
    found = tuple(one for one in TURNED if one.fits(filled))
    if not found:
        rows = [row for row, cell in enumerate(cells) if cell not in MISSING]
        odd = [row for row in rows if not is_number(cells[row])]
        # Each may be a number, but in another notation than others.
        first = next(iter(odd or (row for row in rows if not PLAIN.fits([cells[row]]))))
        where = f"row {first + 1}, column {name[:SHOWN]}, where a number belongs"
        raise ValueError(f"{cells[first][:SHOWN]!r} in {where}")
    return found


def _writes_commas(
    possible: Sequence[tuple[Notation, ...]], columns: Sequence[Sequence[str]]
) -> bool | None:
    """Whether columns that can be read in one way alone say that commas are decimal; None where they do not agree."""
    said = set()
    for candidates, cells in zip(possible, columns, strict=True):
        if PLAIN in candidates:
            if COMMAS_AND_THOUSANDS not in candidates and any("." in cell for cell in cells):
                said.add(False)
        elif not {COMMAS, THOUSANDS} <= set(candidates):
            said.add(not {COMMAS, COMMAS_AND_THOUSANDS}.isdisjoint(candidates))
    return said.pop() if len(said) == 1 else None


def _decide(
    candidates: Collection[Notation], cells: Sequence[str], commas: bool | None, delimiter: str
) -> Notation | None:
    """One of several notations that fit equally well; None where nothing decides."""
    if PLAIN in candidates:
        has_points = any("." in cell for cell in cells)
        is_grouped = commas and COMMAS_AND_THOUSANDS in candidates and has_points
        return COMMAS_AND_THOUSANDS if is_grouped else PLAIN
    if {COMMAS, THOUSANDS} <= set(candidates):
        # Where semicolons part the cells, commas are decimal; a cell without one would say otherwise.
        has_commas = all("," in cell for cell in cells)
        if commas or (commas is None and delimiter == ";" and has_commas):
            return COMMAS
        return None if commas is None else THOUSANDS
    return next(iter(candidates))


def _value(cell: str, notation: Notation) -> float:
    if cell in MISSING:
        return math.nan
    if cell.lower() in WORDS:
        return WORDS[cell.lower()]
    for one in notation.between:
        cell = cell.replace(one, "")
    return float(cell.replace(notation.mark, "."))
