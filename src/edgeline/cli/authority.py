"""The commands of `edgeline chain` that say who may do what, and what may no longer be believed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edgeline.anchoring.contract import transact
from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import load_signer, parse_address
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.revocation import LEAF_OF_TREE, STATEMENT
from edgeline.anchoring.session import open_chain, open_outbox
from edgeline.anchoring.subject import Named
from edgeline.auditing.answers import Entry
from edgeline.cli.ask import find_thing, open_session
from edgeline.cli.chain import flush_all
from edgeline.cli.console import show, waiting_for
from edgeline.cli.options import AsJson, OnChain
from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, NotAnchored, RecipeError
from edgeline.provenance.receipt import read_receipt
from edgeline.provenance.record import REASONS
from edgeline.stack import services
from edgeline.workspace import Workspace

HOLDS = ("valid", "compromised")
"""What can be revoked: also what a compromised key anchored, to say why."""

Account = Annotated[str, typer.Argument(help="Address of an account, 0x and 40 digits.")]

NO_DETAIL = 64 * "0"


def revoke(
    thing: Annotated[str, typer.Argument(help="A file, a folder, or a digest.")],
    reason: Annotated[
        str,
        typer.Option(
            help="unspecified, superseded, defective, data withdrawn, key compromised or not allowed."
        ),
    ],
    detail: Annotated[
        Path | None,
        typer.Option(
            help="A document that says more; its SHA-256 is written down.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """Say for ever that something must not be used any more; what was made from it fails verification too."""
    why = _why(reason, detail)
    workspace = Workspace.find()
    named = find_thing(thing, chain)
    with (
        open_session(workspace, chain, None) as session,
        open_outbox(workspace, chain) as waiting,
    ):
        entries = [one for one in session.audit().about(named.digest) if one.status.word in HOLDS]
        if not entries:
            raise NotAnchored(
                expected=f"something that holds on chain {session.contract.deployment.chain_id}",
                found=f"no valid statement about {named.digest}",
                remedy="`edgeline audit what` says what the chain knows of it",
            )
        for entry in entries:
            waiting.note_revocation(entry.statement, *_call(entry, waiting, named, why))
        with waiting_for(f"revoking on {chain}") as say:
            _, report = flush_all(workspace, chain, waiting, say)
    _require_revoked(entries, dict(report.refused))
    keys = [entry.statement for entry in entries]
    show({"chain": chain, "revoked": keys, "reason": reason}, as_json)


def _require_revoked(entries: list[Entry], refused: dict[str, str]) -> None:
    for entry in entries:
        if reason := refused.get(entry.statement):
            raise EdgelineError(
                expected=f"the contract to revoke {entry.kind} {entry.statement}",
                found=reason,
                remedy="it is tried again at every flush; a leaf can be revoked with its whole tree",
            )


def _why(reason: str, detail: Path | None) -> list[object]:
    """The reason by the contract's number, and the digest of a document."""
    if reason not in REASONS:
        raise RecipeError(
            expected=f"a reason among {', '.join(REASONS)}",
            found=reason,
            remedy="name one of them, in quotes where it has a space",
        )
    return [REASONS.index(reason), sha256_file(detail) if detail else NO_DETAIL]


def roles(
    account: Account,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="ADMIN, ANCHORER, REVOKER; none takes all away."),
    ] = None,
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """Give an account exactly these roles."""
    wanted = [name.upper() for name in names or []]
    if unknown := sorted(set(wanted) - set(ROLES)):
        raise RecipeError(
            expected=f"roles among {', '.join(ROLES)}",
            found=", ".join(unknown),
            remedy="name some of them, or none to take all away",
        )
    _send(chain, "setRoles", parse_address(account), sum(ROLES[name] for name in set(wanted)))
    show({"chain": chain, "account": account, "roles": sorted(wanted)}, as_json)


def compromised(
    account: Account,
    since: Annotated[
        datetime,
        typer.Argument(
            help="UTC; what the account anchored before stays valid.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
        ),
    ],
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """Say since when an account is in wrong hands; the date can only be moved to an earlier one."""
    seconds = int(since.replace(tzinfo=UTC).timestamp())
    if seconds < 1:
        raise RecipeError(
            expected="a date after 1970", found=f"{since:%Y-%m-%d}", remedy="name a later one"
        )
    _send(chain, "markCompromised", parse_address(account), seconds)
    show({"chain": chain, "account": account, "compromised_since": seconds}, as_json)


def _send(chain: str, function: str, *arguments: object) -> None:
    """One transaction with the project's key for this chain."""
    workspace = Workspace.find()
    known = known_chain(workspace, chain)
    contract = open_chain(workspace, chain, services.chain_url(chain, workspace.root))
    with waiting_for(f"{function} on {chain}"):
        signer = load_signer(known.key, contract.node, workspace.anchoring(chain))
        transact(contract, signer, function, *arguments)


def _call(
    entry: Entry, waiting: Outbox, named: Named, why: list[object]
) -> tuple[str, list[object]]:
    """Function and arguments that revoke a statement; in a tree, the leaf alone."""
    if not entry.tree:
        return STATEMENT, [entry.statement, *why]
    if entry.statement in waiting.members(entry.tree):
        place = waiting.inclusion(entry.tree, entry.statement)
    else:
        receipt = read_receipt(named.receipt) if named.receipt else None
        if receipt is None or receipt.inclusion is None:
            raise NotAnchored(
                expected=f"the place of {entry.statement} in tree {entry.tree}",
                found="neither its receipt nor the outbox",
                remedy="name the file with its receipt beside it, or revoke the whole tree by its id",
            )
        place = receipt.inclusion
    leaf: list[object] = [place.root, place.size, place.index, entry.statement, list(place.path)]
    return LEAF_OF_TREE, [*leaf, *why]
