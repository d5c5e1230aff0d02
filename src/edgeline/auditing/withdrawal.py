"""What no longer holds: revoked, or anchored with a key that is not to be believed; and what came from it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeline.anchoring import interface
from edgeline.anchoring.interface import moment
from edgeline.anchoring.subject import Named
from edgeline.auditing import answers
from edgeline.auditing.answers import Entry, Status
from edgeline.errors import Revoked, Tampered
from edgeline.provenance.statement import LEAF

if TYPE_CHECKING:
    from edgeline.auditing.chain_session import Live
    from edgeline.auditing.evidence import Evidence

HARMLESS = ("superseded", "key compromised")
"""Reasons that say nothing against the thing itself: who states it anew, makes it valid again."""

WITHDRAWN = {interface.REVOKED: answers.REVOKED, interface.SUSPECT: answers.COMPROMISED}


def newest_valid(named: Named, entries: Sequence[Entry]) -> Entry:
    """Of several statements about one thing, the newest that holds; the last word counts.

    Raises:
        Revoked: none holds, or one was revoked later, and not because another replaced it.
    """
    valid = [entry for entry in entries if entry.status.word == answers.VALID]
    if not valid:
        raise revoked(named, entries[-1])
    for entry in entries:
        status, newest = entry.status, valid[-1]
        told = status.word == answers.REVOKED and status.reason not in HARMLESS
        if told and status.time >= newest.time:
            raise revoked(named, entry)
    return valid[-1]


def require_valid(live: "Live", named: Named, evidence: "Evidence") -> None:
    """Neither the thing nor anything that it came from was revoked or is under suspicion.

    The contract is asked first; only where it objects, or knows a statement by its tree alone, the
    events are read that say who, when and why.
    """
    own = evidence.entry
    keys = [one.statement for one in (*evidence.ancestors, own)] + ([own.tree] if own.tree else [])
    told = dict(zip(keys, live.registry.statuses(keys), strict=True))
    doubtful = [
        key
        for key, status in told.items()
        if status in WITHDRAWN or (status == interface.UNKNOWN and live.archive.tree_of(key))
    ]
    _require_known(live, told, evidence)
    if not doubtful:
        return
    for key, entry in live.audit().of(doubtful).items():
        who = "it" if key == own.statement else _relative(entry)
        if entry.status.word in WITHDRAWN.values():
            raise revoked(named, entry, who)
        # Any other objection of the contract counts too, whatever the events say.
        if told[key] in WITHDRAWN and not _concerns_another_tree(live, entry):
            bare = replace(entry, status=Status(WITHDRAWN[told[key]]))
            raise revoked(named, bare, who)


def _concerns_another_tree(live: "Live", entry: Entry) -> bool:
    """Whoever may anchor can revoke a stranger's statement as a leaf of a tree of their own; that counts for nothing.

    The contract's record of a revoked leaf names the anchorer of the tree that it was revoked in.
    """
    record = live.registry.record(entry.statement) if entry.tree else None
    return record is not None and record.kind == LEAF and record.anchorer != entry.anchorer


def _require_known(live: "Live", told: dict[str, int], evidence: "Evidence") -> None:
    """The contract takes no child before its parents; so where it knows one and not the other, the node lies."""
    for ancestor in evidence.ancestors:
        key = ancestor.statement
        if told[key] == interface.UNKNOWN and not live.archive.tree_of(key):
            raise Tampered(
                expected=f"a record of {ancestor.kind} {key}, from which it was made",
                found=f"none in contract {live.registry.deployment.contract}",
                remedy="do not trust this node; ask another one of the same chain",
            )


def revoked(named: Named, entry: Entry, who: str = "it") -> Revoked:
    """Which statement does not hold, by whose word, since when and why."""
    status = entry.status
    if status.word == answers.COMPROMISED:
        since = f" since {moment(status.time)}" if status.time else ""
        what = f"was anchored with the key of {entry.anchorer}, which is not to be believed{since}"
    else:
        by = f" by {status.by} at {moment(status.time)}" if status.by else ""
        what = f"was revoked{by}: {status.reason or 'reason unknown'}"
    detail = f" (see the document with SHA-256 {status.detail})" if status.detail else ""
    return Revoked(
        expected=f"{named} to hold, with all that it came from",
        found=f"{who} {what}{detail}",
        remedy="do not use it; ask whoever anchored it for what takes its place",
    )


def _relative(entry: Entry) -> str:
    """What else than the thing's own statement it is that does not hold."""
    if entry.kind == "tree":
        return f"the tree {entry.statement} that holds it"
    words = (entry.kind, entry.name, entry.subject or entry.statement)
    return f"{' '.join(filter(None, words))}, which it came from,"
