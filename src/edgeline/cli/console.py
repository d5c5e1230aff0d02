"""What commands say to a person: that something goes on, and facts line by line."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console


@contextmanager
def waiting_for(what: str) -> Iterator[Callable[[str], object]]:
    """Shows on stderr that something goes on; gives what to call with a line worth reading."""
    console = Console(stderr=True, highlight=False)
    with console.status(what):
        yield console.print


def show(facts: dict[str, Any], as_json: bool) -> None:
    """One object for programs, a line per fact for people."""
    if as_json:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        for line in value if isinstance(value, list) else [value]:
            print(f"{name.replace('_', ' '):16} {_plain(line)}")


def _plain(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{key} {one}" for key, one in value.items())
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
    return str(value)
