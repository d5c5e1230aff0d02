"""HTML pages from Jinja2 templates: text is escaped always, and a file needs no network and no server.

A room keeps its templates in its folder `web`. Whatever a source calls its items only ever becomes text:
a template escapes each value, and shows the code of every character that nobody would see. Only
`Markup` is taken as HTML. Equal arguments give equal text, in ASCII.
"""

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup as Markup
from markupsafe import escape

# Control characters, marks of direction and of no width, and halves of characters:
# they would let a name look like another, or are lost when a browser reads them.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\uffff\U000e0000-\U000e007f]"
)
LONGEST = 200


@cache
def templates(package: str) -> Environment:
    """The templates in the folder `web` of a package, with the filters `clipped` and `name`."""
    environment = Environment(
        loader=PackageLoader(package, "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(clipped=clipped, name=name)
    return environment


def standalone(title: str, body: Markup, style: str, script: str, *, images: bool = False) -> str:
    """One HTML file that loads nothing; `images` lets data: URIs be shown.

    Style (besides that of all pages), script and body stand in it. Its policy lets nothing be loaded
    or sent, and nothing run but this very script.
    """
    style = (resources.files("edgeline") / "web" / "page.css").read_text("utf-8") + style
    text = (
        templates("edgeline")
        .get_template("standalone.html")
        .render(
            policy=Markup(_policy(style, script, images)),
            title=title,
            style=Markup(style),
            body=body,
            script=Markup(script),
        )
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def inline_json(value: Any) -> Markup:
    """JSON that no browser can take for the end of its element, nor an editor for another order."""
    return htmlsafe_json_dumps(value, sort_keys=True, separators=(",", ":"))


def name(text: str, length: int = LONGEST) -> Markup:
    """A name in any script, clipped, and kept from turning the text around it."""
    return Markup(f"<bdi>{escape(clipped(text, length))}</bdi>")


def clipped(text: str, length: int = LONGEST) -> str:
    """At most so many characters, and none that nobody would see."""
    return visible(text if len(text) <= length else f"{text[: length - 1]}\u2026")


def visible(text: str) -> str:
    """With the code in place of every character that nobody would see."""
    return UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def _finalize(value: object) -> object:
    """What a template shows for a value; nothing for None."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else visible(str(value))


def _policy(style: str, script: str, images: bool) -> str:
    rules = {
        "default-src": "'none'",
        **({"img-src": "data:"} if images else {}),
        "script-src": _source(script),
        "style-src": _source(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{key} {value}" for key, value in rules.items())


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
