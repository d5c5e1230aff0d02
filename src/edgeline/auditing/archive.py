"""Statements at hand: what adds names, files and members of trees to what the chain says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol, TypeVar

from edgeline.provenance.receipt import Receipt
from edgeline.provenance.statement import Statement

T = TypeVar("T")


class Archive(Protocol):
    """Where statements can be looked up; the outbox is one."""

    def statement(self, digest: str) -> Statement | None: ...
    def about(self, sha256: str) -> list[Statement]: ...
    def children(self, digest: str) -> list[str]: ...
    def tree_of(self, digest: str) -> str | None: ...
    def members(self, tree: str) -> list[str]: ...


@dataclass(frozen=True)
class Loose:
    """Statements that came with a receipt, and nothing else."""

    statements: tuple[Statement, ...] = ()
    trees: Mapping[str, str] = field(default_factory=dict)
    """Statement to the tree that holds it."""

    @classmethod
    def from_receipt(cls, receipt: Receipt) -> "Loose":
        own = receipt.statement
        trees = {own.digest: receipt.record.key} if receipt.inclusion else {}
        return cls((*receipt.lineage, own), trees)

    def statement(self, digest: str) -> Statement | None:
        return next((one for one in self.statements if one.digest == digest), None)

    def about(self, sha256: str) -> list[Statement]:
        subjects = ((one, {subject.sha256 for subject in one.subjects}) for one in self.statements)
        return [one for one, known in subjects if sha256 in known]

    def children(self, digest: str) -> list[str]:
        return [one.digest for one in self.statements if digest in one.parents]

    def tree_of(self, digest: str) -> str | None:
        return self.trees.get(digest)

    def members(self, tree: str) -> list[str]:
        """Not known: a receipt proves one member without naming the others."""
        return []


@dataclass(frozen=True)
class Several:
    """What any of these knows; the first to know it answers."""

    archives: tuple[Archive, ...]

    def statement(self, digest: str) -> Statement | None:
        return next((one for a in self.archives if (one := a.statement(digest))), None)

    def about(self, sha256: str) -> list[Statement]:
        return _distinct(chain.from_iterable(a.about(sha256) for a in self.archives))

    def children(self, digest: str) -> list[str]:
        return _distinct(chain.from_iterable(a.children(digest) for a in self.archives))

    def tree_of(self, digest: str) -> str | None:
        return next((tree for a in self.archives if (tree := a.tree_of(digest))), None)

    def members(self, tree: str) -> list[str]:
        return next((some for a in self.archives if (some := a.members(tree))), [])


def _distinct(things: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(things))
