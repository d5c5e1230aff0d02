"""What is stated about files: an in-toto Statement v1 whose digest is what a chain writes down.

A statement names its parents by their digests, so the youngest fixes its whole history, as a commit
of git does. It holds no clock, run id or account: the same content gives the same statement.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from json import JSONEncoder
from types import MappingProxyType
from typing import Any

from edgeline.digest import (
    MAX_SAFE_INTEGER,
    JsonValue,
    parse_canonical,
    sha256_bytes,
)

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:edgeline:lineage:1"

# What a subject can be, and its number on the chain. Numbers are never given to another kind.
KINDS: Mapping[str, int] = MappingProxyType(
    {
        "data": 1,
        "pretrained": 2,
        "tuned": 3,
        "small": 4,
        "round": 5,
        "artifact": 6,
        "part": 7,
        "release": 8,
    }
)
LEAF, TREE = 254, 255
"""Records that no statement of that kind stands behind: a revoked leaf of a tree, and a tree."""

MAX_TEXT = 4096

# For text and small integers under ASCII keys, which is all that a statement holds, this writes what
# canonical_json writes, in a tenth of the time: trees of thousands of statements wait for it.
_WRITER = JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

_DIGEST = re.compile(r"(?!0{64})[0-9a-f]{64}")
_SALT = re.compile(r"([0-9a-f]{32})?")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Anything that has a form in UTF-8 and does not control the terminal that it is printed on.
_TEXT = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{0,{MAX_TEXT}}}")


@dataclass(frozen=True)
class Subject:
    """A file, or what stands for a folder, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Statement:
    """These subjects are of this kind and were made from these parents: a set, kept ascending.

    Raises:
        ValueError: a field that no receipt could hold.
    """

    subjects: tuple[Subject, ...]
    kind: str
    parents: tuple[str, ...] = ()
    """Digests of statements."""
    about: Mapping[str, str | int] = field(default_factory=dict, hash=False)
    salt: str = ""
    """Sixteen random bytes in hexadecimal, only where the same content is stated once more."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "subjects", tuple(self.subjects))
        object.__setattr__(self, "parents", tuple(sorted(set(self.parents))))
        object.__setattr__(self, "about", {**self.about})
        names = {subject.name for subject in self.subjects}
        _check(bool(names), "a statement about nothing")
        digests = [subject.sha256 for subject in self.subjects]
        _check(all(map(is_digest, digests)), "a subject without a digest")
        _check(all(map(_is_name, names)), "a subject with an unfit name")
        _check(len(names) == len(self.subjects), "one name twice")
        _check(self.kind in KINDS, f"no kind of statement: {self.kind!r}")
        _check(all(map(is_digest, self.parents)), "a parent that is no digest")
        _check(
            all(map(_is_remark, self.about.items())), "a remark that is neither text nor integer"
        )
        _check(_SALT.fullmatch(self.salt) is not None, "a salt that is not 32 hexadecimal digits")

    @property
    def subject(self) -> str:
        """SHA-256 of the first subject: what the chain's index knows the statement by."""
        return self.subjects[0].sha256

    @cached_property
    def canonical(self) -> bytes:
        """The canonical bytes; kept, since trees of thousands are digested and stored."""
        return _WRITER.encode(self.to_json()).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes: the statement's key on the chain."""
        return sha256_bytes(self.canonical)

    def to_json(self) -> dict[str, JsonValue]:
        predicate: dict[str, JsonValue] = {
            "kind": self.kind,
            "parents": list(self.parents),
            "about": dict(self.about),
        }
        return {
            "_type": TYPE,
            "subject": [
                {"name": subject.name, "digest": {"sha256": subject.sha256}}
                for subject in self.subjects
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate | ({"salt": self.salt} if self.salt else {}),
        }


def parse_statement(data: "bytes | JsonValue") -> Statement:
    """The statement with exactly these bytes, or this JSON.

    Raises:
        ValueError: bytes that are not canonical, a field too many or too few, or of the wrong form.
    """
    value: Any = parse_canonical(data) if isinstance(data, bytes) else data
    # Built without looking: what has the wrong type fails in its check, or does not give the same JSON again.
    with suppress(TypeError, KeyError, AttributeError):
        subjects = [Subject(one["name"], one["digest"]["sha256"]) for one in value["subject"]]
        fields = value["predicate"]
        parents, salt = fields["parents"], fields.get("salt", "")
        statement = Statement(tuple(subjects), fields["kind"], parents, fields["about"], salt)
        if statement.to_json() == value:
            return statement
    raise ValueError("not the fields of a statement, or not in order")


def check_lineage(statement: Statement, lineage: Sequence[Statement]) -> None:
    """Refuses, with a ValueError, whatever is not the whole history, parents first."""
    history = (*lineage, statement)
    known: set[str] = set()
    for one in history:
        if missing := set(one.parents) - known:
            raise ValueError(f"lineage: {min(missing)} is not there, or after a child of it")
        if one.digest in known:
            raise ValueError(f"lineage: {one.digest} is there twice")
        known.add(one.digest)
    needed = {statement.digest}.union(*(one.parents for one in history))
    if foreign := known - needed:
        raise ValueError(f"lineage: {min(foreign)} is no ancestor")


def kind_name(number: int) -> str:
    """The kind with this number; others may write numbers that this version has no name for."""
    names = {known: name for name, known in KINDS.items()} | {LEAF: "leaf", TREE: "tree"}
    return names.get(number, f"kind {number}")


def is_digest(text: str) -> bool:
    """Whether this is a SHA-256 in 64 lower-case hexadecimal characters, and not all zeros."""
    return _DIGEST.fullmatch(text) is not None


def _is_name(text: str) -> bool:
    return bool(text) and _TEXT.fullmatch(text) is not None


def _is_remark(item: tuple[str, object]) -> bool:
    key, value = item
    if not _KEY.fullmatch(key):
        return False
    if isinstance(value, str):
        return _TEXT.fullmatch(value) is not None
    # True and False are integers to Python, and something else in JSON.
    return type(value) is int and abs(value) <= MAX_SAFE_INTEGER


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
