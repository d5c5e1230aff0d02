"""What an audit answers: frozen, each as a JSON object with whole digests and times in UTC ISO 8601."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edgeline.anchoring.interface import moment
from edgeline.digest import JsonValue

UNKNOWN, VALID, REVOKED, COMPROMISED = "unknown", "valid", "revoked", "compromised"
ANCESTOR = "ancestor not valid"
"""What holds by itself and was made from something that does not."""


@dataclass(frozen=True)
class Status:
    """Whether a statement may be relied on, and who said that it may not."""

    word: str
    """valid, revoked, compromised (anchored when its key was no longer to be believed), ancestor not valid, unknown."""
    by: str = ""
    time: int = 0
    """Of the revocation, or since when the key is suspect."""
    reason: str = ""
    detail: str = ""
    """Digest of a document that says more; empty where none was named."""

    def __str__(self) -> str:
        return f"{self.word} ({self.reason})" if self.reason else self.word

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "status": self.word,
            "revoked_by": self.by or None,
            "revoked_time": shown_time(self.time),
            "reason": self.reason or None,
            "detail": self.detail or None,
        }


@dataclass(frozen=True)
class Entry:
    """One statement: what the chain says of it, and its document where one is at hand."""

    statement: str
    kind: str
    subject: str = ""
    anchorer: str = ""
    time: int = 0
    block: int = 0
    block_hash: str = ""
    transaction: str = ""
    tree: str = ""
    """Identity of the tree that holds it; empty for a statement with a record of its own."""
    parents: tuple[str, ...] = ()
    status: Status = Status(UNKNOWN)
    name: str = ""
    """What people call it, after its document; empty without one."""
    about: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether the chain knows it; of a revoked leaf without its tree, that is all."""
        return self.status.word != UNKNOWN

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "statement": self.statement,
            "kind": self.kind,
            "subject": self.subject or None,
            "name": self.name or None,
            "anchorer": self.anchorer or None,
            "time": shown_time(self.time),
            "block": self.block or None,
            "block_hash": self.block_hash or None,
            "transaction": self.transaction or None,
            "tree": self.tree or None,
            "parents": list(self.parents),
            **self.status.to_json(),
            "about": dict(self.about),
        }


@dataclass(frozen=True)
class Lineage:
    """What something came from, and what was made from it: parents before their children."""

    asked: str
    entries: tuple[Entry, ...]
    edges: tuple[tuple[str, str], ...]
    """Parent and child."""

    def to_json(self) -> dict[str, JsonValue]:
        edges: list[JsonValue] = [list(edge) for edge in self.edges]
        return {"asked": self.asked, "entries": _all(self.entries), "edges": edges}

    def to_dot(self) -> str:
        """The same as a graph for Graphviz."""
        lines = ["digraph lineage {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
        for entry in self.entries:
            label = _quoted(f"{entry.kind} {entry.name}".strip(), entry.subject[:16])
            style = ', style="dashed"' if entry.status.word != VALID else ""
            lines.append(f'  "{entry.statement}" [label={label}{style}];')
        lines += [f'  "{parent}" -> "{child}";' for parent, child in self.edges]
        return "\n".join([*lines, "}"])


@dataclass(frozen=True)
class Account:
    """What one key may do, and did."""

    account: str
    roles: tuple[str, ...]
    predecessor: str
    successor: str
    suspect_since: int
    entries: tuple[Entry, ...]
    revoked: tuple[Entry, ...]
    """What this account revoked."""

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "account": self.account,
            "roles": list(self.roles),
            "predecessor": self.predecessor or None,
            "successor": self.successor or None,
            "suspect_since": shown_time(self.suspect_since),
            "entries": _all(self.entries),
            "revoked": _all(self.revoked),
        }


@dataclass(frozen=True)
class Round:
    """One round of a federated task."""

    task: str
    number: int
    base: str
    """Statement that the task began from."""
    coordinators: tuple[str, ...]
    quorum: int
    approvals: tuple[str, ...]
    """Keys that agreed to what was closed, in their order; the last one closed it."""
    updates: str
    """RFC 6962 root of the digests of the clients' updates."""
    clients: int
    entry: Entry

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "task": self.task,
            "number": self.number,
            "base": self.base,
            "coordinators": list(self.coordinators),
            "quorum": self.quorum,
            "approvals": list(self.approvals),
            "updates": self.updates,
            "clients": self.clients,
            "entry": self.entry.to_json(),
        }


@dataclass(frozen=True)
class Key:
    """A key that was declared compromised, and what is not to be believed for it."""

    account: str
    by: str
    since: int
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "account": self.account,
            "by": self.by,
            "since": shown_time(self.since),
            "entries": _all(self.entries),
        }


@dataclass(frozen=True)
class Withdrawn:
    """All that was anchored and is no longer to be relied on."""

    entries: tuple[Entry, ...]
    keys: tuple[Key, ...]

    def to_json(self) -> dict[str, JsonValue]:
        return {"entries": _all(self.entries), "keys": [key.to_json() for key in self.keys]}


@dataclass(frozen=True)
class Difference:
    """Two histories: what they share, where they part, and what each has alone."""

    a: Entry
    b: Entry
    common: tuple[Entry, ...]
    parting: tuple[Entry, ...]
    """The youngest that both came from."""
    only_a: tuple[Entry, ...]
    only_b: tuple[Entry, ...]
    files: tuple[tuple[str, str, str], ...]
    """Name, digest in a, digest in b, of the subjects that differ; empty where there is none."""

    def to_json(self) -> dict[str, JsonValue]:
        files: list[JsonValue] = [
            {"name": name, "a": one or None, "b": other or None} for name, one, other in self.files
        ]
        return {
            "a": self.a.to_json(),
            "b": self.b.to_json(),
            "common": _all(self.common),
            "parting": _all(self.parting),
            "only_a": _all(self.only_a),
            "only_b": _all(self.only_b),
            "files": files,
        }


def shown_time(seconds: int) -> str | None:
    """ISO 8601 in UTC; None for the zero that stands for no time."""
    return moment(seconds) if seconds else None


def _all(entries: Iterable[Entry]) -> list[JsonValue]:
    return [entry.to_json() for entry in entries]


def _quoted(*lines: str) -> str:
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line]
    return '"' + "\\n".join(escaped) + '"'
