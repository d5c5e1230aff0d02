"""What a contract's storage holds of a statement or tree, and which contract on which chain that is.

Chain values have one spelling: lower-case hexadecimal with 0x in front. SHA-256 digests go without.
"""

import re
from dataclasses import dataclass

from edgeline.digest import MAX_SAFE_INTEGER
from edgeline.provenance.statement import is_digest

REVOKED = 1
"""The flag of a record that was revoked; the reason is in the upper eight bits of the flags."""

REASONS = (
    "unspecified",
    "superseded",
    "defective",
    "data withdrawn",
    "key compromised",
    "not allowed",
)
"""By their numbers, which are never given to another reason."""

HASH = re.compile(r"0x[0-9a-f]{64}")
_ACCOUNT = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True)
class Deployment:
    """One contract on one chain; the genesis hash tells chains apart that share a number."""

    chain_id: int
    genesis: str
    contract: str
    code_hash: str
    """Keccak-256 of the contract's runtime code."""

    def __post_init__(self) -> None:
        check_field("chain_id", is_count(self.chain_id, MAX_SAFE_INTEGER))
        check_field("genesis", fits(HASH, self.genesis))
        check_field("contract", fits(_ACCOUNT, self.contract))
        check_field("code_hash", fits(HASH, self.code_hash))


@dataclass(frozen=True)
class Record:
    """What the contract's storage holds under a key, in one word of 32 bytes."""

    key: str
    """Digest of a statement, or id of a tree."""
    anchorer: str
    time: int
    """The block's, in seconds since 1970 UTC."""
    block: int
    kind: int
    flags: int = 0

    def __post_init__(self) -> None:
        check_field("key", isinstance(self.key, str) and is_digest(self.key))
        check_field("anchorer", fits(_ACCOUNT, self.anchorer))
        check_field("time", is_count(self.time, 2**40 - 1))
        check_field("block", is_count(self.block, 2**32 - 1))
        check_field("kind", is_count(self.kind, 2**8 - 1))
        check_field("flags", is_count(self.flags, 2**16 - 1))

    @property
    def revoked(self) -> bool:
        return bool(self.flags & REVOKED)

    @property
    def reason(self) -> int:
        return self.flags >> 8

    def pack(self) -> bytes:
        """The word of storage, highest byte first."""
        bits = self.flags << 240 | self.kind << 232 | self.block << 200 | self.time << 160
        return (bits | int(self.anchorer, 16)).to_bytes(32, "big")

    @classmethod
    def unpack(cls, key: str, word: bytes) -> "Record":
        """The record in this word of storage."""
        bits = int.from_bytes(word, "big")
        anchorer, time, block = bits % 2**160, bits >> 160 & 2**40 - 1, bits >> 200 & 2**32 - 1
        return cls(key, f"0x{anchorer:040x}", time, block, bits >> 232 & 0xFF, bits >> 240)


def reason_name(reason: int) -> str:
    """In words; others may write numbers that this version has no name for."""
    return REASONS[reason] if reason < len(REASONS) else f"reason {reason}"


def check_field(name: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"no valid {name}")


def fits(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def is_count(value: object, most: int) -> bool:
    # True is an integer to Python, and something else in JSON.
    return type(value) is int and 0 <= value <= most
