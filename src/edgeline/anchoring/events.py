"""The contract's events, as a node lists them: each a frozen dataclass with the contract's own names.

Digests are 64 hexadecimal characters; accounts and transactions have 0x in front. Imports no web3.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class Anchored:
    """A statement was written, for the first and only time."""

    statement: str
    subject: str
    anchorer: str
    kind: int
    time: int


@dataclass(frozen=True, slots=True)
class Derived:
    """The child was made from the parent; in the child's own transaction."""

    parent: str
    child: str


@dataclass(frozen=True, slots=True)
class TreeAnchored:
    """The root of many statements was written."""

    id: str
    root: str
    anchorer: str
    size: int
    time: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """A statement is no longer to be used."""

    statement: str
    by: str
    reason: int
    detail: str
    time: int


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """From now on, `account` has exactly these roles."""

    account: str
    by: str
    roles: int
    """Sum of ROLES."""


@dataclass(frozen=True, slots=True)
class KeyCompromised:
    """What `account` anchored at or after `since` is not to be believed."""

    account: str
    by: str
    since: int


EVENTS: tuple[type, ...] = (Anchored, Derived, TreeAnchored, Revoked, RolesChanged, KeyCompromised)
"""All that the contract has; their fields are the compiled interface's, in its order."""

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Event(Generic[B]):
    """What happened, and where on the chain it is written down."""

    body: B
    block: int
    position: int
    """Within its block."""
    transaction: str
    block_hash: str
