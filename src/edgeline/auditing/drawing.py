"""Where the statements of a lineage are drawn: a row each, parents first, lines beside them as in `git log --graph`.

Each statement keeps its column until the last of its children is drawn, so that no line meets another
statement; beyond `MOST_COLUMNS`, all share the last column.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edgeline.auditing.answers import Entry

MOST_ROWS, MOST_COLUMNS = 200, 24
ROW, COLUMN, MARGIN = 26, 18, 15
"""In pixels."""

Place = tuple[int, int]


@dataclass(frozen=True)
class Row:
    """One statement of the drawing, with the paths that lead to it from its parents."""

    entry: Entry
    x: int
    y: int
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """The rows from top to bottom, and how much room they need."""

    rows: tuple[Row, ...]
    num_older: int
    """How many statements are left out, since the newest have priority."""
    text_x: int
    """Where the words beside the lines begin."""
    height: int


def draw_lineage(entries: Sequence[Entry]) -> Drawing:
    """The newest of these entries, given parents first, as far as one was made from another."""
    digests = {entry.statement for entry in entries}
    parents = {entry.statement: digests.intersection(entry.parents) for entry in entries}
    related = {child for child, above in parents.items() if above}.union(*parents.values())
    lineage = [entry for entry in entries if entry.statement in related]
    shown = lineage[-MOST_ROWS:]
    last_child = {one: entry.statement for entry in shown for one in parents[entry.statement]}
    columns: list[str] = []
    """Which statement's line runs in each column here; empty where the column is free."""
    places: dict[str, Place] = {}
    """The middle of each mark so far."""
    rows = []
    for number, entry in enumerate(shown):
        key = entry.statement
        columns = ["" if last_child.get(one) == key else one for one in columns]
        column = columns.index("") if "" in columns else len(columns)
        columns[column : column + 1] = [key if key in last_child else ""]
        place = MARGIN + COLUMN * min(column, MOST_COLUMNS), ROW * number + ROW // 2
        above = sorted(parents[key] & places.keys())
        rows.append(Row(entry, *place, tuple(_path(places[one], place) for one in above)))
        places[key] = place
    text_x = max((row.x for row in rows), default=0) + MARGIN
    return Drawing(tuple(rows), len(lineage) - len(shown), text_x, ROW * len(shown))


def _path(parent: Place, child: Place) -> str:
    """Straight down in the parent's column, and over to the child's within the last row."""
    (x, y), (to_x, to_y) = parent, child
    if x == to_x:
        return f"M{x} {y}V{to_y}"
    bend = to_y - ROW
    return f"M{x} {y}V{bend}C{x} {to_y - ROW // 3} {to_x} {bend + ROW // 3} {to_x} {to_y}"
