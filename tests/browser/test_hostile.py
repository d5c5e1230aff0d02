"""Names that would break out of a page, and pages that were altered after they were made."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.auditing import page as pages
from edgeline.page import visible

NAMES = {
    "end of the element": "</script><script>document.title='broken'</script>",
    "start of a comment": "<!--<script>",
    "markup": "<img src=x onerror=\"document.title='broken'\"><b>bold</b>",
    "quotes": "\"'`&quot;&#39; onload=alert(1) x='",
    "template": "${document.title='broken'} {{7*7}} $title $script %s",
    "emoji": "\N{FAMILY} \N{OK HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} modèle",
    "line separators": "a\u2028b\u2029c",
    "prototype": "__proto__",
    "address": "javascript:document.title='broken'",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_only_ever_text(open_page: Any, make: Any, name: str) -> None:
    made = make.entry(
        make.document(name, {name: make.subject("x")}, [], {"recipe": name, "__proto__": name}), 5
    )
    tab = open_page([made])
    assert "1 of 1 are as they were anchored" in tab.verdict
    assert tab.page.title() != "broken"
    shown = name.replace("\u2028", "[U+2028]").replace("\u2029", "[U+2029]")
    assert tab.page.locator("summary bdi").nth(1).text_content() == shown
    terms = tab.choose(made.entry.statement).locator("dt").all_text_contents()
    assert shown in terms
    assert tab.page.locator("img, b b, script").count() == 2
    assert tab.complaints == []


def test_marks_that_turn_the_direction_are_shown(open_page: Any, make: Any) -> None:
    made = make.entry(
        make.document("data", {"x": make.subject("x")}, [], {"recipe": "safe\u202egnp.exe"}), 5
    )
    assert open_page([made]).listed() == ["data safe[U+202E]gnp.exe"]


def test_the_name_of_a_file_shows_what_nobody_would_see(
    open_page: Any, make: Any, tmp_path: Path
) -> None:
    hidden = tmp_path / "a\u200b\ufff9\U000e0041.txt"
    hidden.write_text("x")
    page = open_page(make.line()).page
    page.set_input_files("#files", hidden)
    words = page.inner_text("#answer .open")
    assert words.startswith(f"{visible(hidden.name)} is not known.")
    assert visible(hidden.name) == "a[U+200B][U+FFF9][U+E0041].txt"


def test_a_name_of_ten_thousand_characters_does_not_push_the_page_apart(
    open_page: Any, make: Any
) -> None:
    long = "x" * 10_000
    made = make.entry(make.document("artifact", {long: make.subject("x")}, [], {"recipe": long}), 5)
    tab = open_page([made], viewport={"width": 400, "height": 800})
    shown = tab.choose(made.entry.statement)
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 400
    assert long in shown.locator("dt").all_text_contents()


def test_the_policy_lets_no_other_script_run(open_page: Any, make: Any) -> None:
    tab = open_page(make.line())
    refused = tab.page.evaluate(
        """async () => {
            const refused = [];
            document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
            const script = document.createElement("script");
            try { script.text = "document.title = 'broken'"; } catch { refused.push("trusted types"); }
            document.body.append(script);
            const image = new Image();
            image.src = "https://example.org/x.png";
            await fetch("https://example.org/").catch(() => {});
            await new Promise((resume) => setTimeout(resume, 50));
            return refused;
        }"""
    )
    assert {"trusted types", "img-src", "connect-src"} <= set(refused)
    assert tab.page.title() != "broken"


def test_a_forged_document_turns_red_with_all_that_was_made_of_it(
    open_file: Any, make: Any
) -> None:
    exhibits = make.line()
    small = next(one.entry.statement for one in exhibits if one.entry.kind == "small")

    def forge(data: Any) -> None:
        forged = next(one for one in data["entries"] if one["digest"] == small)
        forged["document"] = forged["document"].replace('"digits"', '"Digits"')

    tab = open_file(make.altered(pages.render(make.page_of(exhibits)), forge))
    assert tab.check(small, "document") == "fail"
    # the small network itself, 12 rounds, the artifact, its two parts and the release
    assert "17 failed" in tab.verdict
    assert "altered after it was made" in tab.alarm
    tab.page.get_by_role("button", name="Show the 17").click()
    assert len(tab.listed()) == 17
    assert tab.check(exhibits[0].entry.statement, "document") == "pass"
    release = exhibits[-1].entry.statement
    assert (tab.check(release, "document"), tab.check(release, "history")) == ("pass", "fail")


def test_a_forged_kind_disagrees_with_the_document(open_file: Any, make: Any) -> None:
    exhibits = make.line()
    digest = exhibits[0].entry.statement

    def forge(data: Any) -> None:
        next(one for one in data["entries"] if one["digest"] == digest)["kind"] = "release"

    tab = open_file(make.altered(pages.render(make.page_of(exhibits)), forge))
    words = tab.choose(digest).locator("[data-check=record]").inner_text()
    assert words.endswith("document and chain disagree about: kind")


@pytest.mark.parametrize("part", ["order", "another", "one more", "one less", "missing"])
def test_a_forged_place_in_a_tree_turns_red(open_file: Any, make: Any, part: str) -> None:
    exhibits = make.tree(make.readings(11), 30)
    digest = exhibits[4].entry.statement

    def forge(data: Any) -> None:
        members = next(one for one in data["entries"] if one["kind"] == "tree")["members"]
        match part:
            case "order":
                members.reverse()
            case "another":
                members[7] = "0" * 64
            case "one more":
                members.append("0" * 64)
            case "one less":
                members.remove(digest)
            case "missing":
                data["entries"] = [one for one in data["entries"] if one["kind"] != "tree"]

    tab = open_file(make.altered(pages.render(make.page_of(exhibits)), forge))
    assert (tab.check(digest, "document"), tab.check(digest, "inclusion")) == ("pass", "fail")


def test_a_statement_put_under_another_tree_turns_red(open_file: Any, make: Any) -> None:
    trees = [make.tree(make.readings(size), 30 + size) for size in (3, 11)]
    exhibits = [trees[0][0], *trees[1]]
    digest = exhibits[-1].entry.statement

    def forge(data: Any) -> None:
        entry = next(one for one in data["entries"] if one["digest"] == digest)
        entry["tree"] = exhibits[0].entry.statement

    tab = open_file(make.altered(pages.render(make.page_of(exhibits)), forge))
    assert tab.check(digest, "inclusion") == "fail"


def test_the_words_know_when_they_are_not_those_of_the_page(open_file: Any, make: Any) -> None:
    content = pages.render(make.page_of(make.line()))
    later = content.replace(b"2026-11-24T12:21:00Z", b"2026-11-23T12:21:00Z", 1)
    assert later != content
    assert "it does not say what it was made to say" in open_file(later).alarm


def test_no_byte_of_a_statement_can_be_changed_unseen(open_file: Any, make: Any) -> None:
    """Twenty bytes in each run of the tests, drawn by its seed."""
    content = pages.render(make.page_of(make.line(1)))
    first, last = content.index(b'"document"'), content.rindex(b"predicateType")
    tab = open_file(content)
    assert tab.alarm == ""
    for place in random.sample(range(first, last), 20):
        changed = bytearray(content)
        changed[place] ^= 1 << random.randrange(7)
        tab.show(bytes(changed))
        assert "altered" in tab.alarm or "damaged" in tab.alarm, (place, changed[place])


def test_an_altered_script_does_not_run_and_the_page_says_so(
    browser: Any, make: Any, tmp_path: Any
) -> None:
    content = pages.render(make.page_of(make.line()))
    forged = content.replace(b'"failed its check"]', b'"checked here, too"]')
    assert forged != content
    path = tmp_path / "page.html"
    path.write_bytes(forged)
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto(path.as_uri())
    assert "Nothing on this page has been checked" in tab.inner_text("body")
    assert not tab.is_visible("#files")
    context.close()


def test_a_circle_of_parents_is_refused(open_file: Any, make: Any) -> None:
    exhibits = make.line(1)

    def forge(data: Any) -> None:
        first, last = data["entries"][0], data["entries"][-1]
        child = f'"parents":["{last["digest"]}"]'
        first["document"] = first["document"].replace('"parents":[]', child)

    tab = open_file(make.altered(pages.render(make.page_of(exhibits)), forge))
    first = min(exhibits, key=lambda one: one.entry.block).entry.statement
    assert tab.check(first, "history") == "fail"
    assert "failed" in tab.verdict


def test_the_data_stand_in_the_page_as_plain_json(make: Any) -> None:
    exhibits = make.line()
    hostile = replace(exhibits[0], document={**exhibits[0].document, "x": "</script>\u202e"})
    content = pages.render(make.page_of([hostile])).decode("ascii")
    data = content.partition('id="data">')[2].partition("</script>")[0]
    document = json.loads(json.loads(data)["entries"][0]["document"])
    assert document["x"] == "</script>\u202e"
    assert content.count("</script>") == 2
