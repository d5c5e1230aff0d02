"""`edgeline verify`: is this what was anchored, and does that still hold? Starts nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from edgeline.anchoring.deployment import chain_of, known_chain
from edgeline.anchoring.outbox import OUTBOX, Outbox
from edgeline.anchoring.subject import Named
from edgeline.auditing.verdict import Verdict, verify_offline
from edgeline.auditing.verdict import verify as verify_thing
from edgeline.cli.ask import deferred_session, find_thing
from edgeline.cli.console import answer, fact
from edgeline.cli.options import AsJson, Thing, Url
from edgeline.cli.version import is_version, verify_version
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered, Unproven
from edgeline.provenance.receipt import Receipt, read_receipt
from edgeline.provenance.record import Deployment
from edgeline.workspace import LOCAL, Workspace

SHOWN = (
    *("what", "digest", "files", "receipt", "statement", "kind", "name", "tree"),
    *("anchorer", "time", "block", "block_hash", "transaction", "chain_id", "contract"),
)

Chain = Annotated[
    str | None,
    typer.Option(
        "--chain",
        help="deployments/NAME.json, or `local`; by default the chain that the receipt names.",
    ),
]


def verify(
    x: Thing,
    receipt: Annotated[
        Path | None,
        typer.Option(help="By default FILE.receipt.json, or receipt.json in the folder."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: what does the receipt prove by itself?")
    ] = False,
    block: Annotated[
        str | None, typer.Option(help="Hash of a block that you know to be of the chain.")
    ] = None,
    chain: Chain = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Hash it again, check its receipt, then ask the chain whether it and all that it came from still hold."""
    if not is_version(x):
        verdict = _verdict(x, receipt, offline, block, chain, url)
    elif offline or block or receipt:
        raise RecipeError(
            expected="a version of MLflow's registry, for which the chain is asked",
            found="--offline, --block or --receipt",
            remedy="verify the artifact that it was registered from",
        )
    else:
        verdict = verify_version(x, chain, url)
    answer(verdict.to_json(), _lines(verdict), as_json)
    if not verdict.is_proven:
        raise Unproven(
            expected="a block's hash that you trust, or this project's own record of the block",
            found=f"nothing but the receipt's word for contract {verdict.deployment.contract}",
            remedy="name a block with --block, or ask the chain: the same without --offline",
        )


def _verdict(
    thing: str,
    receipt: Path | None,
    offline: bool,
    block: str | None,
    chain: str | None,
    url: str | None,
) -> Verdict:
    named = find_thing(thing, chain or LOCAL)
    claimed = _receipt(named, receipt)
    if offline:
        expected = _expected(chain, claimed)
        recorded = expected is not None and _is_recorded(chain, claimed)
        return verify_offline(named, claimed, block, expected, is_recorded=recorded)
    if receipt is None and chain and claimed and claimed.deployment != _expected(chain, claimed):
        claimed = None  # anchored on several chains: this one is asked without it
    with deferred_session(chain, url, claimed) as open_session:
        return verify_thing(named, claimed, open_session, block)


def _receipt(thing: Named, given: Path | None) -> Receipt | None:
    if given is not None and not given.exists():
        raise RecipeError(
            expected=f"a receipt in {given}", found="no such file", remedy="name another one"
        )
    beside = read_receipt(thing.receipt) if thing.receipt else None
    if given is None:
        return beside
    if beside and thing.path and thing.path.is_dir() and not beside.is_about(thing.digest):
        raise Tampered(
            expected=f"nothing but a receipt of this folder as {thing.receipt}",
            found=f"{beside} of {beside.statement.subject}",
            remedy="move it away: it is no part of the folder, and no receipt of it",
        )
    return read_receipt(given)


def _expected(chain: str | None, receipt: Receipt | None) -> Deployment | None:
    """The contract that must have taken it: the one that is named, or the project's own if it is that."""
    if chain is not None:
        return known_chain(Workspace.find(), chain).deployment
    try:
        is_own = chain_of(Workspace.find(), receipt) is not None
    except EnvironmentUnfit:
        return None  # outside of a project nothing is known
    return receipt.deployment if receipt and is_own else None


def _is_recorded(chain: str | None, receipt: Receipt | None) -> bool:
    """Whether this project wrote down, when it anchored this, the very block that the receipt names."""
    workspace = Workspace.find()
    name = chain or chain_of(workspace, receipt)
    path = workspace.anchoring(name) / OUTBOX if name else None
    if receipt is None or path is None or not path.is_file():
        return False
    with Outbox(path) as outbox:
        entry = outbox.entry(receipt.record.key)
    place = receipt.block_hash, receipt.transaction
    return entry is not None and (entry.block_hash, entry.transaction) == place


def _lines(verdict: Verdict) -> Iterator[str]:
    """Plain lines: whatever the width, a digest is whole and can be searched for."""
    facts = verdict.to_json()
    state = "anchored" if verdict.is_proven else "claims to be anchored"
    intact = "intact and " if verdict.thing.path and verdict.is_proven else ""
    yield fact("verdict", f"{intact}{state}, level {verdict.level}")
    for key in SHOWN:
        if facts[key] is not None:
            yield fact(key.replace("_", " "), facts[key])
    for ancestor in verdict.history[:-1]:
        yield fact(f"from {ancestor.kind}", f"{ancestor.subject}  {ancestor.name}").rstrip()
    for sentence in verdict.trusted:
        yield fact("if you trust", sentence)
