"""The drawing of a lineage: one static SVG, a row for each statement, no line through another's mark."""

import re
from typing import Any

import pytest

from edgeline.auditing import page as pages
from edgeline.auditing.answers import Entry
from edgeline.auditing.drawing import ROW, Drawing, draw_lineage
from edgeline.auditing.entries import parents_first


def drawing_of(*entries: Entry) -> Drawing:
    return draw_lineage(parents_first({entry.statement: entry for entry in entries}))


def made(name: str, *parents: str, block: int = 0) -> Entry:
    return Entry(name, "data", parents=parents, block=block)


def test_a_child_stands_below_its_parents_in_the_column_that_is_free() -> None:
    drawing = drawing_of(made("c", "a", "b"), made("a"), made("b"), made("d", "c"))
    assert [(row.entry.statement, row.x, row.y) for row in drawing.rows] == [
        ("a", 15, 13),
        ("b", 33, 39),
        ("c", 15, 65),
        ("d", 15, 91),
    ]
    assert [row.paths for row in drawing.rows] == [
        (),
        (),
        ("M15 13V65", "M33 39V39C33 57 15 47 15 65"),
        ("M15 65V91",),
    ]
    assert drawing.height == 4 * ROW


def test_what_was_made_from_nothing_and_has_no_children_is_not_drawn() -> None:
    assert [
        row.entry.statement for row in drawing_of(made("a"), made("b", "a"), made("c")).rows
    ] == [
        "a",
        "b",
    ]
    assert drawing_of(made("a")).rows == ()


def test_of_a_long_history_the_newest_are_drawn() -> None:
    chain = [made("0"), *(made(str(at), str(at - 1), block=at) for at in range(1, 250))]
    drawing = drawing_of(*chain)
    assert (len(drawing.rows), drawing.num_older) == (200, 50)
    assert drawing.rows[0].paths == ()
    assert drawing.rows[-1].entry.statement == "249"


@pytest.mark.parametrize("rounds", [0, 3, 12])
def test_no_line_runs_through_another_statement(make: Any, rounds: int) -> None:
    entries = [one.entry for one in make.line(rounds)]
    drawing = drawing_of(*entries)
    assert len(drawing.rows) == len(entries) == 8 + rounds
    for path in (path for row in drawing.rows for path in row.paths):
        x, top, bottom = map(int, re.match(r"M(\d+) (\d+)V(\d+)", path).groups())
        between = [row for row in drawing.rows if row.x == x and top < row.y < bottom]
        assert between == []


def test_the_drawing_is_static_and_links_to_the_list(open_page: Any, make: Any) -> None:
    exhibits = make.line()
    page = open_page(exhibits).page
    rows = page.locator("svg.lineage a")
    assert rows.count() == 20
    # without the script it is the same
    assert pages.render(make.page_of(exhibits)).count(b"<circle") == 20
    page.locator("svg.lineage a.artifact").click()
    artifact = next(one.entry for one in exhibits if one.entry.kind == "artifact")
    page.wait_for_selector(f"details[open] >> text={artifact.subject}")


def test_a_round_that_was_not_kept_is_drawn_as_such_however_long_its_recipes_name(
    make: Any,
) -> None:
    exhibits = make.line(3)
    data, last = exhibits[0].entry.statement, exhibits[6].entry.statement
    about = {"recipe": "a" * 40, "number": 4, "kept": 0}
    unused = make.document(
        "round", {"checkpoint.safetensors": make.subject("4")}, [data, last], about
    )
    drawn = pages.render(make.page_of([*exhibits, make.entry(unused, 20)])).decode()

    rows = re.findall(r'<a href="#\w+" class="(round[^"]*)">.*?</a>', drawn, re.DOTALL)
    assert rows == ["round", "round", "round", "round unused"]
    assert drawn.split('class="round unused"')[1].split("</a>")[0].count("not kept") == 1
    assert drawn.split("<svg")[1].split("</svg>")[0].count("not kept") == 1


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_the_page_fits_narrow_and_dark_screens(
    open_page: Any, make: Any, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 800}
    tab = open_page(make.line(), viewport=size, color_scheme=scheme)
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width


def test_a_long_chain_of_statements_is_followed_to_its_beginning(open_page: Any, make: Any) -> None:
    exhibits = [make.entry(make.document("data", {"card.json": make.subject("card")}, [], {}), 1)]
    for at in range(3_000):
        parents = [exhibits[-1].entry.statement]
        subjects = {"w": make.subject(str(at))}
        made_of = make.document("round", subjects, parents, {"number": at + 1})
        exhibits.append(make.entry(made_of, at + 2))
    tab = open_page(exhibits)
    assert "3,001 of 3,001 are as they were anchored" in tab.verdict
    assert tab.check(exhibits[-1].entry.statement, "history") == "pass"
    assert "2801 older ones are not drawn" in tab.page.inner_text("body")
