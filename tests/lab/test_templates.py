"""What a template makes of values that a hostile source chose, and what its file may load."""

import base64
import hashlib

import pytest
from jinja2 import UndefinedError

from edgeline.page import Markup, clipped, name, standalone, templates


def fill(template: str, **values: object) -> str:
    return templates("edgeline").from_string(template).render(values)


def test_a_value_only_ever_becomes_text() -> None:
    hostile = "</p><script>hit()</script>"
    assert fill('<p title="{{ x }}">{{ x }}</p>', x=hostile + '"') == (
        '<p title="&lt;/p&gt;&lt;script&gt;hit()&lt;/script&gt;&#34;">'
        "&lt;/p&gt;&lt;script&gt;hit()&lt;/script&gt;&#34;</p>"
    )


def test_characters_that_nobody_sees_show_their_code() -> None:
    assert fill("{{ x }}", x="a\u202eb\x00") == "a[U+202E]b[U+0000]"
    assert name("gnp\u202e.<exe>") == "<bdi>gnp[U+202E].&lt;exe&gt;</bdi>"


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert clipped("x" * 200) == "x" * 200
    assert clipped("x" * 201) == "x" * 199 + "\u2026"
    assert fill("{{ x|clipped(4) }}{{ x|name(2) }}", x="abcdef") == "abc\u2026<bdi>a\u2026</bdi>"


def test_none_is_nothing_and_a_missing_value_is_an_error() -> None:
    assert fill("a{{ x }}b{{ 0 }}", x=None) == "ab0"
    with pytest.raises(UndefinedError, match="'y' is undefined"):
        fill("{{ y }}")


def test_a_file_runs_its_own_script_and_loads_nothing() -> None:
    page = standalone("a < b", Markup("<p>\u732b</p>"), "p { top: 0 }", "run(1 < 2)")
    digest = base64.b64encode(hashlib.sha256(b"run(1 < 2)").digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "img-src" not in page
    assert "<title>a &lt; b</title>" in page
    assert "<p>&#29483;</p>" in page
    assert '<script type="module">run(1 < 2)</script>' in page


def test_a_body_that_is_no_markup_is_text() -> None:
    body: str = "<img src=x>"
    assert "&lt;img src=x&gt;" in standalone("t", body, "", "")  # type: ignore[arg-type]
