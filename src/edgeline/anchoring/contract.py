"""The only door to web3: a contract that is asked, and told by those who administer it.

What is to be anchored goes through the outbox, not through here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eth_abi.exceptions import DecodingError, EncodingError
from web3 import Web3

from edgeline.anchoring.connect import connect, require_code
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.interface import ERRORS, FUNCTIONS, NOBODY, Types, selector
from edgeline.anchoring.interface import ROLES as ROLES
from edgeline.anchoring.interface import role_names as role_names
from edgeline.anchoring.keys import Signer, signer
from edgeline.anchoring.node import Mined, Node, Refused, octets
from edgeline.anchoring.sending import send_alone
from edgeline.errors import EdgelineError
from edgeline.provenance.proof import record_slot
from edgeline.provenance.receipt import Deployment, Record

CODEC = Web3().codec
REFUSALS = {selector(name, types): name for name, (types, _) in ERRORS.items()}
PANIC = bytes.fromhex("4e487b71")
SLOT_BYTES = 32


@dataclass(frozen=True)
class Account:
    """What the contract knows of an account; times in seconds since 1970 UTC, 0 for never."""

    address: str
    predecessor: str | None
    compromised_since: int
    appointed_at: int
    depth: int
    roles: int


@dataclass(frozen=True)
class Task:
    """A federation: its newest round's statement (at first its base), and how many rounds it closed."""

    head: str
    rounds: int
    quorum: int


def open_contract(url: str, deployment: Deployment, *, timeout_s: float = 10.0) -> "AnchorContract":
    """The contract at this address; raises what `connect` raises."""
    return AnchorContract(connect(url, deployment, timeout_s=timeout_s), deployment)


def deploy(
    url: str,
    source: str,
    compiled: Path,
    *,
    name: str,
    locks: Path,
    confirmations: int = 1,
    admin: str | None = None,
    timeout_s: float = 10.0,
) -> Chain:
    """Puts a new contract on the chain; `admin`, or else the account that `source` names, gets all roles.

    `compiled` is contracts/ModelAnchor.json; for the rest see `Chain` and `keys.signer`.
    """
    contract = json.loads(compiled.read_text(encoding="utf-8"))
    node = Node(url, timeout_s)
    chain_id, genesis = node.identity()
    account = signer(source, node, locks)
    creation = contract["bytecode"] + encode(("address",), (admin or account.address,)).hex()
    mined = send_alone(node, account, None, creation)
    if not mined.ok or mined.contract is None:
        raise EdgelineError(
            expected="a new contract",
            found=f"transaction {mined.transaction} without effect",
            remedy="look at the node's log: was its gas enough?",
        )
    deployment = Deployment(chain_id, genesis, mined.contract, contract["code_hash"])
    require_code(node, deployment)
    return Chain(name, deployment, mined.block, url, source, confirmations)


def transact(
    registry: "AnchorContract", signer: Signer, function: str, *arguments: object
) -> Mined:
    """Tells the contract something and waits for the block; for all that is not anchored.

    Raises:
        EdgelineError: the contract refuses; nothing was sent, or it changed its mind meanwhile.
        ValueError: an argument that the function does not take.
    """
    data = registry.encode(function, *arguments)
    reason = registry.simulate(signer.address, data)
    if reason is None:
        mined = send_alone(registry.node, signer, registry.deployment.contract, data)
        if mined.ok:
            return mined
        reason = registry.simulate(signer.address, data) or "a transaction without effect"
    raise EdgelineError(
        expected=f"the contract to accept {function}",
        found=reason,
        remedy="nothing was changed",
    )


