"""`edgeline audit`: what a chain knows, and whether it still holds. Starts nothing."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeline.anchoring.keys import parse_address
from edgeline.auditing.answers import Entry, to_json
from edgeline.auditing.audit import Audit
from edgeline.auditing.federation import find_rounds
from edgeline.auditing.page import Page, gather_exhibits, render
from edgeline.cli import tables
from edgeline.cli.ask import find_thing, open_audit
from edgeline.cli.console import answer, show, write_page
from edgeline.cli.options import AsJson, OnChain, Thing, Url
from edgeline.cli.version import artifact_of, is_version
from edgeline.digest import sha256_bytes
from edgeline.errors import RecipeError


def log(chain: OnChain = "local", url: Url = None, as_json: AsJson = False) -> None:
    """List everything that was anchored, newest first."""
    with open_audit(chain, url) as audit:
        entries = audit.judge_ancestry(audit.log())
        _answer(audit, _plain(entries), tables.log(entries), as_json)


def who(x: Thing, chain: OnChain = "local", url: Url = None, as_json: AsJson = False) -> None:
    """Say who anchored X, and who revoked it."""
    _about(x, chain, url, as_json, tables.who)


def when(x: Thing, chain: OnChain = "local", url: Url = None, as_json: AsJson = False) -> None:
    """Say when X was anchored, in which block and transaction, and since when it does not hold."""
    _about(x, chain, url, as_json, tables.when)


def what(x: Thing, chain: OnChain = "local", url: Url = None, as_json: AsJson = False) -> None:
    """Say what X is: its kind, its name, what it was made from, and whether it holds."""
    _about(x, chain, url, as_json, tables.what)


def lineage(
    x: Thing,
    up: Annotated[bool, typer.Option("--up", help="Only what it came from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what was made from it.")] = False,
    dot: Annotated[bool, typer.Option("--dot", help="A graph for Graphviz.")] = False,
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Follow X to all that it came from and to all that was made from it, parents first."""
    digest = _digest(x, chain)
    with open_audit(chain, url) as audit:
        lineage = audit.lineage(digest, up=up or not down, down=down or not up)
        lineage = replace(lineage, entries=tuple(audit.judge_ancestry(lineage.entries)))
        if dot:
            answer({}, tables.graph(lineage), as_json=False)
        else:
            _answer(audit, to_json(lineage), tables.lineage(lineage), as_json)


def by(
    account: Annotated[str, typer.Argument(help="Address of an account, 0x and 40 digits.")],
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say what an account may do, and all that it anchored and revoked."""
    account = parse_address(account)
    with open_audit(chain, url) as audit:
        history = audit.by(account)
        _answer(audit, to_json(history), tables.account(history), as_json)


def since(
    date: Annotated[str, typer.Argument(help="As 2026-11-24 or 2026-11-24T08:00:00Z; UTC.")],
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List what was anchored at this time or later, newest first."""
    seconds = _seconds(date)
    with open_audit(chain, url) as audit:
        entries = audit.judge_ancestry(audit.log(since=seconds))
        _answer(audit, _plain(entries), tables.log(entries), as_json)


def round_(
    x: Annotated[
        str, typer.Argument(metavar="X", help="Digest of a round's checkpoint or statement.")
    ],
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the rounds before and after round X, how many clients' updates each holds, and where they fork."""
    digest = _digest(x, chain)
    with open_audit(chain, url) as audit:
        federation = find_rounds(audit, digest)
        _answer(audit, to_json(federation), tables.rounds(federation), as_json)


def revoked(chain: OnChain = "local", url: Url = None, as_json: AsJson = False) -> None:
    """List all that was revoked, and what was anchored with compromised keys."""
    with open_audit(chain, url) as audit:
        withdrawn = audit.withdrawn()
        _answer(audit, to_json(withdrawn), tables.withdrawn(withdrawn), as_json)


def diff(
    a: Thing, b: Thing, chain: OnChain = "local", url: Url = None, as_json: AsJson = False
) -> None:
    """Say what A and B have in common, where their histories part, and in which files they differ."""
    digests = _digest(a, chain), _digest(b, chain)
    with open_audit(chain, url) as audit:
        difference = audit.diff(*digests)
        _answer(audit, to_json(difference), tables.diff(difference), as_json)


def export(
    page: Annotated[
        Path, typer.Argument(help="The file to write, such as page.html.", dir_okay=False)
    ],
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that the chain knows into one HTML file that checks itself, without a network."""
    with open_audit(chain, url) as audit:
        exhibits = gather_exhibits(audit)
        head, deployment = audit.index.head, audit.index.deployment
    content = render(Page(chain, deployment, head.number, head.hash, int(time.time()), exhibits))
    write_page(page, content)
    facts = {
        "file": str(page),
        "statements": sum(one.size == 0 for one in exhibits),
        "block": head.number,
        "bytes": len(content),
        "sha256": sha256_bytes(content),
    }
    show(facts, as_json)


def _about(
    thing: str,
    chain: str,
    url: str | None,
    as_json: bool,
    table: Callable[[Iterable[Entry]], Iterable[str]],
) -> None:
    digest = _digest(thing, chain)
    with open_audit(chain, url) as audit:
        entries = audit.judge_ancestry(audit.require(digest))
        _answer(audit, {"asked": digest, **_plain(entries)}, table(entries), as_json)


def _digest(thing: str, chain: str) -> str:
    """What stands for the thing on the chain; whatever is on disk is hashed and checked first."""
    return artifact_of(thing) if is_version(thing) else find_thing(thing, chain).digest


def _plain(entries: Iterable[Entry]) -> dict[str, Any]:
    return {"entries": [to_json(one) for one in entries]}


def _answer(audit: Audit, facts: dict[str, Any], lines: Iterable[str], as_json: bool) -> None:
    """One object, or lines; either way with the block that was asked, so that the answer can be repeated."""
    head, deployment = audit.index.head, audit.index.deployment
    place = {"chain_id": deployment.chain_id, "contract": deployment.contract}
    moment = {"block": head.number, "block_hash": head.hash}
    as_of = f"as of block {head.number} {head.hash} of contract {deployment.contract}"
    answer({**facts, **place, **moment}, (*lines, as_of), as_json)


def _seconds(date: str) -> int:
    try:
        moment = datetime.fromisoformat(date)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise RecipeError(
            expected="a date such as 2026-11-24 or 2026-11-24T08:00:00Z",
            found=date,
            remedy="see `edgeline audit --help`",
        ) from None
