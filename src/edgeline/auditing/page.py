"""One HTML file that tells what a contract knows, and checks in the reader's browser what can be checked.

Equal arguments give equal bytes.

The SHA-256 of all that is said on the page stands in the script, and the script's in the policy, so that
a careless change anywhere is noticed. Whoever changes all of it makes another page: compare the SHA-256
of the file.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from edgeline.anchoring.events import TreeAnchored
from edgeline.auditing.answers import VALID, Entry, shown_time
from edgeline.auditing.audit import Audit
from edgeline.auditing.drawing import draw_lineage
from edgeline.auditing.entries import is_abandoned, parents_first
from edgeline.digest import JsonValue, canonical_json
from edgeline.page import Markup, inline_json, standalone, templates
from edgeline.provenance.record import Deployment
from edgeline.provenance.statement import KINDS

PACKAGE = "edgeline.auditing"
SCRIPTS = ("data.js", "checks.js", "files.js", "start.js")
MOST_LINKS = 24
"""Links of one kind that a statement shows; the others are counted."""


@dataclass(frozen=True)
class Exhibit:
    """A statement or a tree of statements, and what lets a reader check it."""

    entry: Entry
    document: dict[str, JsonValue] | None = None
    """The statement itself; None where only its digest is at hand."""
    size: int = 0
    """How many statements a tree has; 0 of what is no tree."""
    members: tuple[str, ...] = ()
    """All statements of a tree, in the order of its leaves; empty where they are not at hand."""


@dataclass(frozen=True)
class Page:
    """All that one page shows: a contract as it stood at one block."""

    chain: str
    deployment: Deployment
    block: int
    block_hash: str
    made: int
    exhibits: Sequence[Exhibit]


def gather_exhibits(audit: Audit) -> list[Exhibit]:
    """All that the index knows, with the documents and the statements of trees that are at hand."""
    sizes = {event.body.id: event.body.size for event in audit.index.find(TreeAnchored)}
    # Whether they lead to the tree that the chain recorded, the reader's browser finds out.
    members = {tree: tuple(audit.archive.members(tree)) for tree in sizes}
    inside = audit.of(digest for digests in members.values() for digest in digests)
    # A leaf is known by its revocation alone where its tree is not at hand.
    entries = (*audit.withdrawn().entries, *inside.values(), *audit.log())
    anchored = {entry.statement: entry for entry in entries if entry.is_anchored}
    exhibits = []
    for entry in audit.judge_ancestry(anchored.values()):
        key = entry.statement
        document = audit.archive.statement(key)
        shown = document.to_json() if document else None
        exhibits.append(Exhibit(entry, shown, sizes.get(key, 0), members.get(key, ())))
    return exhibits


def render(page: Page) -> bytes:
    """The file: HTML in ASCII."""
    exhibits = {one.entry.statement: one for one in page.exhibits}
    ordered = parents_first({key: one.entry for key, one in exhibits.items()})
    entries = [_checkable(exhibits[entry.statement]) for entry in ordered]
    data = inline_json({"entries": entries})
    words = _words(page, exhibits, ordered)
    seal = hashlib.sha256(f"{data}\n{words.striptags()}".encode()).hexdigest()
    web = resources.files(PACKAGE) / "web"
    script = "\n".join((web / name).read_text("utf-8") for name in SCRIPTS)
    shell = Markup('{}<script type="application/json" id="data">{}</script>')
    return standalone(
        f"What {page.deployment.contract} knows",
        shell.format(words, data),
        (web / "page.css").read_text("utf-8"),
        f'const SEAL = "{seal}";\n{script}',
    ).encode("ascii")


def _words(page: Page, exhibits: Mapping[str, Exhibit], ordered: Sequence[Entry]) -> Markup:
    """All that a reader sees before the script has checked anything."""
    children: dict[str, list[str]] = {}
    for entry in ordered:
        for parent in entry.parents:
            children.setdefault(parent, []).append(entry.statement)
    template = templates(PACKAGE).get_template("page.html")
    return Markup(
        template.render(
            page=page,
            exhibits=exhibits,
            newest_first=ordered[::-1],
            children=children,
            anchorers=Counter(entry.anchorer for entry in ordered if entry.anchorer).most_common(),
            invalid=[entry.statement for entry in ordered if entry.status.word != VALID],
            num_statements=sum(entry.kind != "tree" for entry in ordered),
            drawing=draw_lineage(ordered),
            kinds=KINDS,
            is_abandoned=is_abandoned,
            most_links=MOST_LINKS,
            utc=shown_time,
        )
    )


def _checkable(exhibit: Exhibit) -> dict[str, Any]:
    """What the script checks of it."""
    entry = exhibit.entry
    values = {
        "digest": entry.statement,
        "kind": entry.kind,
        "subject": entry.subject,
        "parents": list(entry.parents),
        # As the text that was hashed, so that nobody has to write the same bytes again.
        "document": exhibit.document and canonical_json(exhibit.document).decode(),
        # A tree may say that it is larger than any number of JavaScript's.
        "size": str(exhibit.size) if exhibit.size else "",
        "members": exhibit.members or None,
        "tree": entry.tree,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}
