"""The data card as a page: what stands in it, and that names from a source stay names."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from edgeline.datacard.class_tables import describe_devices
from edgeline.datacard.gallery import select_suspects
from edgeline.datacard.markdown import markdown
from edgeline.datacard.page import fitting, page
from edgeline.datacard.thumbnails import draw_image, draw_series, ranges
from edgeline.datasets import card, load_central, raw
from edgeline.datasets.drift import DriftReport, Shift
from edgeline.datasets.duplicates import Duplicate
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare
from edgeline.datasets.raw import ColumnNote, QuarantineItem, Raw
from edgeline.recipe.data import Data

SETTINGS = Data(
    source="digits", image_size=8, validation=20, test=20, central=20, devices=3, max_bad=1
)
VALUES = {
    "image": lambda draw: draw.integers(0, 256, (120, 8, 8), dtype=np.uint8),
    "series": lambda draw: draw.normal(size=(120, 9, 2)).astype(np.float32),
    "table": lambda draw: draw.normal(size=(120, 3)).astype(np.float32),
}
COLUMNS = {"image": (), "series": ("left", "right"), "table": ("width", "height", "<b>depth</b>")}


class Text(HTMLParser):
    """What a reader sees of a page: text outside of style and script."""

    def __init__(self, content):
        super().__init__()
        self.words, self.open = [], []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        self.open = [each for each in self.open if each != tag]

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data.strip())


@pytest.fixture
def made(tmp_path):
    """Card, report and central share of 120 items of a kind in two classes."""

    def make(kind="image", classes=("cat", "dog"), quarantine=(), notes=()):
        values = VALUES[kind](np.random.default_rng(0))
        ids = np.array([f"item {at}" for at in range(120)])
        items = Items(values, np.arange(120) % 2, ids, np.full(120, ""))
        source = Raw(items, np.full(120, ""), classes, COLUMNS[kind], tuple(quarantine), notes)
        raw.write(tmp_path / raw.RAW, source)
        report = prepare(tmp_path, SETTINGS)
        partition(tmp_path, SETTINGS)
        return card.load(tmp_path), report, load_central(tmp_path)

    return make


def words_of(made, **others):
    described, report, items = made
    return Text(page(described, report, items, items, **others)).words


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_of_item_has_its_page(kind, made):
    described, report, items = made(kind)
    content = page(described, report, items, items)
    words = Text(content).words

    assert content.isascii()
    assert described.digest in words
    assert {"cat", "dog", "all devices", "centre", "00", "01", "02"} <= set(words)
    assert {"image": "<img", "series": 'class="lane k0"', "table": 'class="rows"'}[kind] in content
    assert set(described.form.preprocessing.columns) <= set(words) or kind == "series"


def test_columns_that_were_turned_or_left_out_stand_in_every_form_of_the_card(made):
    notes = (
        ColumnNote("<i>when", raw.LEFT_OUT, "time stamps"),
        ColumnNote("depth", raw.TURNED, "commas"),
    )
    described, report, _ = given = made("table", notes=notes)
    words = words_of(given)

    assert described.column_notes == report.column_notes == notes
    row = [word for word in words[words.index("<i>when") + 1 :] if word]
    assert row[:3] == ["left out", ":", "time stamps"]
    assert "- columns: <i>when left out: time stamps; depth turned: commas" in markdown(
        described, None
    )


def test_where_there_are_none_the_card_is_as_it_was(made, tmp_path):
    given = made("table")

    assert "column_notes" not in (tmp_path / card.CARD).read_text("utf-8")
    assert "column_notes" not in (tmp_path / "prepared" / "report.json").read_text("utf-8")
    assert "Columns turned, incomplete or left out" not in words_of(given)
    assert "- columns" not in markdown(given[0], None)


def test_equal_arguments_give_equal_pages(made):
    described, report, items = made()
    assert page(described, report, items, items) == page(described, report, items, items)


def test_the_page_loads_nothing(made):
    described, report, items = made()
    content = page(described, report, items, items)

    assert set(re.findall(r'(?:src|href)="([^",]*)', content)) == {"data:image/png;base64"}
    assert "default-src 'none'" in content


def test_counts_stand_in_the_page_with_what_changed(made):
    described, report, items = made()
    before = replace(described, digest="0" * 64, central=(12, 8))
    words = words_of((described, report, items), previous=before)

    row = words[words.index("cat") :]
    # 120 of two classes: 40 in train, of which 10 at the centre
    assert [word for word in row if word][:7] == ["cat", "40", "10", "10", "10", "-2", "30"]
    assert "0" * 64 in words


def test_a_name_is_never_markup(made):
    hostile = "</script><b onclick='x'>\"&\u202eabc\x00\ud800\n"
    described, report, items = made()
    source = {"title": hostile, hostile: hostile}
    content = page(replace(described, source=source), report, items, items)

    escaped = (
        "&lt;/script&gt;&lt;b onclick=&#39;x&#39;&gt;&#34;&amp;[U+202E]abc[U+0000][U+D800][U+000A]"
    )
    assert f"<h1><bdi>{escaped}</bdi></h1>" in content
    assert f"<dt>{escaped}</dt><dd><bdi>{escaped}</bdi></dd>" in content
    assert "onclick='x'" not in content


def test_ten_thousand_quarantined_items_make_a_small_page(made):
    bad = [
        QuarantineItem(f"folder/of/images/number {at:05}.png", "truncated") for at in range(10_000)
    ]
    described, report, items = made(quarantine=bad)
    content = page(described, report, items, items)

    data = re.search(r'id="quarantine".*?application/json">(.*?)</script>', content, re.S)
    rows = json.loads(data[1])
    assert rows == [[one.id, "truncated"] for one in report.quarantine]
    assert len(content) < 1_000_000
    assert "1 to 50 of 10,000" in Text(content).words


def test_longer_lists_say_where_the_rest_is(made):
    bad = tuple(QuarantineItem(str(at), "truncated") for at in range(20_001))
    described, report, items = made()
    words = words_of((described, replace(report, quarantine=bad), items))
    assert (
        "The first 20,000 of 20,001 are in this page; all of them are in prepared/report.json."
        in words
    )


def test_endless_names_do_not_make_an_endless_page():
    rows = [(str(at) + "\u732b" * 300, "odd") for at in range(20_000)]
    assert len(json.dumps(fitting(rows))) < 3_100_000


def test_copies_across_sets_come_first_with_both_names(made):
    described, report, items = made()
    within = Duplicate("a", "train", "b", "train", "exact", "duplicate", True)
    across = Duplicate("c", "train", "d", "test", "near", "near duplicate across sets", True)
    words = words_of((described, replace(report, duplicates=(within, across)), items))

    order = [word for word in words if word in ("a", "b", "c", "d")]
    assert order == ["c", "d", "a", "b"]


@pytest.mark.parametrize("kind", VALUES)
def test_suspects_are_shown_even_without_their_item(kind, made):
    described, report, items = made(kind)
    known = Suspect(str(items.ids[0]), "train", "cat", "dog", "2.3")
    words = words_of(
        (described, replace(report, suspects=(known, replace(known, id="lost"))), items)
    )
    assert {str(items.ids[0]), "lost"} <= set(words)


def test_suspects_are_selected_from_all_sets(made):
    _, _, items = made()
    first, second = items.take(np.arange(5)), items.take(np.arange(5, 9))
    ids = items.ids[[7, 1]].tolist()
    selected = select_suspects(
        [first, second], [Suspect(one, "train", "cat", "dog", "2.3") for one in ids]
    )
    assert selected.ids.tolist() == ids[::-1]
    assert (selected.values == items.values[[1, 7]]).all()


def test_alarms_are_told_before_what_is_calm(made):
    described, report, items = made("table")
    width = Shift("width", 0.4, 0.0001, alarm=True)
    height = Shift("height", 0.05, 0.9, alarm=False)
    report_of_drift = DriftReport(
        "0" * 64, "1" * 64, Shift("labels", 0.01, 1.0, False), (width, height), (), ()
    )
    words = words_of((described, report, items), drift=report_of_drift, previous=described)

    assert "1 of 3 comparisons are alarms." in words
    assert words.index("width") < words.index("What has not moved") < words.index("height")


def test_of_many_devices_the_farthest_are_shown(made):
    described, report, items = made()
    many = replace(
        described,
        devices=tuple((at + 1, 150 - at) for at in range(150)),
        distances=tuple(f"{abs(at - 75) / 151:.4f}" for at in range(150)),
    )
    names = {name for name, *_ in describe_devices(many)}

    assert len(names) == 2 + 100
    assert {"00", "149"} <= names
    assert "75" not in names
    assert "The 100 farthest are shown." in words_of((many, report, items))


def test_a_class_that_a_device_lacks_has_no_bar(made):
    described, _, _ = made()
    uneven = replace(described, devices=((3, 1), (0, 4)), distances=("0", "0"))
    bars = [
        re.findall(r'x="(.*?)%" width="(.*?)%"', mix) for _, _, mix, _ in describe_devices(uneven)
    ]

    assert bars[-2:] == [[("0.00", "75.00"), ("75.00", "25.00")], [("0.00", "100.00")]]


def test_large_images_become_thumbnails():
    thumbnail = draw_image(np.zeros((300, 600, 3), np.uint8), "wide")
    assert 'alt="wide" width="96" height="48"' in thumbnail


def test_a_series_is_drawn_from_where_it_is_known():
    series = np.array([[np.nan], [0.0], [1.0]], np.float32)
    # the lane is 13 pixels high within a margin of 1, and 146 wide
    drawn = draw_series(series, np.array([[0.0], [1.0]]), "short")
    assert '<path d="M74.0 14.0L147.0 1.0" class="lane k0">' in drawn


def test_a_long_series_keeps_its_extremes():
    series = np.zeros((10_000, 1))
    series[4321] = 1
    (path,) = re.findall('d="(.*?)"', draw_series(series, np.array([[0.0], [1.0]]), "long"))
    assert path.count("L") < 90
    assert " 1.0L" in path


def test_a_channel_that_was_never_known_is_left_empty():
    series = np.full((2, 3, 2), np.nan)
    series[..., 0] = 5
    assert ranges(series).tolist() == [[5, 0], [5, 0]]
    drawn = draw_series(series[0], ranges(series), "half")
    assert re.findall('class="lane (.*?)"', drawn) == ["k0"]


@pytest.mark.parametrize("kind", VALUES)
def test_a_page_without_samples_is_whole(kind, made):
    described, report, items = made(kind)
    nothing = items.take(np.arange(0))
    assert described.digest in Text(page(described, report, nothing, nothing)).words
