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
class TaskOpened:
    """A federated task began from `base`."""

    task: str
    base: str
    by: str
    coordinators: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class RoundApproved:
    """One of several coordinators agreed to a round."""

    task: str
    number: int
    coordinator: str
    proposal: str


@dataclass(frozen=True, slots=True)
class RoundClosed:
    """A round became the head of its task."""

    task: str
    number: int
    statement: str
    updates: str
    clients: int


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
class KeyOffered:
    """`account` named the key that may follow it."""

    account: str
    successor: str


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """`successor` took over everything from `predecessor`."""

    predecessor: str
    successor: str
    time: int


@dataclass(frozen=True, slots=True)
class KeyCompromised:
    """What `account` anchored at or after `since` is not to be believed."""

    account: str
    by: str
    since: int


@dataclass(frozen=True, slots=True)
class Retired:
    """The contract takes nothing new; `successor` does."""

    by: str
    successor: str


DECLARED = {
    Anchored: "bytes32 indexed statement, bytes32 indexed subject, address indexed anchorer,"
    " uint8 kind, uint40 time",
    Derived: "bytes32 indexed parent, bytes32 indexed child",
    TreeAnchored: "bytes32 indexed id, bytes32 indexed root, address indexed anchorer,"
    " uint64 size, uint40 time",
    TaskOpened: "bytes32 indexed task, bytes32 indexed base, address indexed by,"
    " address[] coordinators, uint8 quorum",
    RoundApproved: "bytes32 indexed task, uint32 indexed number, address indexed coordinator,"
    " bytes32 proposal",
    RoundClosed: "bytes32 indexed task, uint32 indexed number, bytes32 indexed statement,"
    " bytes32 updates, uint32 clients",
    Revoked: "bytes32 indexed statement, address indexed by, uint8 indexed reason,"
    " bytes32 detail, uint40 time",
    RolesChanged: "address indexed account, address indexed by, uint8 roles",
    KeyOffered: "address indexed account, address indexed successor",
    KeyRotated: "address indexed predecessor, address indexed successor, uint40 time",
    KeyCompromised: "address indexed account, address indexed by, uint40 since",
    Retired: "address indexed by, address indexed successor",
}
"""As in the contract's source, indexed fields first; tests compare it with the compiled interface."""

ROLES = {"ADMIN": 1, "ANCHORER": 2, "COORDINATOR": 4, "REVOKER": 8}

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
