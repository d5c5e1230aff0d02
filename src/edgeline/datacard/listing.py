"""Long lists of a page: the first rows stand in it, and its script searches and turns the rest.

A list's rows are embedded as JSON. Each distinct word of a column of few words is stored once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from edgeline.page import Markup, clipped

FIRST = 50
MOST_ROWS, MOST_BYTES = 20_000, 3_000_000


@dataclass(frozen=True)
class Listing:
    """A table of rows, as many as a page can hold."""

    columns: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    """The rows that stand in the page."""
    count: int
    """Of all rows."""
    embedded: int
    """Rows that the page's script has."""
    json: Markup


def list_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Listing:
    json_text, embedded = _embed(rows)
    first = tuple(tuple(row) for row in rows[:FIRST])
    return Listing(tuple(columns), first, len(rows), embedded, json_text)


def _embed(rows: Sequence[Sequence[str]]) -> tuple[Markup, int]:
    """JSON {words, rows} that no browser takes for the end of its element, and how many rows it holds.

    A cell is its text, or the place of its text among the words.
    """
    words = _repeated_words(rows)
    places = {word: at for at, word in enumerate(words)}
    lines: list[str] = []
    size = 0
    for row in rows[:MOST_ROWS]:
        line = _json([places.get(cell, cell) for cell in map(clipped, row)])
        size += len(line) + 1
        if size > MOST_BYTES:
            break
        lines.append(line)
    return Markup(f'{{"words":{_json(words)},"rows":[{",".join(lines)}]}}'), len(lines)


def _repeated_words(rows: Sequence[Sequence[str]]) -> list[str]:
    """The distinct words of the columns that have only a few."""
    columns = [sorted({clipped(cell) for cell in column}) for column in zip(*rows, strict=True)]
    return sorted({word for words in columns if 4 * len(words) < len(rows) for word in words})


def _json(value: object) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
