"""What the contract can be asked and told, and its refusals in plain words. Imports no web3.

A test compares every signature with the compiled contract. Digests are 64 hexadecimal characters, accounts
have 0x in front.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from edgeline.provenance.trie import keccak256

Types = tuple[str, ...]
ROUND = "(bytes32,uint32,bytes32,bytes32,bytes32[],bytes32,uint32)"

# Name: the types of its arguments, and of its answer.
FUNCTIONS: Mapping[str, tuple[Types, Types]] = {
    "anchor": (("bytes32", "bytes32", "uint8", "bytes32[]"), ()),
    "anchorTree": (("bytes32", "uint64"), ("bytes32",)),
    "anchorBySig": (
        (
            "address",
            "bytes32",
            "bytes32",
            "uint8",
            "bytes32[]",
            "uint256",
            "bytes32",
            "bytes32",
        ),
        (),
    ),
    "openTask": (("bytes32", "bytes32", "address[]", "uint8"), ()),
    "closeRound": ((ROUND,), ()),
    "revoke": (("bytes32", "uint8", "bytes32"), ()),
    "revokeLeaf": (
        ("bytes32", "uint64", "uint64", "bytes32", "bytes32[]", "uint8", "bytes32"),
        (),
    ),
    "setRoles": (("address", "uint8"), ()),
    "rotateKey": (("address",), ()),
    "acceptKey": (("address",), ()),
    "markCompromised": (("address", "uint40"), ()),
    "retire": (("address",), ()),
    "status": (("bytes32",), ("uint8",)),
    "keys": (("address",), ("address", "uint40", "uint40", "uint8", "uint8")),
    "suspectSince": (("address",), ("uint40",)),
    "tasks": (("bytes32",), ("bytes32", "uint32", "uint8", "address")),
    "coordinatorsOf": (("bytes32",), ("address[]",)),
    "isCoordinator": (("bytes32", "address"), ("bool",)),
    "approvalsOf": (("bytes32", "bytes32"), ("uint256",)),
    "domainSeparator": ((), ("bytes32",)),
    "retired": ((), ("bool",)),
    "successor": ((), ("address",)),
}

ROLES = {"ADMIN": 1, "ANCHORER": 2, "COORDINATOR": 4, "REVOKER": 8}
SPENT = 128
"""In place of roles: the key was handed on, and never acts again."""
NOBODY = "0x" + 40 * "0"

# Statuses as the contract numbers them.
UNKNOWN, VALID, REVOKED, SUSPECT = range(4)
STATUSES = {
    UNKNOWN: "is not on the chain",
    REVOKED: "was revoked",
    SUSPECT: "was anchored with a compromised key",
}


def selector(name: str, types: Types) -> bytes:
    """The first four bytes of a call or a refusal."""
    return keccak256(f"{name}({','.join(types)})".encode())[:4]


def role_names(roles: int) -> str:
    """The roles in words, such as "ADMIN, ANCHORER"."""
    if roles == SPENT:
        return "none any more: the key was handed on"
    return ", ".join(name for name, bit in ROLES.items() if roles & bit) or "none"


def moment(seconds: int) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def _missing_role(account: str, role: int) -> str:
    wanted = role_names(role).replace(", ", " or ")
    return (
        f"account {account} lacks the role {wanted}: ask an administrator, `edgeline chain roles`"
    )


def _retired(successor: str) -> str:
    after = "" if successor == NOBODY else f"; {successor} goes on in its place"
    return f"this contract is retired{after}"


# Name: the types of what it carries, and what it says to a person.
ERRORS: Mapping[str, tuple[Types, Callable[..., str]]] = {
    "ZeroDigest": ((), lambda: "a digest of zero stands for nothing"),
    "ReservedKind": (("uint8",), lambda kind: f"kind {kind} cannot be anchored"),
    "AlreadyAnchored": (
        ("bytes32", "address", "uint40"),
        lambda key, by, time: f"{key} is already anchored, by {by} at {moment(time)}",
    ),
    "ParentUnusable": (
        ("bytes32", "uint8"),
        lambda parent, status: f"parent {parent} {STATUSES.get(status, 'cannot be used')}",
    ),
    "ParentsUnordered": (("bytes32",), lambda one: f"parent {one} is out of order"),
    "LengthMismatch": (
        ("uint256", "uint256"),
        lambda statements, subjects: f"{statements} statements with {subjects} subjects",
    ),
    "EmptyTree": ((), lambda: "a tree without leaves, or a round without clients"),
    "MissingRole": (("address", "uint8"), _missing_role),
    "KeyUnusable": (
        ("address", "uint40"),
        lambda account, since: (
            f"the key of account {account} was compromised or handed on: not usable since {moment(since)}"
        ),
    ),
    "BadSignature": ((), lambda: "the signature is not that of the account it names"),
    "Expired": (("uint256",), lambda deadline: f"the signature counted until {moment(deadline)}"),
    "UnknownStatement": (("bytes32",), lambda key: f"{key} is not on the chain"),
    "AlreadyRevoked": (("bytes32",), lambda key: f"{key} was revoked before"),
    "NotInTree": (("bytes32",), lambda key: f"{key} is not that leaf of the tree"),
    "TaskExists": (("bytes32",), lambda task: f"task {task} is already open"),
    "UnknownTask": (("bytes32",), lambda task: f"task {task} was never opened"),
    "BadQuorum": (
        ("uint8", "uint256"),
        lambda quorum, seats: f"a quorum of {quorum} among {seats} coordinators",
    ),
    "NotCoordinator": (
        ("bytes32", "address"),
        lambda task, account: f"account {account} is no coordinator of task {task}",
    ),
    "AlreadyApproved": (("address",), lambda seat: f"coordinator {seat} approved this already"),
    "WrongRound": (("uint32",), lambda expected: f"the next round of the task is {expected}"),
    "WrongHead": (
        ("bytes32",),
        lambda head: f"{head}, with which the task stands, is not among the parents",
    ),
    "LastAdmin": (
        (),
        lambda: (
            "the contract left without an administrator: first `edgeline chain roles ANOTHER ADMIN`"
        ),
    ),
    "BadDate": (
        ("uint40", "uint40"),
        lambda since, latest: (
            f"{moment(since)} as the date of a compromise; it can be {moment(latest)} at the latest"
        ),
    ),
    "KeyInUse": (
        ("address",),
        lambda account: f"account {account} has a history or a place already: take a new one",
    ),
    "NotOffered": (
        ("address", "address"),
        lambda old, new: f"account {old} did not offer its roles to {new}: `edgeline chain rotate`",
    ),
    "TooManyRotations": ((), lambda: "this key was handed on too often"),
    "TooManyWriters": ((), lambda: "too many accounts may write already"),
    "BadRoles": (
        ("address", "uint8"),
        lambda account, roles: f"roles {roles} for account {account} do not exist",
    ),
    "ContractRetired": (("address",), _retired),
}
