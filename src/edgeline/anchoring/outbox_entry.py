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
    state: str = "pending"
    reason: str = ""
    """Why the contract refused it last; empty otherwise."""
    sender: str | None = None
    nonce: int | None = None
    price: int | None = None
    """In wei per gas, the most that its transaction pays."""
    raw: bytes | None = None
    transaction: str | None = None
    block: int | None = None
    block_hash: str | None = None

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

    def freed(self, reason: str = "") -> "OutboxEntry":
        """The same call as it waits again, with a transaction of its own to come."""
        return OutboxEntry(self.key, self.what, self.function, self.arguments, reason=reason)
