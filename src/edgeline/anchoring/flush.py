"""Moves the rows of an outbox onto the chain: each exactly once, whatever dies in between.

A row is written down before it is sent, and the chain is looked at before it is sent again; no error
of a node is taken for an answer. The contract's first-writer rule turns every race that is left into
wasted gas. The steps of one flush:

1. The newest block that holds something of ours vouches for all before it; what is above a fork is
   opened again.
2. What was in flight when the last flush ended is looked up, and given to the node again only if its
   number is free and the chain knows nothing of it.
3. What waits is sent in the order in which it came, parents before children, in batches.
4. What is deep enough becomes final.
"""

from bisect import bisect_left
from dataclasses import dataclass

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.outbox_entry import OutboxEntry
from edgeline.anchoring.sending import MAX_PRICE
from edgeline.anchoring.submitter import Submitter, batches

PATIENCE = 2
"""Sweeps without news before a flush gives up: somebody else may number this account's transactions too."""


@dataclass(frozen=True)
class FlushReport:
    """What one flush did, in rows."""

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
    registry: AnchorContract,
    signer: Signer,
    *,
    confirmations: int = 1,
    wait_s: float = 60.0,
    max_price: int = MAX_PRICE,
) -> FlushReport:
    """Sends what waits and looks after what was sent.

    A row counts as final when its block and those after it are `confirmations`; `wait_s` is how long to wait
    for a block without any news; `max_price` is in wei per gas.

    Raises:
        ServiceUnavailable: the node does not answer (any more). As for all errors: nothing is lost, flush again.
        EnvironmentUnfit: no funds, a missing role, an unusable key, a retired contract, or too high fees.
        WorkspaceBusy: another process flushes this outbox, or sends with this account.
    """
    with outbox.exclusive(), signer.exclusive():
        reopened = outbox.bind(registry.deployment) + _rewind(outbox, registry.node)
        flight = Submitter(outbox, registry, signer, wait_s, max_price)
        flight.resume()
        if not flight.late:
            _send_all(outbox, flight)
        reopened += _rewind(outbox, registry.node)
        final = outbox.finalise(registry.node.head() - confirmations + 1)
        waiting = outbox.rows("pending")
        return FlushReport(
            sent=flight.sent,
            already=flight.already,
            final=final,
            reopened=reopened,
            pending=len(waiting) + len(outbox.rows("sent")),
            refused=tuple((row.key, row.reason) for row in waiting if row.reason),
        )


def _rewind(outbox: Outbox, node: Node) -> int:
    """Opens again what is above a fork; one look if there is none, a dozen if there is."""
    known = outbox.blocks()
    if not known or _holds(node, *known[-1]):
        return 0
    # Blocks name their parents: all that are there come before all that are not.
    kept = bisect_left(known, True, key=lambda place: not _holds(node, *place))
    return outbox.reopen(known[kept - 1][0] if kept else -1)


def _holds(node: Node, number: int, hash_: str) -> bool:
    block = node.block(number)
    return block is not None and block.hash == hash_


def _send_all(outbox: Outbox, flight: Submitter) -> None:
    """Sweeps until one brings nothing new; what was refused before goes last, one by one."""
    idle = 0
    while idle < PATIENCE and not flight.late:
        before = flight.sent + flight.already
        for batch in batches(_ready(outbox.rows("pending"))):
            if not flight.late:
                flight.send(batch)
        for row in outbox.rows("pending"):
            if row.reason and row.key not in flight.stuck and not flight.late:
                flight.retry(row)
        idle = 0 if flight.sent + flight.already > before else idle + 1


def _ready(pending: list[OutboxEntry]) -> list[OutboxEntry]:
    """Those that the contract would accept if all before them are accepted."""
    blocked = {row.key for row in pending}
    ready = []
    for row in pending:
        if not row.reason and blocked.isdisjoint(row.needs):
            ready.append(row)
            blocked.remove(row.key)
    return ready
