"""`edgeline audit export`: what the chain knows as one HTML file, for people who have nothing but a browser."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeline.cli.ask import OnChain, Url
from edgeline.cli.recipe import AsJson

if TYPE_CHECKING:
    from edgeline.anchoring.events import Event, Revoked, TreeAnchored
    from edgeline.auditing.answers import Entry as Known
    from edgeline.auditing.audit import Audit
    from edgeline.auditing.page import Entry, Record
    from edgeline.receipt import Inclusion


def export(
    page: Annotated[
        Path, typer.Argument(help="The file to write, such as page.html.", dir_okay=False)
    ],
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that the chain knows into one HTML file that checks itself, without a network."""
    import time

    from edgeline.auditing.page import Page, render
    from edgeline.cli.ask import open_audit
    from edgeline.digest import sha256_bytes

    with open_audit(chain, url) as audit:
        head = audit.index.head
        entries = gathered(audit)
        deployment = audit.index.deployment
    content = render(Page(chain, deployment, head.number, head.hash, int(time.time()), entries))
    _write(page, content)
    facts = {
        "file": str(page),
        "statements": sum(entry.tree is None for entry in entries),
        "block": head.number,
        "bytes": len(content),
        "sha256": sha256_bytes(content),
    }
    if as_json:
        print(json.dumps(facts))
    else:
        for name, value in facts.items():
            print(f"{name:10}  {value}")


def _write(path: Path, content: bytes) -> None:
    from edgeline.errors import EnvironmentUnfit
    from edgeline.workspace import write_bytes

    try:
        write_bytes(path, content)
    except OSError as error:
        raise EnvironmentUnfit(
            expected=f"to write {path}",
            found=error.strerror or "a file that cannot be written",
            remedy="name another place",
        ) from error


def gathered(audit: "Audit") -> "list[Entry]":
    """All that the index knows, with the documents and the statements of trees that are at hand."""
    from edgeline.anchoring.events import Revoked, TreeAnchored

    trees = {event.body.id: event.body for event in audit.index.find(TreeAnchored)}
    log = {known.statement: known for known in audit.log()}
    entries = [
        _tree(known, trees[key]) if key in trees else _statement(audit, known)
        for key, known in log.items()
    ]
    for tree in trees.values():
        proofs = _proofs(audit, tree)
        members = [known for key, known in audit.of(proofs).items() if key not in log]
        members = [known for known in members if known.tree == tree.id]
        entries += [_statement(audit, known, proofs[known.statement]) for known in members]
        log |= {known.statement: known for known in members}
    return entries + [
        _leaf(audit, event)
        for event in audit.index.find(Revoked)
        if event.body.statement not in log
    ]


def _proofs(audit: "Audit", tree: "TreeAnchored") -> "dict[str, Inclusion]":
    """The place of each statement in a tree; none where not all of them are at hand."""
    from edgeline.merkle import build
    from edgeline.receipt import Inclusion

    digests = audit.archive.members(tree.id)
    if not digests:
        return {}
    built = build([bytes.fromhex(digest) for digest in digests])
    if (built.root.hex(), built.size) != (tree.root, tree.size):
        return {}
    return {
        digest: Inclusion(tree.root, tree.size, index, tuple(node.hex() for node in path))
        for index, (digest, path) in enumerate(zip(digests, built.paths(), strict=True))
    }


def _statement(audit: "Audit", known: "Known", inclusion: "Inclusion | None" = None) -> "Entry":
    from edgeline.auditing.page import Entry

    document = audit.archive.statement(known.statement)
    return Entry(
        digest=known.statement,
        kind=known.kind,
        subject=known.subject,
        record=_record(known),
        parents=known.parents,
        document=document.to_json() if document else None,
        inclusion=inclusion,
        status=known.status,
    )


def _tree(known: "Known", tree: "TreeAnchored") -> "Entry":
    from edgeline.auditing.page import Entry, Whole

    whole = Whole(tree.root, tree.size)
    return Entry(known.statement, "tree", "", _record(known), tree=whole, status=known.status)


def _leaf(audit: "Audit", event: "Event[Revoked]") -> "Entry":
    """Of a revoked statement whose tree is not at hand, the revocation is all that is known."""
    from edgeline.auditing.entries import revocation_of
    from edgeline.auditing.page import Entry, Record

    body = event.body
    record = Record(body.by, body.time, event.block, event.block_hash, event.transaction)
    document = audit.archive.statement(body.statement)
    return Entry(
        digest=body.statement,
        kind=document.kind if document else "leaf",
        subject=document.subject if document else "",
        record=record,
        parents=document.parents if document else (),
        document=document.to_json() if document else None,
        status=revocation_of(body),
    )


def _record(known: "Known") -> "Record":
    from edgeline.auditing.page import Record

    return Record(known.anchorer, known.time, known.block, known.block_hash, known.transaction)
