"""Names that would break out of a page, and pages that were altered after they were made."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from edgeline.auditing import page as pages

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
    tab = open_page([made], f"#{made.digest}")
    assert "1 of 1 are as they were anchored" in tab.verdict
    assert tab.page.title() != "broken"
    shown = name.replace("\u2028", "[U+2028]").replace("\u2029", "[U+2029]")
    assert tab.page.locator("#chosen h2 bdi").inner_text() == shown
    assert tab.page.locator("img, b b, script").count() == 2
    assert tab.complaints == []


def test_marks_that_turn_the_direction_are_shown(open_page: Any, make: Any) -> None:
    made = make.entry(
        make.document("data", {"x": make.subject("x")}, [], {"recipe": "safe\u202egnp.exe"}), 5
    )
    tab = open_page([made])
    assert tab.page.locator("#rows .title").inner_text() == "safe[U+202E]gnp.exe"


def test_a_name_of_ten_thousand_characters_does_not_push_the_page_apart(
    open_page: Any, make: Any
) -> None:
    long = "x" * 10_000
    made = make.entry(make.document("artifact", {long: make.subject("x")}, [], {"recipe": long}), 5)
    tab = open_page([made], f"#{made.digest}", viewport={"width": 400, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 400
    assert long in tab.page.inner_text("#chosen dd >> nth=1")


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
    entries = make.line()
    small = next(entry for entry in entries if entry.kind == "small")

    def forge(data: Any) -> None:
        forged = next(one for one in data["entries"] if one["digest"] == small.digest)
        forged["document"]["predicate"]["about"]["recipe"] = "Digits"

    tab = open_file(make.altered(pages.render(make.page_of(entries)), forge), f"#{small.digest}")
    assert tab.check("document") == "fail"
    assert tab.page.locator(".box.small .mark.fail").count() == 1
    # the small network itself, 12 rounds, the artifact, its two parts and the release
    assert "17 failed" in tab.verdict
    assert "altered after it was made" in tab.alarm
    tab.page.get_by_role("button", name="Show the 17").click()
    assert tab.page.inner_text("#count") == "17 found"
    tab.choose(entries[0].digest)
    assert tab.check("document") == "pass"
    tab.choose(entries[-1].digest)
    assert (tab.check("document"), tab.check("history")) == ("pass", "fail")


def test_a_forged_kind_disagrees_with_the_document(open_file: Any, make: Any) -> None:
    entries = make.line()

    def forge(data: Any) -> None:
        data["entries"][0]["kind"] = "release"

    tab = open_file(
        make.altered(pages.render(make.page_of(entries)), forge), f"#{entries[0].digest}"
    )
    words = tab.page.inner_text("[data-check=record]")
    assert words.endswith("document and chain disagree about: kind")


@pytest.mark.parametrize("part", ["index", "size", "path", "root", "missing"])
def test_a_forged_place_in_a_tree_turns_red(open_file: Any, make: Any, part: str) -> None:
    entries = make.tree(make.readings(11), 30)
    digest = entries[4].digest

    def forge(data: Any) -> None:
        inclusion = next(one for one in data["entries"] if one["digest"] == digest)["inclusion"]
        match part:
            case "path":
                inclusion["path"].reverse()
            case "missing":
                data["entries"] = [one for one in data["entries"] if one["kind"] != "tree"]
            case "root":
                inclusion["root"] = "0" * 64
            case _:
                inclusion[part] += 1

    tab = open_file(make.altered(pages.render(make.page_of(entries)), forge), f"#{digest}")
    assert (tab.check("document"), tab.check("inclusion")) == ("pass", "fail")


def test_the_data_know_when_they_are_not_those_of_the_page(open_file: Any, make: Any) -> None:
    def later(data: Any) -> None:
        data["records"][0]["time"] += 86_400

    tab = open_file(make.altered(pages.render(make.page_of(make.line())), later))
    assert "its data are not those that it was made with" in tab.alarm


def test_no_byte_of_a_statement_can_be_changed_unseen(open_file: Any, make: Any) -> None:
    content = pages.render(make.page_of(make.line(1)))
    first, last = content.index(b'"document"'), content.rindex(b'"predicateType"')
    chance = random.Random(7)
    tab = open_file(content)
    assert tab.alarm == ""
    for place in chance.sample(range(first, last), 60):
        changed = bytearray(content)
        changed[place] ^= 1 << chance.randrange(7)
        tab.show(bytes(changed))
        assert "altered" in tab.alarm or "damaged" in tab.alarm, (place, content[place])


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
    assert "This page has not come to life" in tab.inner_text("body")
    assert not tab.is_visible("#rows")
    context.close()


def test_a_circle_of_parents_is_refused(open_file: Any, make: Any) -> None:
    entries = make.line(1)

    def forge(data: Any) -> None:
        first, last = data["entries"][0], data["entries"][-1]
        first["document"]["predicate"]["parents"] = [last["digest"]]

    tab = open_file(
        make.altered(pages.render(make.page_of(entries)), forge), f"#{entries[0].digest}"
    )
    assert tab.check("history") == "fail"
    assert "failed" in tab.verdict


def test_the_data_stand_in_the_page_as_plain_json(make: Any) -> None:
    entries = make.line()
    hostile = replace(entries[0], document={**entries[0].document, "x": "</script>\u202e"})
    content = pages.render(make.page_of([hostile])).decode("ascii")
    data = content.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data)["entries"][0]["document"]["x"] == "</script>\u202e"
    assert content.count("</script>") == 2
