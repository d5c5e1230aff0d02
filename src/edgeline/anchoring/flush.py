"""Moves the entries of an outbox onto the chain: each exactly once, whatever dies in between.

An entry is written down before it is sent, and the chain is looked at before it is sent again; no error
of a node is taken for an answer. The contract's first-writer rule turns every race that is left into
wasted gas. The steps of one flush:

1. The newest block that holds something of ours vouches for all before it; what is above a fork is
   opened again.
2. What was in flight when the last flush ended is looked up, and given to the node again only if its
   number is free and the chain knows nothing of it.
3. What waits is sent in the order in which it came, parents before children, in batches.
4. What is deep enough becomes final.
"""

from contextlib import suppress
from dataclasses import dataclass

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Node, batches
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.outbox_entry import OutboxEntry
from edgeline.anchoring.submitter import BATCH, Late, Submitter

PATIENCE = 2
"""Sweeps without news before a flush gives up: somebody else may number this account's transactions too."""


@dataclass(frozen=True)
class FlushReport:
    """What one flush did, in entries."""

    sent: int
    """On the chain by a transaction of ours."""
    already: int
    """On the chain before we came."""
    final: int
    reopened: int
    """Anchored once, and no longer: the chain forgot, or is another one."""
    pending: int
    """Still to be anchored, those that the contract refuses included."""
    refused: tuple[tuple[str, str], ...]
    """Key and reason."""


def flush(
    outbox: Outbox,
    contract: AnchorContract,
    signer: Signer,
    *,
    confirmations: int = 1,
    wait_s: float = 60.0,
    patience_s: float = 0.0,
) -> FlushReport:
    """Sends what waits and looks after what was sent.

    An entry counts as final when its block and those after it are `confirmations`; `wait_s` is how long to wait
    for a block without any news; `patience_s` is for another process that flushes this outbox or sends with this
    account.

    Raises:
        ServiceUnavailable: the node does not answer (any more). As for all errors: nothing is lost, flush again.
        EnvironmentUnfit: no funds, a missing role, an unusable key, or too high fees.
        WorkspaceBusy: another process flushes this outbox, or sends with this account.
    """
    with outbox.exclusive(patience_s), signer.exclusive(patience_s):
        reopened = outbox.bind(contract.deployment) + _rewind(outbox, contract.node)
        submitter = Submitter(outbox, contract, signer, wait_s)
        with suppress(Late):
            submitter.resume()
            _send_all(outbox, submitter)
        reopened += _rewind(outbox, contract.node)
        final = outbox.finalise(contract.node.head() - confirmations + 1)
        waiting = outbox.entries("pending")
        return FlushReport(
            sent=submitter.sent,
            already=submitter.already,
            final=final,
            reopened=reopened,
            pending=len(waiting) + len(outbox.entries("sent")),
            refused=tuple((entry.key, entry.reason) for entry in waiting if entry.reason),
        )


def _rewind(outbox: Outbox, node: Node) -> int:
    """Opens again what is above a fork; one look if there is none, a dozen if there is."""
    known = outbox.blocks()
    kept = known[: node.num_held(known)]
    return 0 if kept == known else outbox.reopen(kept[-1][0] if kept else -1)


def _send_all(outbox: Outbox, submitter: Submitter) -> None:
    """Sweeps until one brings nothing new; what was refused before goes last, one by one."""
    idle = 0
    while idle < PATIENCE:
        before = submitter.sent + submitter.already
        for batch in batches(_ready(outbox.entries("pending")), BATCH):
            submitter.send(batch)
        for entry in outbox.entries("pending"):
            if entry.reason and entry.key not in submitter.stuck:
                submitter.retry(entry)
        idle = 0 if submitter.sent + submitter.already > before else idle + 1


def _ready(pending: list[OutboxEntry]) -> list[OutboxEntry]:
    """Those that the contract would accept if all before them are accepted."""
    blocked = {entry.key for entry in pending}
    ready = []
    for entry in pending:
        if not entry.reason and blocked.isdisjoint(entry.parents):
            ready.append(entry)
            blocked.remove(entry.key)
    return ready
