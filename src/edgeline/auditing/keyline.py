"""Lines of keys, read from the index: who took over from whom, who may do what, who is suspect since when.

The same rules as the contract's own, which is tested. A line never branches and is bounded there; so
what is longer is a node's invention. Imports no web3.
"""

from edgeline.anchoring.events import KeyCompromised, KeyRotated, RolesChanged
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.logs import malformed
from edgeline.auditing.index import Index

MAX_ROTATIONS = 32


def suspect_since(index: Index, account: str) -> int:
    """Since when a key's records are not to be trusted, in seconds since 1970 UTC; 0: they are.

    The earlier of its own date and of its appointment, where a key before it in the line was
    compromised at or before its own handing over.
    """
    since = _compromised(index, account)
    before = predecessors(index, account)
    for key, handover in before:
        told = _compromised(index, key)
        if told and told <= handover:
            appointed = before[0][1]
            return min(appointed, since) if since else appointed
    return since


def predecessors(index: Index, account: str) -> list[tuple[str, int]]:
    """The keys before this one, newest first, each with the time at which it handed over."""
    line: list[tuple[str, int]] = []
    while rotated := index.find(KeyRotated, successor=line[-1][0] if line else account):
        line.append((rotated[0].body.predecessor, rotated[0].body.time))
        if len(line) > MAX_ROTATIONS:
            raise malformed(index.deployment.contract)
    return line


def heirs(index: Index, account: str) -> list[str]:
    """The keys that took over from this one, oldest first."""
    line: list[str] = []
    while rotated := index.find(KeyRotated, predecessor=line[-1] if line else account):
        line.append(rotated[0].body.successor)
        if len(line) > MAX_ROTATIONS:
            raise malformed(index.deployment.contract)
    return line


def roles(index: Index, account: str) -> tuple[str, ...]:
    """What an account may do: the last that was given to it, or to the key that it took over from."""
    if heirs(index, account):
        return ()
    line = [account, *(key for key, _ in predecessors(index, account))]
    appointed = {
        event.body.successor: (event.block, event.position)
        for event in index.among(KeyRotated, "successor", line)
    }
    given = [
        event.body
        for event in index.among(RolesChanged, "account", line)
        # what was said of a key before it took over from another no longer holds
        if (event.block, event.position) > appointed.get(event.body.account, (-1, 0))
    ]
    held = given[-1].roles if given else 0
    return tuple(name for name, bit in ROLES.items() if held & bit)


def may_revoke(index: Index, account: str, anchorer: str) -> bool:
    """Whether a leaf's revocation by this account concerns a tree of that anchorer.

    Anybody who may anchor can put a stranger's statement into a tree of their own and revoke it there.
    """
    line = {account, *(key for key, _ in predecessors(index, account))}
    given = index.among(RolesChanged, "account", line)
    return anchorer in line or any(event.body.roles & ROLES["REVOKER"] for event in given)


def _compromised(index: Index, account: str) -> int:
    told = index.find(KeyCompromised, account=account)
    return min((event.body.since for event in told), default=0)
