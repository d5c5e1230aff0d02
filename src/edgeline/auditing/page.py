"""One HTML file that tells what a contract knows, and checks in the reader's browser what can be checked.

Equal arguments give equal bytes. It knows neither the index nor the outbox.

The data's SHA-256 stands in the script, and the script's in the policy, so that a careless change
anywhere is noticed. Whoever changes all three makes another page: compare the SHA-256 of the file.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Any

from edgeline.auditing.answers import VALID, Status
from edgeline.page import Markup, standalone
from edgeline.provenance.receipt import Deployment, Inclusion

SCHEMA = "edgeline.page/1"
SCRIPTS = (
    "markup.js",
    "entries.js",
    "checks.js",
    "search.js",
    "layout.js",
    "lineage.js",
    "files.js",
    "list.js",
    "statement.js",
    "overview.js",
    "start.js",
)


@dataclass(frozen=True)
class Record:
    """Where something was written, and when, in seconds since 1970; a tree's is that of all its statements."""

    anchorer: str
    time: int
    block: int
    block_hash: str
    transaction: str


@dataclass(frozen=True)
class Whole:
    """What a tree commits to."""

    root: str
    size: int


@dataclass(frozen=True)
class Entry:
    """A statement, or a tree of statements, as the chain has it and as its document says it.

    `kind`, `subject` and `parents` are what the contract's events say; where they say nothing, as
    of the statements in a tree, they repeat the document. A document is missing where only its
    digest is known.
    """

    digest: str
    kind: str
    subject: str
    record: Record
    parents: tuple[str, ...] = ()
    document: Mapping[str, Any] | None = None
    inclusion: Inclusion | None = None
    tree: Whole | None = None
    status: Status = Status(VALID)


@dataclass(frozen=True)
class Page:
    """All that one page shows: a contract as it stood at one block."""

    chain: str
    deployment: Deployment
    block: int
    block_hash: str
    made: int
    entries: Sequence[Entry]


def render(page: Page) -> bytes:
    """The file: HTML in ASCII."""
    web = resources.files("edgeline.auditing") / "web"
    data = _embedded(_plain(page))
    sealed = f'const SEAL = "{hashlib.sha256(data.encode()).hexdigest()}";\n'
    script = sealed + "\n".join((web / name).read_text("utf-8") for name in SCRIPTS)
    style = (web / "page.css").read_text("utf-8")
    body = Template((web / "page.html").read_text("utf-8")).substitute(data=data)
    title = f"What {page.deployment.contract} knows"
    return standalone(title, Markup(body), style, script).encode("ascii")


def _embedded(value: dict[str, Any]) -> str:
    """JSON that no browser can take for the end of the element, nor an editor for another order."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(page: Page) -> dict[str, Any]:
    """Accounts, records and nodes of trees are listed once and named by their place in the list."""
    records: dict[Record, int] = {}
    nodes: dict[str, int] = {}
    entries = [
        _entry(entry, _placed(records), _placed(nodes))
        for entry in sorted(page.entries, key=lambda entry: (entry.record.block, entry.digest))
    ]
    return {
        "schema": SCHEMA,
        "chain": page.chain,
        "deployment": vars(page.deployment),
        "block": page.block,
        "block_hash": page.block_hash,
        "made": page.made,
        "records": [vars(record) for record in records],
        "nodes": list(nodes),
        "entries": entries,
    }


def _placed(known: dict[Any, int]) -> Callable[[Any], int]:
    return lambda thing: known.setdefault(thing, len(known))


def _entry(
    entry: Entry, record: Callable[[Record], int], node: Callable[[str], int]
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "digest": entry.digest,
        "kind": entry.kind,
        "subject": entry.subject,
        "record": record(entry.record),
        "parents": list(entry.parents),
        "document": entry.document,
        "inclusion": entry.inclusion and _inclusion(entry.inclusion, node),
        "tree": entry.tree and {"root": entry.tree.root, "size": str(entry.tree.size)},
        "status": _told(vars(entry.status)),
    }
    return _told(values)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not known or does not apply."""
    return {name: value for name, value in values.items() if value not in (None, "")}


def _inclusion(inclusion: Inclusion, node: Callable[[str], int]) -> dict[str, Any]:
    path = [node(digest) for digest in inclusion.path]
    return {"root": inclusion.root, "size": inclusion.size, "index": inclusion.index, "path": path}
