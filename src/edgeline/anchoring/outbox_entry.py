"""One call of the contract that an outbox keeps, from before it is sent until it is final."""

from dataclasses import dataclass
from typing import Any

from edgeline.provenance.statement import TREE

# Limits, not prices: what is not used costs nothing. Measured: 51,000 for a statement or a tree and 5,200 for each
# parent; tests hold the limits against the chain.
BASE_GAS, PARENT_GAS = 100_000, 12_000


@dataclass(frozen=True)
class OutboxEntry:
    """One call of the contract, and how far it got."""

    key: str
    """What the chain will know it by: digest of a statement, id of a tree."""
    what: str
    """statement or tree."""
    function: str
    arguments: tuple[Any, ...]
    state: str
    reason: str
    """Why the contract refused it last; empty otherwise."""
    sender: str | None
    nonce: int | None
    price: int | None
    """In wei per gas, the most that its transaction pays."""
    raw: bytes | None
    transaction: str | None
    block: int | None
    block_hash: str | None

    @property
    def parents(self) -> tuple[str, ...]:
        """Keys that must be on the chain before this one."""
        return tuple(self.arguments[3]) if self.what == "statement" else ()

    @property
    def subject(self) -> str | None:
        """What its statement is about; None for trees."""
        return str(self.arguments[1]) if self.what == "statement" else None

    @property
    def kind(self) -> int:
        """The kind that its record has, by the contract's numbers."""
        return int(self.arguments[2]) if self.what == "statement" else TREE

    @property
    def gas_limit(self) -> int:
        """The most gas that it can need."""
        return BASE_GAS + PARENT_GAS * len(self.parents)


Closed = tuple[str, str | None, int | None, str | None]
"""What the chain has of an entry: its key, transaction, block and the block's hash, as far as they are known."""


@dataclass(frozen=True)
class Sent:
    """A transaction that is about to leave for an entry."""

    key: str
    sender: str
    nonce: int
    price: int
    raw: bytes | None
    transaction: str | None
