"""What an audit answers: frozen, each as a JSON object with whole digests and times in UTC ISO 8601."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edgeline.anchoring.interface import moment
from edgeline.digest import JsonValue

UNKNOWN, VALID, REVOKED, COMPROMISED = "unknown", "valid", "revoked", "compromised"
ANCESTOR = "ancestor not valid"
"""What holds by itself and was made from something that does not."""
TIMES = ("time", "since", "suspect_since")
"""Fields in seconds since 1970 UTC."""
STATUS_KEYS = ("status", "revoked_by", "revoked_time", "reason", "detail")
"""What JSON calls the fields of a status, in their order."""


@dataclass(frozen=True)
class Status:
    """Whether a statement may be relied on, and who revoked it if not."""

    word: str
    """valid, revoked, compromised (anchored when others may have held its key), ancestor not valid, or unknown."""
    by: str = ""
    time: int = 0
    """Of the revocation, or since when the key is suspect."""
    reason: str = ""
    detail: str = ""
    """Digest of a document that says more; empty where none was named."""

    def __str__(self) -> str:
        return f"{self.word} ({self.reason})" if self.reason else self.word


@dataclass(frozen=True)
class Entry:
    """One statement: what the chain holds of it, and its document where one is at hand."""

    statement: str
    kind: str
    subject: str = ""
    name: str = ""
    """What people call it, after its document; empty without one."""
    anchorer: str = ""
    time: int = 0
    block: int = 0
    block_hash: str = ""
    transaction: str = ""
    tree: str = ""
    """Identity of the tree that holds it; empty for a statement with a record of its own."""
    parents: tuple[str, ...] = ()
    status: Status = Status(UNKNOWN)
    about: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def is_anchored(self) -> bool:
        """Whether the chain holds it; of a revoked leaf without its tree, only that it was revoked."""
        return self.status.word != UNKNOWN


@dataclass(frozen=True)
class Lineage:
    """What something came from, and what was made from it: parents before their children."""

    asked: str
    entries: tuple[Entry, ...]
    edges: tuple[tuple[str, str], ...]
    """Parent and child."""


@dataclass(frozen=True)
class Account:
    """What one key may do, and did."""

    account: str
    roles: tuple[str, ...]
    suspect_since: int
    entries: tuple[Entry, ...]
    revoked: tuple[Entry, ...]
    """What this account revoked."""


@dataclass(frozen=True)
class Round:
    """One round of a federation."""

    number: int
    """By its statement; where that is not at hand, one more than the round before."""
    previous: str
    """Statement of the round before, or of what the federation began from; empty where none is known."""
    clients: int | None
    """How many clients' updates it holds; None without its statement."""
    updates: str
    """RFC 6962 root of the digests of their updates."""
    entry: Entry


@dataclass(frozen=True)
class Fork:
    """Several rounds with one number that follow the same statement."""

    number: int
    previous: str
    rounds: tuple[str, ...]
    """Their statements."""


@dataclass(frozen=True)
class Federation:
    """The rounds before and after one of them, with those beside them where the federation forks."""

    asked: str
    rounds: tuple[Round, ...]
    """The round before comes first."""
    forks: tuple[Fork, ...]


@dataclass(frozen=True)
class Key:
    """A key that was declared compromised, and what is not to be believed for it."""

    account: str
    by: str
    since: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Withdrawn:
    """All that was anchored and is no longer to be relied on."""

    entries: tuple[Entry, ...]
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class FileDifference:
    """A subject that two statements name with different digests, or only one of them names."""

    name: str
    a: str
    b: str


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
    files: tuple[FileDifference, ...]


def to_json(answer: Any) -> dict[str, JsonValue]:
    """An answer or a part of one; whatever is empty or not known is null, but for lists and remarks."""
    return asdict(answer, dict_factory=_object)


def _object(values: list[tuple[str, Any]]) -> dict[str, JsonValue]:
    """A status is told beside what it is of."""
    told: dict[str, Any] = {}
    for name, value in values:
        if name == "status":
            told |= dict(zip(STATUS_KEYS, value.values(), strict=True))
        elif name in TIMES:
            told[name] = shown_time(value)
        else:
            told[name] = value if isinstance(value, tuple | dict) else value or None
    return told


def shown_time(seconds: int) -> str | None:
    """ISO 8601 in UTC; None for the zero that stands for no time."""
    return moment(seconds) if seconds else None
