"""What a reader sees of a page in Chromium, opened from the disk and cut off from every network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.auditing import page as pages
from edgeline.auditing.answers import ANCESTOR, COMPROMISED, REVOKED, Entry, Status
from edgeline.digest import canonical_json, sha256_bytes

WITHDRAWN = Status(REVOKED, "0x" + "b2" * 20, 1_795_530_000, "data withdrawn", "ab" * 32)


def of_kind(exhibits: list[pages.Exhibit], kind: str) -> pages.Exhibit:
    return next(one for one in exhibits if one.entry.kind == kind)


def with_status(exhibit: pages.Exhibit, status: Status) -> pages.Exhibit:
    return replace(exhibit, entry=replace(exhibit.entry, status=status))


def withdrawn(exhibits: list[pages.Exhibit]) -> list[pages.Exhibit]:
    """The same line of models, after its data were revoked; the pretrained network is not of them."""
    below = [
        one if one.entry.kind == "pretrained" else with_status(one, Status(ANCESTOR))
        for one in exhibits[1:]
    ]
    return [with_status(exhibits[0], WITHDRAWN), *below]


def test_the_page_is_found_sound_and_asks_nothing_of_the_network(open_page: Any, make: Any) -> None:
    tab = open_page(make.line())
    assert tab.verdict.endswith("Checked in this browser: 20 of 20 are as they were anchored.")
    assert tab.alarm == ""
    assert [url.partition(":")[0] for url in tab.requests] == ["file"]
    assert tab.complaints == []


def test_equal_data_give_equal_bytes(make: Any) -> None:
    assert pages.render(make.page_of(make.line())) == pages.render(
        make.page_of(list(reversed(make.line())))
    )


def test_the_page_names_chain_contract_and_block(open_page: Any, make: Any) -> None:
    shown = open_page(make.line()).page.inner_text("body")
    for words in ("1337 (local)", f"0x{'c0' * 20}", f"0x{'99' * 32}", "2026-11-24T14:00:00Z"):
        assert words in shown
    assert "20 statements that contract" in shown
    assert "Nothing was revoked" in shown


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("round 12", ["round digits 12"]),
        ("part", ["part digits 1", "part digits 0"]),
        ("d41d8cd98f00", ["data digits"]),
        ("parts/1.onnx", ["part digits 1"]),
        ("0xa1a1 release", ["release digits"]),
        ("model.onnx artifact", ["artifact digits"]),
        ("nothing like it", []),
    ],
)
def test_search_finds_by_words(open_page: Any, make: Any, words: str, titles: list[str]) -> None:
    assert sorted(open_page(make.line()).search(words)) == sorted(titles)


def test_search_finds_by_the_beginning_of_a_digest(open_page: Any, make: Any) -> None:
    exhibits = make.line()
    tab, artifact = open_page(exhibits), of_kind(exhibits, "artifact").entry
    for digest in (artifact.statement, artifact.subject, artifact.transaction):
        assert tab.search(digest[:14]) == ["artifact digits"]
    assert tab.search(artifact.statement[3:20]) == []
    assert tab.page.inner_text("#count") == "0 found"


def test_search_finds_what_no_longer_holds_and_what_does(open_page: Any, make: Any) -> None:
    tab = open_page(withdrawn(make.line()))
    assert tab.search("revoked") == ["data digits"]
    assert tab.search("valid pretrained") == ["pretrained digits"]
    assert len(tab.search("ancestor not valid")) == 18


def test_what_is_revoked_says_by_whom(open_page: Any, make: Any) -> None:
    exhibits = withdrawn(make.line())
    tab = open_page(exhibits)
    assert tab.verdict.endswith("anchored. 19 are revoked, or made from what is.")
    words = tab.choose(exhibits[0].entry.statement).locator(".fate").inner_text()
    assert words.endswith(f"; revoked (data withdrawn), 2026-11-24T14:20:00Z by {WITHDRAWN.by}")
    release = tab.choose(of_kind(exhibits, "release").entry.statement)
    assert release.locator(".fate").inner_text().endswith("; ancestor not valid")


def test_a_compromised_key_shows_since_when(open_page: Any, make: Any) -> None:
    exhibits = make.line()
    last = with_status(exhibits[-1], Status(COMPROMISED, time=1_795_521_600))
    tab = open_page([*exhibits[:-1], last])
    fate = tab.choose(last.entry.statement).locator(".fate").inner_text()
    assert fate.endswith("; compromised, since 2026-11-24T12:00:00Z")


def test_every_statement_has_a_link(open_page: Any, make: Any) -> None:
    exhibits = make.line()
    entry = of_kind(exhibits, "artifact").entry
    for address in (entry.statement[:12], entry.statement, entry.subject):
        tab = open_page(exhibits, f"#{address}")
        shown = tab.page.inner_text("details[open]")
        for words in (entry.statement, entry.subject, entry.anchorer, entry.transaction):
            assert words in shown
        assert f"{entry.block} {entry.block_hash}" in shown
        assert "2026-11-24T12:21:00Z" in shown


def test_what_was_not_checked_here_is_said(open_page: Any, make: Any) -> None:
    entry = make.line()[3].entry
    folded = open_page(make.line()).choose(entry.statement)
    words = folded.locator("[data-check=chain]").inner_text()
    assert words.startswith("? Not checkable here: that the chain holds this record")
    assert f"edgeline verify {entry.statement}" in words


def test_a_statement_without_a_document_gets_no_mark(open_page: Any, make: Any) -> None:
    exhibits = make.line()
    bare = replace(of_kind(exhibits, "artifact"), document=None)
    tab = open_page([bare, *(one for one in exhibits if one.entry != bare.entry)])
    assert "19 of 20 are as they were anchored, 1 without a document to check" in tab.verdict
    digest = bare.entry.statement
    assert (tab.check(digest, "document"), tab.check(digest, "history")) == ("none", "none")
    release = of_kind(exhibits, "release").entry.statement
    assert (tab.check(release, "document"), tab.check(release, "history")) == ("pass", "none")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_every_statement_of_a_tree_is_led_to_its_root(open_page: Any, make: Any, size: int) -> None:
    exhibits = make.tree(make.readings(size), 30)
    tab = open_page(exhibits)
    assert f"{size + 1} of {size + 1} are as they were anchored" in tab.verdict
    digest = exhibits[-1].entry.statement
    assert tab.check(digest, "inclusion") == "pass"
    words = tab.choose(digest).locator("[data-check=inclusion]").inner_text()
    assert f"number {size} of {size} in a tree" in words


def test_a_tree_larger_than_javascript_can_count_is_told_right(open_page: Any, make: Any) -> None:
    size = 2**64 - 1
    root = "11" * 32
    digest = sha256_bytes(b"\2" + size.to_bytes(8) + bytes.fromhex(root))
    exhibit = pages.Exhibit(Entry(digest, "tree", root, name=f"{size} statements"), size=size)
    tab = open_page([exhibit])
    assert tab.check(digest, "tree") == "pass"
    assert f"{size} statements" in tab.page.inner_text("summary")


def test_a_known_file_says_what_it_is_and_what_it_came_from(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "renamed.bin").write_bytes(b"weights of a network")
    page = open_page(make.line()).page
    page.set_input_files("#files", tmp_path / "renamed.bin")
    words = page.inner_text("#answer .results li")
    assert words.startswith(
        "renamed.bin\n\n\u2713 is file 2 of 3 in artifact digits; made from data, "
    )
    assert words.endswith(f"anchored 2026-11-24T12:21:00Z by 0x{'a1' * 20}; valid.")
    made_from = words.partition("made from ")[2].partition(";")[0].split(", ")
    assert sorted(made_from) == ["12 \u00d7 round", "data", "pretrained", "small", "tuned"]


def test_one_changed_byte_makes_a_file_unknown(open_page: Any, make: Any, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights of a Network")
    page = open_page(make.line()).page
    page.set_input_files("#files", tmp_path / "model.onnx")
    words = page.inner_text("#answer .open")
    assert words.startswith("model.onnx is not known.")
    assert sha256_bytes(b"weights of a Network") in words


def test_a_file_of_something_revoked_is_no_good_news(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights of a network")
    page = open_page(withdrawn(make.line())).page
    page.set_input_files("#files", tmp_path / "model.onnx")
    assert page.inner_text("#answer .bad").endswith("; ancestor not valid.")


def test_several_files_are_said_to_be_complete_or_not(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    contents = {"manifest.json": b"m", "model.onnx": b"o"}
    made = make.document(
        "artifact", {name: sha256_bytes(data) for name, data in contents.items()}, [], {}
    )
    page = open_page([make.entry(made, 5)]).page
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / name for name in contents]
    page.set_input_files("#files", paths)
    page.wait_for_selector("#answer .good >> text=All 2 files of")
    paths[1].write_bytes(b"altered")
    page.set_input_files("#files", paths)
    words = page.inner_text("#answer > .bad")
    assert words.startswith("1 of 2 files are missing or altered of artifact")
    assert words.endswith("model.onnx")


def test_a_dropped_folder_is_read_with_the_folders_in_it(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "artifact"
    (folder / "parts").mkdir(parents=True)
    contents = {"manifest.json": b"m", "parts/0.onnx": b"0"}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    subjects = {name: sha256_bytes(data) for name, data in contents.items()}
    page = open_page([make.entry(make.document("artifact", subjects, [], {}), 5)]).page
    session = page.context.new_cdp_session(page)
    dropped = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for what in ("dragEnter", "dragOver", "drop"):
        how = {"type": what, "x": 200, "y": 200, "data": dropped}
        session.send("Input.dispatchDragEvent", how)
    page.wait_for_selector("#answer .good >> text=All 2 files of artifact")
    names = page.locator("#answer .results strong").all_text_contents()
    assert names == ["manifest.json", "parts/0.onnx"]


def test_a_file_that_many_share_names_a_few_of_them(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    shared = {"preprocessing.json": sha256_bytes(b"shared")}
    subjects = [{f"model {at}.onnx": make.subject(str(at)), **shared} for at in range(5)]
    made = [make.document("artifact", names, [], {"recipe": "digits"}) for names in subjects]
    (tmp_path / "preprocessing.json").write_bytes(b"shared")
    page = open_page([make.entry(one, at) for at, one in enumerate(made)]).page
    page.set_input_files("#files", tmp_path / "preprocessing.json")
    words = page.inner_text("#answer .results")
    assert words.count("is file 2 of 2 in artifact digits") == 3
    assert "named by 2 more statements" in words


def test_a_document_and_a_receipt_are_recognised(open_page: Any, make: Any, tmp_path: Path) -> None:
    exhibits = make.line()
    release = of_kind(exhibits, "release")
    (tmp_path / "statement.json").write_bytes(canonical_json(release.document))
    receipt = {"schema": "edgeline.receipt/3", "statement": release.document}
    (tmp_path / "receipt.json").write_bytes(canonical_json(receipt))
    page = open_page(exhibits).page
    page.set_input_files("#files", [tmp_path / "statement.json", tmp_path / "receipt.json"])
    page.wait_for_selector("#answer .results li:nth-child(2)", state="attached")
    words = page.text_content("#answer .results")
    assert "is the document of release digits" in words
    assert "is a receipt of release digits" in words


def test_a_dropped_file_is_hashed_and_not_opened(open_page: Any, make: Any) -> None:
    tab = open_page(make.line())
    tab.page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["weights of a network"], "dropped.onnx"));
            const how = { dataTransfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("dragover", how));
            document.body.dispatchEvent(new DragEvent("drop", how));
        }"""
    )
    tab.page.wait_for_selector("#answer .good >> text=dropped.onnx")
    assert tab.complaints == []
    assert len(tab.requests) == 1


def test_ten_thousand_statements_are_listed_and_checked(open_page: Any, make: Any) -> None:
    tab = open_page([*make.line(), *make.tree(make.readings(9_979), 50)])
    assert "10,000 of 10,000 are as they were anchored" in tab.verdict
    assert tab.page.locator("details").count() == 10_000
    assert tab.search("reading 9978.csv") == ["data meter"]
    assert tab.page.inner_text("#count") == "1 found"
