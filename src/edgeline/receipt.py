"""What was stated about a digest, where a chain took it down, and the file that says both.

A receipt is everything that the chain can be asked about a digest, so verifying one means asking
the chain to write it again and comparing field by field. This module knows no network.

Chain values have one spelling: lower-case hexadecimal with 0x in front. SHA-256 digests go without.
"""

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from edgeline.digest import MAX_SAFE_INTEGER, JsonValue, canonical_json
from edgeline.errors import EnvironmentUnfit, Tampered

RECEIPT_NAME = "receipt.json"
RECEIPT_SCHEMA = "edgeline.receipt/1"
DEPLOYMENT_SCHEMA = "edgeline.deployment/1"

# A longer file is cut off here, and is then no JSON.
MAX_BYTES = 2**20

# What a digest can stand for, and its number on the chain. Numbers are never given to another kind.
KINDS = {"data": 1, "pretrained": 2, "tuned": 3, "small": 4, "round": 5, "artifact": 6}


@dataclass(frozen=True)
class Statement:
    """This digest is of this kind and was made from these parents: a set, kept ascending."""

    digest: str
    kind: str
    parents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parents", tuple(sorted(set(self.parents))))


@dataclass(frozen=True)
class Deployment:
    """One contract on one chain; the genesis hash tells chains apart that share a number."""

    chain_id: int
    genesis: str
    contract: str
    code_hash: str


@dataclass(frozen=True)
class Receipt:
    """A statement and its place on a chain; `time` is the block's, in seconds since 1970 UTC."""

    statement: Statement
    deployment: Deployment
    anchorer: str
    time: int
    block: int
    block_hash: str
    transaction: str


def covers(receipt: Receipt, digest: str) -> bool:
    """Whether the receipt speaks about this digest; says nothing of whether it is true."""
    return receipt.statement.digest == digest


def differences(claimed: Receipt, actual: Receipt) -> list[tuple[str, object, object]]:
    """Every field in which two receipts disagree: (name, claimed, actual)."""
    return [
        (name, value, _flat(actual)[name])
        for name, value in _flat(claimed).items()
        if value != _flat(actual)[name]
    ]


def write_receipt(receipt: Receipt, folder: Path) -> Path:
    """Puts `receipt.json` into the folder, whole or not at all."""
    return _replace(folder / RECEIPT_NAME, {**_plain(receipt), "schema": RECEIPT_SCHEMA})


def read_receipt(folder: Path) -> Receipt | None:
    """The receipt in this folder, or None if it holds none.

    Raises:
        Tampered: the bytes are not exactly those that `write_receipt` would have written.
    """
    path = folder / RECEIPT_NAME
    if not (path.exists() or path.is_symlink()):
        return None
    try:
        with path.open("rb") as file:
            return parse_receipt(file.read(MAX_BYTES))
    except (ValueError, OSError) as error:
        raise Tampered(
            expected=f"{path} as it was written",
            found=str(error) if isinstance(error, ValueError) else "no readable file",
            remedy="take the folder from its source again, or delete this file and ask the chain",
        ) from error


def parse_receipt(data: bytes) -> Receipt:
    """The receipt with exactly these bytes.

    Raises:
        ValueError: not canonical JSON, a field too many or too few, or a value of the wrong form.
    """
    values = _canonical_object(data, RECEIPT_SCHEMA)
    _check(values, Receipt, "")
    statement, deployment = values.pop("statement"), values.pop("deployment")
    return Receipt(
        statement=Statement(statement["digest"], statement["kind"], tuple(statement["parents"])),
        deployment=Deployment(**deployment),
        **values,
    )


def write_deployment(deployment: Deployment, path: Path) -> Path:
    """Puts the deployment into a file, whole or not at all."""
    return _replace(path, {**_plain(deployment), "schema": DEPLOYMENT_SCHEMA})


def read_deployment(path: Path) -> Deployment:
    """The deployment in this file.

    Raises:
        EnvironmentUnfit: there is none, or it is not as it was written.
    """
    try:
        values = _canonical_object(path.read_bytes(), DEPLOYMENT_SCHEMA)
        _check(values, Deployment, "")
    except (ValueError, OSError) as error:
        raise EnvironmentUnfit(
            expected=f"a deployed contract described by {path}",
            found=str(error) if isinstance(error, ValueError) else "no such file",
            remedy="run `edgeline up`",
        ) from error
    return Deployment(**values)


def check_statement(statement: Statement) -> None:
    """Refuses, with a ValueError, a statement that a receipt could not hold."""
    _check(_plain(statement), Statement, "")


def _matches(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_SAFE_INTEGER


_DIGEST = _matches("(?!0{64})[0-9a-f]{64}")
_HASH = _matches("0x[0-9a-f]{64}")
_ACCOUNT = _matches("0x[0-9a-f]{40}")


def _are_parents(value: object) -> bool:
    return isinstance(value, list) and all(map(_DIGEST, value)) and value == sorted(set(value))


_FORMS: dict[str, Callable[[object], bool]] = {
    "digest": _DIGEST,
    "kind": lambda value: isinstance(value, str) and value in KINDS,
    "parents": _are_parents,
    "chain_id": _is_count,
    "genesis": _HASH,
    "contract": _ACCOUNT,
    "code_hash": _HASH,
    "anchorer": _ACCOUNT,
    "time": _is_count,
    "block": _is_count,
    "block_hash": _HASH,
    "transaction": _HASH,
}
_NESTED: dict[str, type[Statement] | type[Deployment]] = {
    "statement": Statement,
    "deployment": Deployment,
}


def _check(
    values: object, kind: type[Receipt] | type[Statement] | type[Deployment], at: str
) -> None:
    """Exactly the fields of this dataclass, each in its form."""
    names = {field.name for field in fields(kind)}
    if not isinstance(values, dict) or values.keys() != names:
        raise ValueError(f"other fields in {at or 'the file'} than {', '.join(sorted(names))}")
    for name, value in values.items():
        if name in _NESTED:
            _check(value, _NESTED[name], f"{at}{name}")
        elif not _FORMS[name](value):
            raise ValueError(f"no valid {name}")


def _canonical_object(data: bytes, schema: str) -> dict[str, Any]:
    """The object with exactly these canonical bytes and this schema, which is left out."""
    try:
        values = json.loads(data)
        canonical = canonical_json(values) == data
    except (ValueError, TypeError, RecursionError):
        canonical = False
    if not canonical:
        raise ValueError("bytes that are not canonical JSON")
    if not isinstance(values, dict) or values.pop("schema", None) != schema:
        raise ValueError(f"another schema than {schema}")
    return values


def _plain(thing: Receipt | Statement | Deployment) -> dict[str, Any]:
    """The dataclass as JSON has it: tuples become lists."""
    values = asdict(thing)
    statement = values.get("statement", values)
    if "parents" in statement:
        statement["parents"] = list(statement["parents"])
    return values


def _flat(receipt: Receipt) -> dict[str, object]:
    values = _plain(receipt)
    return {**values.pop("statement"), **values.pop("deployment"), **values}


def _replace(path: Path, values: dict[str, JsonValue]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, not in it: if this is cut off, one file more would look like tampering.
    unfinished = path.parent.with_name(f".{path.parent.name}.{secrets.token_hex(4)}")
    with unfinished.open("wb") as file:
        file.write(canonical_json(values))
        file.flush()
        os.fsync(file.fileno())
    return unfinished.replace(path)
