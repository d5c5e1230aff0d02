"""What a reader sees of a page in Chromium, opened from the disk and cut off from every network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.auditing import page as pages
from edgeline.auditing.answers import COMPROMISED, REVOKED, Status
from edgeline.digest import canonical_json, sha256_bytes

WITHDRAWN = Status(REVOKED, "0x" + "b2" * 20, 1_795_530_000, "data withdrawn", "ab" * 32)


def of_kind(entries: list[pages.Entry], kind: str) -> pages.Entry:
    return next(entry for entry in entries if entry.kind == kind)


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


def test_the_overview_names_chain_contract_and_block(open_page: Any, make: Any) -> None:
    shown = open_page(make.line()).page.inner_text("body")
    for words in ("1337 (local)", f"0x{'c0' * 20}", f"0x{'99' * 32}", "2026-11-24 14:00:00 UTC"):
        assert words in shown
    assert "20 statements that contract" in shown


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("round 12", ["digits round 12"]),
        ("part", ["digits part 1 of 2", "digits part 0 of 2"]),
        ("d41d8cd98f00", ["digits d41d8cd98f00"]),
        ("parts/1.onnx", ["digits part 1 of 2"]),
        ("0xa1a1 release", ["digits"]),
        ("model.onnx artifact", ["digits"]),
        ("nothing like it", []),
    ],
)
def test_search_finds_by_words(open_page: Any, make: Any, words: str, found: list[str]) -> None:
    assert open_page(make.line()).search(words) == found


def test_search_finds_by_the_beginning_of_a_digest(open_page: Any, make: Any) -> None:
    entries = make.line()
    tab, artifact = open_page(entries), of_kind(entries, "artifact")
    for digest in (artifact.digest, artifact.subject, artifact.record.transaction):
        assert tab.search(digest[:14]) == ["digits"]
    assert tab.search(artifact.digest[3:20]) == []


def test_filters_and_order_say_what_is_listed(open_page: Any, make: Any) -> None:
    entries = make.line()
    entries[0] = replace(entries[0], status=WITHDRAWN)
    page = open_page(entries).page
    page.get_by_label("Status").select_option("ancestor not valid")
    assert page.inner_text("#count") == "18 found"
    page.get_by_label("Kind").select_option("part")
    page.get_by_label("Order").select_option("oldest")
    names = page.locator("#rows .title").all_inner_texts()
    assert names == ["digits part 0 of 2", "digits part 1 of 2"]


def test_what_is_revoked_says_by_whom_and_taints_what_was_made_of_it(
    open_page: Any, make: Any
) -> None:
    entries = make.line()
    entries[0] = replace(entries[0], status=WITHDRAWN)
    tab = open_page(entries, f"#{entries[0].digest}")
    assert tab.page.inner_text("#chosen .title .standing") == (
        f"revoked (data withdrawn), 2026-11-24 14:20 UTC by {WITHDRAWN.by}"
    )
    tab.choose(of_kind(entries, "release").digest)
    assert tab.page.inner_text("#chosen .title .standing") == (
        "ancestor not valid: data digits d41d8cd98f00 is revoked"
    )


def test_a_compromised_key_shows_since_when(open_page: Any, make: Any) -> None:
    entries = make.line()
    last = replace(entries[-1], status=Status(COMPROMISED, time=1_795_521_600))
    tab = open_page([*entries[:-1], last], f"#{last.digest}")
    standing = tab.page.inner_text("#chosen .title .standing")
    assert standing == "key compromised, since 2026-11-24 12:00 UTC"


def test_every_statement_has_a_link(open_page: Any, make: Any) -> None:
    entries = make.line()
    artifact = of_kind(entries, "artifact")
    shown = open_page(entries, f"#{artifact.digest[:12]}").page.inner_text("#chosen")
    record = artifact.record
    for words in (artifact.digest, artifact.subject, record.anchorer, record.transaction):
        assert words in shown
    assert f"{record.block} {record.block_hash}" in shown
    assert "2026-11-24 12:21:00 UTC" in shown


def test_what_was_not_checked_here_is_said_with_the_block_to_compare(
    open_page: Any, make: Any
) -> None:
    entries = make.line()
    words = open_page(entries, f"#{entries[3].digest}").page.inner_text("[data-check=chain]")
    assert words.startswith("?\nNot checkable here: that chain 1337 holds this record")
    assert entries[3].record.block_hash in words


def test_a_statement_without_a_document_gets_no_mark(open_page: Any, make: Any) -> None:
    entries = make.line()
    bare = replace(of_kind(entries, "artifact"), document=None)
    tab = open_page([bare, *(one for one in entries if one.digest != bare.digest)])
    assert "19 of 20 are as they were anchored, 1 without a document to check" in tab.verdict
    tab.choose(bare.digest)
    assert (tab.check("document"), tab.check("history")) == ("none", "none")
    tab.choose(of_kind(entries, "release").digest)
    assert (tab.check("document"), tab.check("history")) == ("pass", "none")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_every_statement_of_a_tree_is_led_to_its_root(open_page: Any, make: Any, size: int) -> None:
    entries = make.tree(make.readings(size), 30)
    tab = open_page(entries)
    assert f"{size + 1} of {size + 1} are as they were anchored" in tab.verdict
    tab.choose(entries[-1].digest)
    assert tab.check("inclusion") == "pass"
    words = tab.page.inner_text("[data-check=inclusion]")
    assert f"number {size} of {size} in a tree" in words


def test_a_tree_larger_than_javascript_can_count_is_told_right(open_page: Any, make: Any) -> None:
    size = 2**64 - 1
    root = "11" * 32
    digest = sha256_bytes(b"\2" + size.to_bytes(8) + bytes.fromhex(root))
    entry = pages.Entry(digest, "tree", "", make.record(7), tree=pages.Whole(root, size))
    tab = open_page([entry], f"#{digest}")
    assert tab.check("tree") == "pass"
    assert "18,446,744,073,709,551,615 statements" in tab.page.inner_text("#chosen")


def test_a_known_file_says_what_it_is_and_what_it_came_from(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "renamed.bin").write_bytes(b"weights of a network")
    page = open_page(make.line()).page
    page.set_input_files("#files", tmp_path / "renamed.bin")
    assert page.inner_text("#found .results li") == (
        "renamed.bin\n\n\u2713 is file 2 of 3 in artifact digits; made from data, pretrained, tuned, small,"
        f" 12 \u00d7 round; anchored 2026-11-24 12:21 UTC by 0x{'a1' * 20}; valid."
    )


def test_one_changed_byte_makes_a_file_unknown(open_page: Any, make: Any, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights of a Network")
    page = open_page(make.line()).page
    page.set_input_files("#files", tmp_path / "model.onnx")
    words = page.inner_text("#found .unknown")
    assert words.startswith("model.onnx is not known.")
    assert sha256_bytes(b"weights of a Network") in words


def test_a_file_of_something_revoked_is_no_good_news(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    entries = make.line()
    entries[0] = replace(entries[0], status=WITHDRAWN)
    (tmp_path / "model.onnx").write_bytes(b"weights of a network")
    page = open_page(entries).page
    page.set_input_files("#files", tmp_path / "model.onnx")
    assert "ancestor not valid: data digits d41d8cd98f00 is revoked" in page.inner_text(
        "#found .bad"
    )


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
    page.wait_for_selector("#found .good >> text=All 2 files of")
    paths[1].write_bytes(b"altered")
    page.set_input_files("#files", paths)
    words = page.inner_text("#found > .bad")
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
    page.wait_for_selector("#found .good >> text=All 2 files of artifact")
    names = page.locator("#found .results strong").all_text_contents()
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
    words = page.inner_text("#found .results")
    assert words.count("is file 2 of 2 in artifact digits") == 3
    assert "named by 2 more statements" in words


def test_a_document_and_a_receipt_are_recognised(open_page: Any, make: Any, tmp_path: Path) -> None:
    entries = make.line()
    release = of_kind(entries, "release")
    (tmp_path / "statement.json").write_bytes(canonical_json(release.document))
    receipt = {"schema": "edgeline.receipt/2", "statement": release.document}
    (tmp_path / "receipt.json").write_bytes(canonical_json(receipt))
    page = open_page(entries).page
    page.set_input_files("#files", [tmp_path / "statement.json", tmp_path / "receipt.json"])
    page.wait_for_selector("#found .results li:nth-child(2)", state="attached")
    words = page.text_content("#found .results")
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
    tab.page.wait_for_selector("#found .good >> text=dropped.onnx")
    assert tab.complaints == []
    assert len(tab.requests) == 1


def test_ten_thousand_statements_are_listed_and_checked(open_page: Any, make: Any) -> None:
    entries = [*make.line(), *make.tree(make.readings(9_979), 50)]
    tab = open_page(entries)
    assert "10,000 of 10,000 are as they were anchored" in tab.verdict
    assert tab.page.inner_text("#count") == "1 to 50 of 10,000 found"
    assert tab.page.locator("#rows li").count() == 50
    tab.page.get_by_role("button", name="To the end").click()
    assert tab.page.inner_text("#count") == "9,951 to 10,000 of 10,000 found"
    assert tab.search("reading 9978.csv") == ["meter"]
