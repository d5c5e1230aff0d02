"""What became of a key, read from the index: who may do what, and who is suspect since when.

The same rules as the contract's own, which is tested.
"""

from edgeline.anchoring.events import KeyCompromised, RolesChanged
from edgeline.anchoring.interface import ROLES
from edgeline.auditing.index import Index


def suspect_since(index: Index, account: str) -> int:
    """Since when a key's records are not to be trusted, in seconds since 1970 UTC; 0: they are."""
    declared = index.find(KeyCompromised, account=account)
    return min((event.body.since for event in declared), default=0)


def roles(index: Index, account: str) -> tuple[str, ...]:
    """What an account may do: the last that was given to it."""
    changes = index.find(RolesChanged, account=account)
    held = changes[-1].body.roles if changes else 0
    return tuple(name for name, bit in ROLES.items() if held & bit)


def may_revoke(index: Index, account: str, anchorer: str) -> bool:
    """Whether a leaf's revocation by this account concerns a tree of that anchorer.

    Anybody who may anchor can put a stranger's statement into a tree of their own and revoke it there.
    """
    changes = index.find(RolesChanged, account=account)
    return account == anchorer or any(event.body.roles & ROLES["REVOKER"] for event in changes)
