"""The data card's page in Chromium, made of names that a hostile source chose."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgeline.datacard.gallery import select_suspects
from edgeline.datacard.page import page
from edgeline.datasets import card, load_central, raw
from edgeline.datasets.drift import measure_drift
from edgeline.datasets.duplicates import Duplicate
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare, read_report
from edgeline.datasets.raw import QuarantineItem, Raw
from edgeline.recipe.data import Data
from tests.browser.conftest import PATIENCE_MS

SETTINGS = Data(
    source="digits", image_size=8, validation=24, test=24, central=24, devices=3, max_bad=1
)
HOSTILE = (
    "</script><script>window.hit = 1</script>",
    "\"><img src=x onerror='window.hit = 1'>",
    "<!--<svg/onload=window.hit=1>",
    "first\nsecond\u202egnp.exe",
    "nul\x00in the middle",
    "'; alert(1); ' &lt;b&gt; ${title} \u732b \U0001f408",
)
SEEN = (*HOSTILE[:3], "first[U+000A]second[U+202E]gnp.exe", "nul[U+0000]in the middle", HOSTILE[5])

VALUES = {
    "image": lambda draw: draw.integers(0, 256, (144, 8, 8), dtype=np.uint8),
    "series": lambda draw: draw.normal(size=(144, 9, 6)).astype(np.float32),
    "table": lambda draw: draw.normal(size=(144, 6)).astype(np.float32),
}


def hostile(folder: Path, kind: str) -> str:
    """A page in which the source chose every name: title, classes, columns, items and reasons."""
    ids = np.array([f"{HOSTILE[at % 6]} {at}" for at in range(144)])
    items = Items(VALUES[kind](np.random.default_rng(0)), np.arange(144) % 6, ids, np.full(144, ""))
    bad = tuple(QuarantineItem(f"{HOSTILE[at % 6]} bad {at}", HOSTILE[at % 5]) for at in range(120))
    columns = () if kind == "image" else HOSTILE
    given = Raw(items, np.full(144, ""), HOSTILE, columns)
    raw.write(folder / raw.RAW, given)
    report = prepare(folder, SETTINGS)
    partition(folder, SETTINGS)
    described = card.load(folder)
    report = replace(
        report,
        quarantine=bad,
        duplicates=(Duplicate(HOSTILE[0], "train", HOSTILE[1], "test", "near", "copy", True),),
        suspects=(Suspect(str(ids[0]), "train", HOSTILE[0], HOSTILE[3], "2.3"),),
    )
    source = {"title": HOSTILE[0], "origin": HOSTILE[2], HOSTILE[1]: HOSTILE[3]}
    titled = replace(described, source=source, left_out=dict.fromkeys(HOSTILE[:5], 24))
    shown = select_suspects([items], report.suspects)
    return page(
        titled,
        report,
        load_central(folder),
        shown,
        drift=measure_drift(described, described),
        previous=described,
    )


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., SimpleNamespace]]:
    """Opens a page from the disk, in a tab that can reach no network, with all that it asked for."""
    contexts = []

    def show(content: str, **how: Any) -> SimpleNamespace:
        path = tmp_path / "card.html"
        path.write_text(content, encoding="ascii")
        context = browser.new_context(offline=True, **how)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        tab = SimpleNamespace(page=context.new_page(), requests=[], complaints=[])
        tab.page.on("request", lambda asked: tab.requests.append(asked.url))
        tab.page.on("console", lambda message: tab.complaints.append(message.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("dialog", lambda dialog: tab.complaints.append(dialog.message))
        tab.page.goto(path.as_uri())
        if how.get("java_script_enabled", True):
            tab.page.wait_for_selector("body[data-alive]")
        return tab

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("kind", VALUES)
def test_hostile_names_are_shown_and_never_run(opened: Any, tmp_path: Path, kind: str) -> None:
    tab = opened(hostile(tmp_path, kind))

    assert tab.page.evaluate("window.hit") is None
    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith(("file:", "data:"))] == []
    assert tab.page.inner_text("h1") == SEEN[0]
    text = tab.page.inner_text("main")
    assert [seen for seen in SEEN if seen not in text] == []
    # nothing but what the page itself is made of
    assert tab.page.locator("script").count() == 3
    assert tab.page.locator("img:not(.pixels)").count() == 0


def test_every_picture_is_whole(opened: Any, tmp_path: Path) -> None:
    tab = opened(hostile(tmp_path, "image"))
    widths = tab.page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
    # 24 items at the centre and a suspect
    assert widths == [8] * 25
    assert tab.page.get_attribute("img >> nth=0", "alt").startswith(SEEN[0])


def test_the_quarantine_is_searched_and_turned(opened: Any, tmp_path: Path) -> None:
    tab = opened(hostile(tmp_path, "table"))
    quarantine = tab.page.locator("#quarantine")
    rows = quarantine.locator("tbody tr")

    assert quarantine.locator(".count").inner_text() == "1 to 50 of 120"
    on = quarantine.get_by_role("button", name="On")
    on.click()
    on.click()
    assert rows.last.inner_text().startswith(f"{SEEN[119 % 6]} bad 119")
    assert on.is_disabled()

    quarantine.get_by_label("Search").fill("U+202E BAD 117")
    assert rows.all_inner_texts() == [f"{SEEN[3]} bad 117\t{SEEN[117 % 5]}"]
    assert quarantine.locator(".count").inner_text() == "1 to 1 of 1 found among 120"
    quarantine.get_by_label("Search").fill("no such item")
    assert quarantine.locator(".count").inner_text() == "none found among 120"


def test_ten_thousand_items_are_found_by_name(opened: Any, tmp_path: Path) -> None:
    hostile(tmp_path, "table")
    bad = tuple(QuarantineItem(f"image {at:05}.png", "truncated") for at in range(10_000))
    report = replace(read_report(tmp_path), quarantine=bad)
    items = load_central(tmp_path)
    tab = opened(page(card.load(tmp_path), report, items, items))

    tab.page.locator("#quarantine").get_by_label("Search").fill("09876")
    assert tab.page.locator("#quarantine tbody").inner_text() == "image 09876.png\ttruncated"


def test_the_page_tells_as_much_without_its_script(opened: Any, tmp_path: Path) -> None:
    tab = opened(hostile(tmp_path, "series"), java_script_enabled=False)
    assert tab.page.locator("#quarantine tbody tr").count() == 50
    assert not tab.page.locator("#quarantine input").is_visible()
    assert tab.page.locator("path.lane").count() == 25 * 6


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_narrow_and_dark_screens(
    opened: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 800}
    tab = opened(hostile(tmp_path, "table"), viewport=size, color_scheme=scheme)

    assert tab.page.evaluate("document.documentElement.scrollWidth") == width
    ink = tab.page.evaluate("getComputedStyle(document.body).color")
    assert ink == {"light": "rgb(28, 30, 33)", "dark": "rgb(232, 230, 225)"}[scheme]


def test_on_paper_there_is_nothing_to_press(opened: Any, tmp_path: Path) -> None:
    tab = opened(hostile(tmp_path, "image"), color_scheme="dark")
    tab.page.emulate_media(media="print")
    assert tab.page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert tab.page.locator("input:visible, button:visible").count() == 0
