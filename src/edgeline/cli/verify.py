"""`edgeline verify`: is this what was anchored, and does that still hold? Starts nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from edgeline.anchoring.deployment import chain_of, known_chain
from edgeline.anchoring.subject import Named
from edgeline.auditing.verdict import Verdict, verify_offline
from edgeline.auditing.verdict import verify as verify_thing
from edgeline.cli.ask import deferred_session, find_thing
from edgeline.cli.console import answer, fact
from edgeline.cli.options import AsJson, Thing, Url
from edgeline.cli.version import is_version, verify_version
from edgeline.errors import EnvironmentUnfit, RecipeError
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
        return verify_offline(named, claimed, block, _expected(chain, claimed))
    if receipt is None and chain and claimed and claimed.deployment != _expected(chain, claimed):
        claimed = None  # anchored on several chains: this one is asked without it
    with deferred_session(chain, url, claimed) as open_session:
        return verify_thing(named, claimed, open_session, block)


def _receipt(thing: Named, given: Path | None) -> Receipt | None:
    if given is not None and not given.exists():
        raise RecipeError(
            expected=f"a receipt in {given}", found="no such file", remedy="name another one"
        )
    path = given or thing.receipt
    return read_receipt(path) if path else None


def _expected(chain: str | None, receipt: Receipt | None) -> Deployment | None:
    """The contract that must have taken it: the one that is named, or the project's own if it is that."""
    if chain is not None:
        return known_chain(Workspace.find(), chain).deployment
    try:
        is_own = chain_of(Workspace.find(), receipt) is not None
    except EnvironmentUnfit:
        return None  # outside of a project nothing is known
    return receipt.deployment if receipt and is_own else None


def _lines(verdict: Verdict) -> Iterator[str]:
    """Plain lines: whatever the width, a digest is whole and can be searched for."""
    facts = verdict.to_json()
    state = "intact and anchored" if verdict.thing.path else "anchored"
    yield fact("verdict", f"{state}, level {verdict.level}")
    for key in SHOWN:
        if facts[key] is not None:
            yield fact(key.replace("_", " "), facts[key])
    for ancestor in verdict.history[:-1]:
        yield fact(f"from {ancestor.kind}", f"{ancestor.subject}  {ancestor.name}").rstrip()
    for sentence in verdict.trusted:
        yield fact("if you trust", sentence)
