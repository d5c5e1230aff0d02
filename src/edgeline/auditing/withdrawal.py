"""What no longer holds: revoked, or anchored with a compromised key; and what came from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeline.anchoring import interface
from edgeline.anchoring.interface import moment
from edgeline.anchoring.subject import Named
from edgeline.auditing import answers
from edgeline.auditing.answers import Entry, Status
from edgeline.errors import EdgelineError, Revoked
from edgeline.provenance.statement import LEAF, Statement

if TYPE_CHECKING:
    from edgeline.anchoring.contract import AnchorContract
    from edgeline.auditing.chain_session import ChainSession

HARMLESS = ("superseded", "key compromised")
"""Reasons that are nothing against the thing itself: whoever states it anew makes it valid again."""

WITHDRAWN = {interface.REVOKED: answers.REVOKED, interface.SUSPECT: answers.COMPROMISED}
"""The contract's numbers of what does not hold, in words."""


def newest_valid(thing: Named, statements: Sequence[Entry]) -> Entry:
    """Of several statements about one thing, the newest that holds; the last word counts.

    Raises:
        Revoked: none holds, or one was revoked later, and not because another replaced it.
    """
    valid = [entry for entry in statements if entry.status.word == answers.VALID]
    if not valid:
        raise revoked(thing, statements[-1])
    for entry in statements:
        status = entry.status
        is_harmful = status.word == answers.REVOKED and status.reason not in HARMLESS
        if is_harmful and status.time >= valid[-1].time:
            raise revoked(thing, entry)
    return valid[-1]


def require_usable(
    contract: "AnchorContract", statements: Sequence[Statement], refused: Mapping[str, str]
) -> None:
    """Every statement is on the chain and valid; `refused` gives the reasons of those that the contract refused.

    Raises:
        Revoked: one was revoked, or anchored with a compromised key.
        EdgelineError: one is not on the chain.
    """
    statuses = contract.statuses([statement.digest for statement in statements])
    for statement, status in zip(statements, statuses, strict=True):
        if status in WITHDRAWN:
            raise Revoked(
                expected=f"a model whose whole history is valid on chain {contract.deployment.chain_id}",
                found=f"{statement.kind} {statement.subject} {WITHDRAWN[status]}",
                remedy="`edgeline audit revoked` says by whom and why; change what it was made from",
            )
    for statement, status in zip(statements, statuses, strict=True):
        if status == interface.UNKNOWN:
            raise EdgelineError(
                expected=f"the contract to take {statement.kind} {statement.subject}",
                found=refused.get(statement.digest, "no record, and no reason given"),
                remedy="`edgeline chain status` lists what waits; nothing is lost",
            )


def require_valid(session: "ChainSession", thing: Named, history: Sequence[Entry]) -> None:
    """Neither the thing, last in its history, nor anything that it came from was revoked or is under suspicion.

    The contract is asked first, for its statuses and for its records: what either says is revoked, is. Events
    are read only where it objects, or knows a statement by its tree alone: they say who, when and why.
    """
    own = history[-1]
    keys = [one.statement for one in history] + ([own.tree] if own.tree else [])
    statuses = _statuses(session.contract, keys)
    doubtful = [key for key, status in statuses.items() if status != interface.VALID]
    if not doubtful:
        return
    for key in doubtful:
        # The contract takes no child before its parents: a node that knows the child alone contradicts itself.
        # Of what is in a tree it knows no parents: they may be in that tree too, and whoever has a receipt of the
        # child has no proof of them.
        if statuses[key] == interface.UNKNOWN and not (own.tree or session.archive.tree_of(key)):
            raise session.contract.node.contradiction(
                f"a record of {key}, in the history of {thing}", "none"
            )
    for key, entry in session.audit().of(doubtful).items():
        which = "it" if key == own.statement else _relative(entry)
        if entry.status.word in WITHDRAWN.values():
            raise revoked(thing, entry, which)
        # Any other objection of the contract counts too, whatever the events say.
        if statuses[key] in WITHDRAWN and not _is_of_another_tree(session, entry):
            bare = replace(entry, status=Status(WITHDRAWN[statuses[key]]))
            raise revoked(thing, bare, which)


def _statuses(contract: "AnchorContract", keys: Sequence[str]) -> dict[str, int]:
    """By the contract's numbers; a record that is marked as revoked counts, whatever the status beside it says."""
    told = zip(keys, contract.statuses(keys), contract.records(keys), strict=True)
    return {
        key: interface.REVOKED
        if record and record.revoked and status == interface.VALID
        else status
        for key, status, record in told
    }


def revoked(thing: Named, entry: Entry, which: str = "it") -> Revoked:
    """The error that says which statement does not hold, who revoked it, since when and why."""
    status = entry.status
    if status.word == answers.COMPROMISED:
        since = f" since {moment(status.time)}" if status.time else ""
        fate = f"was anchored with the key of {entry.anchorer}, which is compromised{since}"
    else:
        by = f" by {status.by} at {moment(status.time)}" if status.by else ""
        fate = f"was revoked{by}: {status.reason or 'reason unknown'}"
    detail = f" (see the document with SHA-256 {status.detail})" if status.detail else ""
    return Revoked(
        expected=f"{thing} to hold, with all that it came from",
        found=f"{which} {fate}{detail}",
        remedy="do not use it; ask whoever anchored it for what takes its place",
    )


def _is_of_another_tree(session: "ChainSession", entry: Entry) -> bool:
    """Whoever may anchor can revoke a stranger's statement as a leaf of a tree of their own; that counts for nothing.

    The contract's record of a revoked leaf names the anchorer of the tree that it was revoked in.
    """
    record = session.contract.record(entry.statement) if entry.tree else None
    return record is not None and record.kind == LEAF and record.anchorer != entry.anchorer


def _relative(entry: Entry) -> str:
    """Which statement other than the thing's own does not hold."""
    if entry.kind == "tree":
        return f"the tree {entry.statement} that holds it"
    words = (entry.kind, entry.name, entry.subject or entry.statement)
    return f"{' '.join(filter(None, words))}, which it came from,"
