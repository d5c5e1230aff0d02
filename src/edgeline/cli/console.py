"""What commands have in common before a person: that something goes on or was ended, their answers, and pages."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from edgeline.errors import EnvironmentUnfit, interruption
from edgeline.files import json_text, write_atomically

UNCUT = 10_000
"""Characters of a line that goes to a file or a pipe, where nothing shortens a path."""


@contextmanager
def waiting_for(what: str) -> Iterator[Callable[[str], object]]:
    """Shows on stderr that something goes on; gives what to call with a line worth reading."""
    console = Console(stderr=True, highlight=False)
    with console.status(Text(printable(what))):
        yield lambda line: console.print(Text(printable(str(line))))


@contextmanager
def interruptible(what: str) -> Iterator[None]:
    """Make Ctrl-C an Interrupted, also where a library that it meets in mid-work raises an error of its own."""
    came = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.set()
        signal.default_int_handler(number, frame)

    is_main = threading.current_thread() is threading.main_thread()
    is_ours = is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except BaseException as error:
        if not came.is_set() and not isinstance(error, KeyboardInterrupt):
            raise
        raise interruption(what) from None
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def answer(facts: dict[str, Any], lines: Iterable[str] | Table | Group, as_json: bool) -> None:
    """One object for programs; lines, or a table and what belongs to it, for people."""
    if as_json:
        print(json_text(facts))
    elif isinstance(lines, Table | Group):
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = UNCUT
        console.print(lines)
    else:
        for line in lines:
            print(printable(line))


def show(facts: dict[str, Any], as_json: bool) -> None:
    """One object for programs, a line per fact for people."""
    pairs = (
        (name.replace("_", " "), one)
        for name, value in facts.items()
        for one in (value if isinstance(value, list) else [value])
    )
    answer(facts, (fact(name, _plain(one)) for name, one in pairs), as_json)


def table(*headings: str, rows: Iterable[Iterable[str | Text]]) -> Table:
    """Rows below headings, without lines between them."""
    drawn = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row))
    return drawn


def printable(text: str) -> str:
    """Text that does nothing to a terminal: what moves its cursor, or turns the order of letters, is spelled out.

    Names come from files, statements and chains that strangers wrote.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def fact(name: str, value: object) -> str:
    """One line of an answer."""
    return f"{name:16} {value}"


def write_page(path: Path, content: bytes) -> None:
    """Write a file that a person named.

    Raises:
        EnvironmentUnfit: it cannot be written there.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        raise EnvironmentUnfit(
            expected=f"to write {path}",
            found=error.strerror or "a file that cannot be written",
            remedy="name another place",
        ) from error


def _plain(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{key} {one}" for key, one in value.items())
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
    return str(value)
