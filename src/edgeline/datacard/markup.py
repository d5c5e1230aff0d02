"""Elements of a page, made and never pasted: whatever a source calls its items only ever becomes text."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

# Control characters, marks of direction and of no width, and halves of characters: they would let a
# name look like another, or are lost when a browser reads them.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\uffff\U000e0000-\U000e007f]"
)
LONGEST = 200
VOID = ("br", "img", "input")


@dataclass(frozen=True)
class Markup:
    """HTML that holds no more than what was made here."""

    html: str


Child: TypeAlias = str | int | Markup | None | Iterable["Child"]


def tag(element: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """One element; `class_` is the attribute class, and `data_list` is data-list.

    An attribute that is True stands without a value; one that is False or None is left out.
    """
    opened = "".join([element, *_attributes(attributes)])
    if element in VOID:
        return Markup(f"<{opened}>")
    return Markup(f"<{opened}>{joined(children)}</{element}>")


def joined(children: Child) -> str:
    """HTML of children one after the other; text is escaped."""
    match children:
        case None:
            return ""
        case Markup():
            return children.html
        case str() | int():
            return html.escape(seen(str(children)))
    return "".join(joined(child) for child in children)


def name(text: str) -> Markup:
    """A name in any script, clipped, and kept from turning the text around it."""
    return tag("bdi", clipped(text))


def clipped(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"
    return seen(short)


def seen(text: str) -> str:
    """With the code in place of every character that nobody would see."""
    return UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def _attributes(attributes: dict[str, str | int | bool | None]) -> Iterable[str]:
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        yield f" {attribute}" if value is True else f' {attribute}="{joined(str(value))}"'
