"""Long lists of a page: the first rows stand in it, and its script searches and turns the rest.

A list's rows are embedded as JSON. Each distinct word of a column of few words is stored once.
"""

import json
from collections.abc import Sequence

from edgeline.datacard.markup import Markup, clipped, tag

FIRST = 50
MOST_ROWS, MOST_BYTES = 20_000, 3_000_000


def listing(
    identity: str, columns: Sequence[str], rows: Sequence[Sequence[str]], remainder: str
) -> Markup:
    """A table of rows, as many as a page can hold; `remainder` says where all of them are."""
    if not rows:
        return tag("p", "None.", id=identity)
    held = [[clipped(cell) for cell in row] for row in rows[:FIRST]]
    data, embedded = _embedded(rows)
    cut = f"The first {embedded:,} of {len(rows):,} are in this page; {remainder}"
    return tag(
        "div",
        tag(
            "form",
            tag("label", "Search ", tag("input", type="search", autocomplete="off")),
            class_="search",
            hidden=True,
        ),
        tag("p", _standing(len(rows)), class_="count quiet", role="status"),
        tag(
            "table",
            tag("thead", tag("tr", [tag("th", column, scope="col") for column in columns])),
            tag(
                "tbody", [tag("tr", [tag("td", tag("bdi", cell)) for cell in row]) for row in held]
            ),
        ),
        tag(
            "nav",
            tag("button", "Back", type="button", data_turn=-1),
            tag("button", "On", type="button", data_turn=1),
            aria_label="more rows",
            hidden=True,
        ),
        tag("p", cut, class_="quiet") if embedded < len(rows) else None,
        tag("script", data, type="application/json"),
        class_="listing",
        id=identity,
    )


def _standing(count: int) -> str:
    """As the script says it too."""
    return f"1 to {min(count, FIRST):,} of {count:,}"


def _embedded(rows: Sequence[Sequence[str]]) -> tuple[Markup, int]:
    """JSON {words, rows} that no browser takes for the end of its element, and how many rows it holds.

    A cell is its text, or the place of its text among the words.
    """
    words = _repeated(rows)
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


def _repeated(rows: Sequence[Sequence[str]]) -> list[str]:
    """The distinct words of the columns that have only a few."""
    columns = [sorted({clipped(cell) for cell in column}) for column in zip(*rows, strict=True)]
    return sorted({word for words in columns if 4 * len(words) < len(rows) for word in words})


def _json(value: object) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
