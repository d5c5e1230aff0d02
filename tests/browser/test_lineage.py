"""The picture of a lineage: what is drawn, that boxes keep their distance, and the way by keyboard."""

from typing import Any

import pytest

from edgeline.auditing import page as pages

BOXES = """() => Array.from(document.querySelectorAll("[data-key]"), box => {
    const { x, y, width, height } = box.querySelector(".face").getBoundingClientRect();
    return [box.dataset.key, x, y, width, height];
})"""


def digest_of(entries: list[pages.Entry], kind: str) -> str:
    return next(entry.digest for entry in entries if entry.kind == kind)


def boxes(tab: Any) -> dict[str, tuple[float, ...]]:
    return {key: tuple(place) for key, *place in tab.page.evaluate(BOXES)}


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(
        one[at] < other[at] + other[at + 2] and other[at] < one[at] + one[at + 2] for at in (0, 1)
    )


def test_a_whole_line_is_drawn_from_left_to_right(open_page: Any, make: Any) -> None:
    entries = make.line(3)
    places = boxes(open_page(entries, f"#{digest_of(entries, 'artifact')}"))
    assert len(places) == len(entries) == 11
    for entry in entries:
        for parent in entry.parents:
            assert places[parent][0] + places[parent][2] < places[entry.digest][0]


@pytest.mark.parametrize("rounds", [0, 3, 12])
def test_no_box_covers_another(open_page: Any, make: Any, rounds: int) -> None:
    entries = make.line(rounds)
    places = list(boxes(open_page(entries, f"#{entries[0].digest}")).values())
    for at, one in enumerate(places):
        assert not any(overlap(one, other) for other in places[:at])


def test_twelve_rounds_are_one_box_until_it_is_unfolded(open_page: Any, make: Any) -> None:
    entries = make.line()
    tab = open_page(entries, f"#{digest_of(entries, 'artifact')}")
    assert len(boxes(tab)) == 9
    assert "1 to 12" in tab.page.text_content(".run")
    tab.page.click(".run")
    assert len(boxes(tab)) == 20
    tab.page.get_by_role("button", name="Fold rows").click()
    assert len(boxes(tab)) == 9


def test_the_reader_chooses_the_direction(open_page: Any, make: Any) -> None:
    entries = make.line()
    tab = open_page(entries, f"#{digest_of(entries, 'artifact')}")
    tab.page.get_by_label("Show").select_option("what was made of it")
    assert len(boxes(tab)) == 4
    tab.page.get_by_label("Show").select_option("where it comes from")
    assert len(boxes(tab)) == 6


def test_the_picture_is_walked_by_keyboard(open_page: Any, make: Any) -> None:
    entries = make.line()
    tab = open_page(entries, f"#{digest_of(entries, 'artifact')}")
    keyboard = tab.page.keyboard
    tab.page.focus(".box.current")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowLeft")
    focused = tab.page.evaluate("document.activeElement.querySelector('title').textContent")
    assert focused.startswith(("round 1 to 12", "data digits"))
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    tab.page.wait_for_selector("#chosen h2 >> text=/part|release/")
    assert "current" in tab.page.evaluate("document.activeElement.getAttribute('class')")
    assert len(tab.page.query_selector_all(".box[tabindex='0']")) == 1


def test_of_a_great_family_the_nearest_are_drawn(open_page: Any, make: Any) -> None:
    root = make.entry(
        make.document("data", {"card.json": make.subject("card")}, [], {"recipe": "digits"}), 1
    )
    children = [
        make.entry(
            make.document(
                "artifact", {"m": make.subject(str(at))}, [root.digest], {"recipe": f"a{at}"}
            ),
            2,
        )
        for at in range(300)
    ]
    tab = open_page([root, *children], f"#{root.digest}")
    assert len(boxes(tab)) == 200
    assert "101 more are farther away and not drawn" in tab.page.inner_text(".bar")


def test_a_long_chain_of_statements_is_followed_to_its_beginning(open_page: Any, make: Any) -> None:
    entries = [make.entry(make.document("data", {"card.json": make.subject("card")}, [], {}), 1)]
    for at in range(3_000):
        parents = [entries[-1].digest]
        about = {"number": at + 1}
        entries.append(
            make.entry(make.document("round", {"w": make.subject(str(at))}, parents, about), at + 2)
        )
    tab = open_page(entries, f"#{entries[-1].digest}")
    assert "3,001 of 3,001 are as they were anchored" in tab.verdict
    assert "1 to 2999" in tab.page.text_content(".run")