class AnchorContract:
    """A contract on a chain. Made by `open_contract`."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self.node, self.deployment = node, deployment

    def records(self, keys: Sequence[str], block: int | str = "latest") -> list[Record | None]:
        """What the contract holds about statements and trees; None where nothing.

        Read from its storage: seven times as fast as its view, and what a storage proof shows.
        """
        tag = hex(block) if isinstance(block, int) else block
        questions = [
            ("eth_getStorageAt", (self.deployment.contract, "0x" + record_slot(key).hex(), tag))
            for key in keys
        ]
        words = self.node.results(questions)
        return [
            self.node.read(partial(_record, key), word, "a record")
            for key, word in zip(keys, words, strict=True)
        ]

    def record(self, key: str) -> Record | None:
        return self.records([key])[0]

    def statuses(self, keys: Sequence[str]) -> list[int]:
        """0 unknown, 1 valid, 2 revoked, 3 anchored when its key was compromised."""
        calls = [self._call(self.encode("status", key), "latest") for key in keys]
        return [self._decoded("status", answer)[0] for answer in self.node.results(calls)]

    def status(self, key: str) -> int:
        return self.statuses([key])[0]

    def account(self, address: str) -> Account:
        predecessor, *rest = self.read("keys", address)
        return Account(address, None if predecessor == NOBODY else predecessor, *rest)

    def suspect_since(self, address: str) -> int:
        """Seconds since 1970 from which on this account is not to be believed; 0: it is."""
        return int(self.read("suspectSince", address)[0])

    def task(self, task: str) -> Task | None:
        head, rounds, quorum, _ = self.read("tasks", task)
        return Task(head, rounds, quorum) if quorum else None

    def coordinators(self, task: str) -> tuple[str, ...]:
        """As named when the task was opened."""
        return tuple(self.read("coordinatorsOf", task)[0])

    def is_coordinator(self, task: str, address: str) -> bool:
        return bool(self.read("isCoordinator", task, address)[0])

    def retired(self) -> str | None:
        """The contract that goes on in this one's place (or NOBODY), None while this one is in use."""
        return str(self.read("successor")[0]) if self.read("retired")[0] else None

    def encode(self, function: str, *arguments: object) -> str:
        """The data of a call. Digests are 64 hexadecimal characters, accounts have 0x in front.

        Raises:
            ValueError: an argument that the function does not take.
        """
        types, _ = FUNCTIONS[function]
        return "0x" + (selector(function, types) + encode(types, arguments)).hex()

    def read(
        self, function: str, *arguments: object, block: int | str = "latest"
    ) -> tuple[Any, ...]:
        """What a view answers, digests and accounts in hexadecimal."""
        method, params = self._call(self.encode(function, *arguments), block)
        return self._decoded(function, self.node.ask(method, *params))

    def simulate(self, sender: str, data: str) -> str | None:
        """Why the contract would refuse this call now, in one line; None if it would not."""
        call = {"from": sender, "to": self.deployment.contract, "data": data}
        try:
            self.node.ask("eth_call", call, "latest")
        except Refused as refusal:
            return reason(refusal.data) or refusal.found
        return None

    def _call(self, data: str, block: int | str) -> tuple[str, tuple[object, ...]]:
        tag = hex(block) if isinstance(block, int) else block
        return "eth_call", ({"to": self.deployment.contract, "data": data}, tag)

    def _decoded(self, function: str, answer: object) -> tuple[Any, ...]:
        _, types = FUNCTIONS[function]
        if answer == "0x":
            require_code(self.node, self.deployment)
        return self.node.read(lambda value: decode(types, octets(value)), answer, f"a {function}")


def reason(data: str | None) -> str | None:
    """What a refusal of the contract says to a person; None if it is none that the contract gives."""
    raw = bytes.fromhex(data[2:]) if data else b""
    name = REFUSALS.get(raw[:4])
    if name is None:
        return "the contract panicked" if raw[:4] == PANIC else None
    types, sentence = ERRORS[name]
    try:
        return sentence(*decode(types, raw[4:]))
    except ValueError:
        return None


def encode(types: Types, values: Sequence[object]) -> bytes:
    """ABI encoding, strict; digests are 64 hexadecimal characters."""
    if len(types) != len(values):
        raise ValueError(f"{len(values)} arguments instead of {len(types)}")
    try:
        return bytes(CODEC.encode(types, list(map(_prepared, types, values))))
    except (EncodingError, TypeError) as error:
        raise ValueError(str(error)) from None


def decode(types: Types, data: bytes) -> tuple[Any, ...]:
    """The values in these bytes, digests and accounts in hexadecimal; ValueError if they are others."""
    try:
        return tuple(map(_plain, CODEC.decode(types, data)))
    except (DecodingError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _prepared(kind: str, value: Any) -> Any:
    """A value as web3 takes it: the digests in it as bytes."""
    if kind.endswith("[]"):
        return [_prepared(kind[:-2], one) for one in value]
    if kind.startswith("("):
        kinds = kind[1:-1].split(",")
        return tuple(_prepared(one, part) for one, part in zip(kinds, value, strict=True))
    if kind == "bytes32":
        return octets(f"0x{value}", SLOT_BYTES)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return value.lower()
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _record(key: str, word: object) -> Record | None:
    slot = octets(word)
    if len(slot) > SLOT_BYTES:
        raise ValueError("a slot of more than 32 bytes")
    # Ganache leaves zeros in front away.
    slot = slot.rjust(SLOT_BYTES, b"\0")
    return Record.unpack(key, slot) if any(slot) else None
