"""One call of the contract that an outbox keeps, from before it is sent until it is final."""

from dataclasses import dataclass
from typing import Any

from edgeline.provenance.statement import KINDS, TREE


@dataclass(frozen=True)
class OutboxEntry:
    """One call of the contract, and how far it got."""

    key: str
    """What the chain will know it by: digest of a statement, id of a tree, name of a task."""
    what: str
    """statement, tree, task or round."""
    function: str
    arguments: tuple[Any, ...]
    state: str
    reason: str
    """Why the contract refused it last, or what it waits for; empty otherwise."""
    sender: str | None
    nonce: int | None
    price: int | None
    """In wei per gas, the most that its transaction pays."""
    raw: bytes | None
    transaction: str | None
    block: int | None
    block_hash: str | None

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys that must be on the chain before this one."""
        match self.what:
            case "statement":
                return tuple(self.arguments[3])
            case "task":
                return (self.arguments[1],)
            case "round":
                task, _, _, _, parents, _, _ = self.arguments[0]
                return (task, *parents)
        return ()

    @property
    def subject(self) -> str | None:
        """What its statement is about; None for trees and tasks."""
        match self.what:
            case "statement":
                return str(self.arguments[1])
            case "round":
                return str(self.arguments[0][3])
        return None

    @property
    def kind(self) -> int | None:
        """The kind that its record has, by the contract's numbers; None for a task, which has no record."""
        numbers = {"tree": TREE, "round": KINDS["round"], "task": None}
        return numbers[self.what] if self.what in numbers else int(self.arguments[2])


@dataclass(frozen=True)
class Sent:
    """A transaction that is about to leave for a row."""

    key: str
    sender: str
    nonce: int
    price: int
    raw: bytes | None
    transaction: str | None
