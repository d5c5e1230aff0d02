"""How a column of text writes its numbers, in columns that Arrow holds.

A column is read in the one notation in which most of its cells are numbers. What a notation is, and
which one it is where two fit, `edge.notation` says, since a device must read the same.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeline.edge import notation as rules
from edgeline.edge.notation import COMMAS, COMMAS_AND_THOUSANDS, THOUSANDS, Candidates, Notation

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 1000
"""Cells that are looked at before all of a column are."""

PLAIN = Notation("", rf"[+-]?((\d+\.?\d*|\.\d+){rules.POWER}|(?i:inf(inity)?))", "", ".")
TRUTH = Notation("true as 1, false as 0", "(?i:true|false)", "", ".")
NOTATIONS = (PLAIN, COMMAS, THOUSANDS, COMMAS_AND_THOUSANDS, TRUTH)

DATE = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
DATES = rf"^({DATE}([T ]+{TIME} ?([AaPp][Mm]|Z|[+-]\d{{2}}:?\d{{2}})?)?|{TIME})$"

AMBIGUOUS = "numbers such as 1,234 that can be read in two ways"
DATES_OR_TIMES = "dates or times"
NO_CELLS = "empty cells alone"
TEXT = "text"


def find_notations(
    columns: dict[str, "pa.ChunkedArray"], delimiter: str
) -> tuple[dict[str, Notation], dict[str, str]]:
    """The notation of every column of text that holds numbers, and what is against each of the others."""
    columns = {name: clean(column) for name, column in columns.items()}
    notations, problems = {}, {}
    possible = {}
    for name, column in columns.items():
        if candidates := _candidates(column):
            possible[name] = candidates
        else:
            problems[name] = _describe(column)
    for name, notation in zip(possible, rules.decide([*possible.values()], delimiter), strict=True):
        if notation:
            notations[name] = notation
        else:
            problems[name] = AMBIGUOUS
    return notations, problems


def find_marks(
    columns: Mapping[str, "pa.ChunkedArray"], notations: Mapping[str, Notation]
) -> dict[str, str]:
    """The decimal mark of every column that has a notation, as `edge.notation.decide` takes them; none where
    all numbers are written as computers write them.

    A column without a point or comma has the mark of the others, where they agree.
    """
    if not any(one in rules.TURNED for one in notations.values()):
        return {}
    written = {
        name: notations[name].mark
        for name, column in columns.items()
        if name in notations and _count(clean(column), "[.,]")
    }
    said = set(written.values())
    shared = said.pop() if len(said) == 1 else ""
    return {name: written.get(name, shared) for name in notations}


def clean(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Cells of text without blanks around them; null where a cell has no value."""
    import pyarrow as pa
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(column)
    words = pa.array(sorted(rules.MISSING), pa.string())
    return compute.if_else(compute.is_in(compute.utf8_lower(trimmed), words), None, trimmed)


def parse(
    column: "pa.ChunkedArray", notation: Notation
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N,) numbers, NaN where a cell holds none, and whether it holds something else; of N cells of text."""
    import pyarrow as pa
    from pyarrow import compute

    trimmed = clean(column)
    if notation is PLAIN:
        try:
            return trimmed.cast(pa.float64()).to_numpy(), np.zeros(len(column), dtype=bool)
        except pa.ArrowInvalid:
            pass  # some cells are no numbers: they are told from the others below
    is_number = compute.match_substring_regex(trimmed, _whole(notation))
    text = compute.if_else(is_number, trimmed, None)
    if notation is TRUTH:
        text = compute.if_else(compute.equal(compute.utf8_lower(text), "true"), "1", "0")
    if notation.between:
        text = compute.replace_substring_regex(text, f"[{notation.between}]", "")
    text = compute.replace_substring(text, notation.mark, ".")
    is_text = compute.invert(is_number).fill_null(fill_value=False)
    return text.cast(pa.float64()).to_numpy(), is_text.to_numpy().astype(bool)


def _candidates(column: "pa.ChunkedArray") -> Candidates | None:
    """Those in which most cells are numbers, which must be more than half of those that are filled."""
    if notations := _find_notations(column):
        filled = len(column) - column.null_count
        points, commas = _count(column, r"\."), _count(column, ",")
        return Candidates(notations, points > 0, commas == filled)
    return None


def _find_notations(column: "pa.ChunkedArray") -> tuple[Notation, ...]:
    filled = len(column) - column.null_count
    if filled and _is_plain(column):
        is_grouped = _is_all(column.slice(0, SAMPLE), COMMAS_AND_THOUSANDS) and _is_all(
            column, COMMAS_AND_THOUSANDS
        )
        return (PLAIN, COMMAS_AND_THOUSANDS) if is_grouped else (PLAIN,)
    counts = [_count(column, _whole(notation)) for notation in NOTATIONS]
    most = max(counts)
    if 2 * most <= filled:
        return ()
    return tuple(one for one, count in zip(NOTATIONS, counts, strict=True) if count == most)


def _whole(notation: Notation) -> str:
    return f"^({notation.pattern})$"


def _describe(column: "pa.ChunkedArray") -> str:
    filled = len(column) - column.null_count
    if not filled:
        return NO_CELLS
    return DATES_OR_TIMES if 2 * _count(column, DATES) > filled else TEXT


def _is_plain(column: "pa.ChunkedArray") -> bool:
    """Whether every cell is a number as computers write it, which is quicker to try than to count."""
    import pyarrow as pa

    try:
        column.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _is_all(column: "pa.ChunkedArray", notation: Notation) -> bool:
    return _count(column, _whole(notation)) == len(column) - column.null_count


def _count(column: "pa.ChunkedArray", pattern: str) -> int:
    from pyarrow import compute

    return int(compute.sum(compute.match_substring_regex(column, pattern)).as_py() or 0)
