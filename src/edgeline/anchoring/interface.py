"""The contract's compiled interface, its numbers by name, and its refusals in plain words.

Digests are 64 hexadecimal characters, accounts have 0x in front.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

COMPILED: Mapping[str, Any] = json.loads(
    files("edgeline.anchoring").joinpath("ModelAnchor.json").read_bytes()
)
"""What `contracts/compile.js` wrote: abi, bytecode, code_hash."""

ROLES = {"ADMIN": 1, "ANCHORER": 2, "REVOKER": 4}

# Statuses as the contract numbers them.
UNKNOWN, VALID, REVOKED, SUSPECT = range(4)
STATUSES = {
    UNKNOWN: "is not on the chain",
    REVOKED: "was revoked",
    SUSPECT: "was anchored with a compromised key",
}


def input_types(kind: str) -> dict[str, tuple[str, ...]]:
    """Of all events or errors of the contract: the types of their fields, by name."""
    items = (item for item in COMPILED["abi"] if item["type"] == kind)
    return {item["name"]: tuple(field["type"] for field in item["inputs"]) for item in items}


def role_names(roles: int) -> str:
    """The roles in words, such as "ADMIN, ANCHORER"."""
    return ", ".join(name for name, bit in ROLES.items() if roles & bit) or "none"


def moment(seconds: int) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


REFUSALS: Mapping[str, Callable[..., str]] = {
    "ZeroDigest": lambda: "a digest of zero stands for nothing",
    "ReservedKind": lambda kind: f"kind {kind} cannot be anchored",
    "AlreadyAnchored": lambda key, by, time: (
        f"{key} is already anchored, by {by} at {moment(time)}"
    ),
    "ParentUnusable": lambda parent, status: (
        f"parent {parent} {STATUSES.get(status, 'cannot be used')}"
    ),
    "ParentsUnordered": lambda parent: f"parent {parent} is out of order",
    "EmptyTree": lambda: "a tree without leaves",
    "UnknownStatement": lambda key: f"{key} is not on the chain",
    "AlreadyRevoked": lambda key: f"{key} was revoked before",
    "NotInTree": lambda key: f"{key} is not that leaf of the tree",
    "MissingRole": lambda account, role: (
        f"account {account} lacks the role {role_names(role)}: "
        "ask an administrator, `edgeline chain roles`"
    ),
    "KeyUnusable": lambda account, since: (
        f"the key of account {account} is compromised since {moment(since)}: appoint a new key"
    ),
    "BadRoles": lambda account, roles: f"roles {roles} for account {account} do not exist",
    "BadDate": lambda since, latest: (
        f"{moment(since)} as the date of a compromise; it can be {moment(latest)} at the latest"
    ),
    "LastAdmin": lambda: (
        "the contract left without an administrator: first `edgeline chain roles ANOTHER ADMIN`"
    ),
}
"""Name of an error of the contract, and what it says to a person about the error's fields."""
