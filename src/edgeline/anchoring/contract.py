"""The contract on a chain, asked and told through web3.

What is to be anchored goes through the outbox, not through here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import BadFunctionCallOutput

from edgeline.anchoring.address import require_public, resolve
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.events import Anchored, Event, TreeAnchored, topic
from edgeline.anchoring.events import decode as decode_log
from edgeline.anchoring.hexadecimal import octets
from edgeline.anchoring.interface import COMPILED, REFUSALS, ROLES, input_types, role_names
from edgeline.anchoring.keys import Signer, load_signer, parse_address
from edgeline.anchoring.node import Node, Refused, batches
from edgeline.anchoring.sending import send
from edgeline.errors import EdgelineError, EnvironmentUnfit
from edgeline.provenance.proof import record_slot
from edgeline.provenance.record import Deployment, Record
from edgeline.provenance.trie import keccak256

SLOT_BYTES = 32
MANY = 50
"""Keys in one search, and searches in one exchange, that a node still takes."""
ERRORS = {
    keccak256(f"{name}({','.join(types)})".encode())[:4]: (name, types)
    for name, types in input_types("error").items()
}
"""Name and types by the four bytes with which a refusal begins."""
PANIC = bytes.fromhex("4e487b71")


class EarlierContract(EnvironmentUnfit):
    """The contract is there, and of a version that this one does not write to."""


@dataclass(frozen=True)
class Key:
    """What the contract knows of an account."""

    roles: int
    """Sum of ROLES."""
    compromised_since: int
    """In seconds since 1970 UTC; 0 for never."""


def open_contract(url: str, deployment: Deployment, *, timeout_s: float = 10.0) -> "AnchorContract":
    """The contract, after checking that the node at this address is of its chain and holds it.

    A write to an address without code succeeds and records nothing.

    Raises:
        ServiceUnavailable: nothing answers at `url`, or something else than an Ethereum node.
        EnvironmentUnfit: the node is of another chain, or does not hold this contract.
        EarlierContract: it does, and the contract is of an earlier version.
    """
    node = Node(url, timeout_s)
    chain_id, genesis = node.identity()
    if (chain_id, genesis) != (deployment.chain_id, deployment.genesis):
        raise EnvironmentUnfit(
            expected=f"chain {deployment.chain_id} with genesis {deployment.genesis} at {node.place}",
            found=f"chain {chain_id} with genesis {genesis}",
            remedy="name the right node with --url, or give this one its database back",
        )
    contract = AnchorContract(node, deployment)
    contract.require_code()
    if deployment.code_hash != COMPILED["code_hash"]:
        raise EarlierContract(
            expected=f"a ModelAnchor contract of this version at {deployment.contract}",
            found="one of an earlier version",
            remedy="deploy a new one: `edgeline run` does so on the project's own chain, `edgeline chain deploy "
            "NAME` on another; until then, receipts are verified with --offline",
        )
    return contract


def deploy(
    url: str,
    source: str,
    *,
    name: str,
    locks: Path,
    confirmations: int = 1,
    admin: str | None = None,
) -> Chain:
    """Puts a new contract on the chain; `admin`, or else the account that `source` names, gets all roles.

    See `Chain` and `keys.load_signer` for the others.

    Raises:
        RecipeError: `admin` is no address; a contract with a wrong one would have no administrator for ever.
            Or `url` holds what must not be written down.
    """
    admin = parse_address(admin) if admin else None
    require_public(url)
    node = Node(resolve(url))
    chain_id, genesis = node.identity()
    signer = load_signer(source, node, locks)
    made = node.web3.eth.contract(abi=COMPILED["abi"], bytecode=COMPILED["bytecode"])
    mined = send(node, signer, made.constructor(_prepared(admin or signer.address)))
    if not mined.ok or mined.contract is None:
        raise EdgelineError(
            expected="a new contract",
            found=f"transaction {mined.transaction} without effect",
            remedy="look at the node's log: was its gas enough?",
        )
    deployment = Deployment(chain_id, genesis, mined.contract, COMPILED["code_hash"])
    AnchorContract(node, deployment).require_code()
    return Chain(name, deployment, mined.block, url, source, confirmations)


def transact(contract: "AnchorContract", signer: Signer, function: str, *arguments: object) -> None:
    """Tells the contract something and waits for the block; for all that is not anchored.

    Raises:
        EdgelineError: the contract refuses; nothing was sent, or it changed its mind meanwhile.
    """
    call = contract.call(function, *arguments)
    reason = contract.refusal(signer.address, call)
    if reason is None:
        if send(contract.node, signer, call).ok:
            return
        reason = contract.refusal(signer.address, call) or "a transaction without effect"
    raise EdgelineError(
        expected=f"the contract to accept {function}",
        found=reason,
        remedy="nothing was changed",
    )


class AnchorContract:
    """A contract on a chain. Made by `open_contract`."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self.node, self.deployment = node, deployment
        address = Web3.to_checksum_address(deployment.contract)
        self._web3 = node.web3.eth.contract(address, abi=COMPILED["abi"])

    def require_code(self) -> None:
        """Raises EnvironmentUnfit unless the contract's code is what it should be."""
        address = self.deployment.contract
        code = self.node.web3.eth.get_code(Web3.to_checksum_address(address))
        found = "0x" + keccak256(bytes(code)).hex()
        if found != self.deployment.code_hash:
            raise EnvironmentUnfit(
                expected=f"the ModelAnchor contract at {address} of {self.node.place}",
                found="no contract" if not code else f"another one (code hash {found})",
                remedy="name the right node with --url, or deploy the contract again",
            )

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
        """0 unknown, 1 valid, 2 revoked, 3 anchored when its key was compromised; all in a few exchanges."""
        address = self.deployment.contract
        data = [self._web3.encode_abi("status", args=[_prepared(key)]) for key in keys]
        calls = [("eth_call", ({"to": address, "data": one}, "latest")) for one in data]
        answers = self.node.results(calls)
        if "0x" in answers:
            self.require_code()
        return [self.node.read(_status, answer, "a status") for answer in answers]

    def status(self, key: str) -> int:
        return self.statuses([key])[0]

    def key(self, address: str) -> Key:
        """What this account may do, and since when its key is compromised.

        Raises:
            EnvironmentUnfit: the contract is not there any more.
            ServiceUnavailable: the node answers with something else.
        """
        try:
            return Key(*self.call("keys", address).call())
        except (BadFunctionCallOutput, DecodingError):
            self.require_code()
            raise self.node.strange("something else than a key") from None

    def require_anchorer(self, address: str) -> None:
        """Raises EnvironmentUnfit unless the account may anchor now."""
        key = self.key(address)
        if not key.roles & ROLES["ANCHORER"]:
            raise EnvironmentUnfit(
                expected=f"account {address} with the role ANCHORER",
                found=role_names(key.roles),
                remedy="ask an administrator, `edgeline chain roles`: nothing is lost",
            )
        if key.compromised_since:
            raise EnvironmentUnfit(
                expected=f"account {address} with a sound key",
                found="one that was declared compromised",
                remedy="name another key source, and ask an administrator for its role: nothing is lost",
            )

    def call(self, function: str, *arguments: object) -> ContractFunction:
        """A call, to be asked or sent. Digests are 64 hexadecimal characters; accounts begin with 0x."""
        made: ContractFunction = self._web3.functions[function](*map(_prepared, arguments))
        return made

    def refusal(self, sender: str, call: ContractFunction) -> str | None:
        """Why the contract would refuse this call now, in one line; None if it would not."""
        try:
            call.call({"from": Web3.to_checksum_address(sender)})
        except Refused as refusal:
            return explain(refusal.data) or refusal.found
        except (BadFunctionCallOutput, DecodingError):
            self.require_code()
        return None

    def locate(self, wanted: Sequence[tuple[str, int]]) -> dict[str, Event[Any]]:
        """The events that wrote these keys; a record's block says where to look. What is not found is left out.

        On some chains a contract is told another number than its block's own (Arbitrum tells that of the chain
        below); what is not in the record's block is then searched for everywhere.
        """
        events = self._search(([key], hex(block), hex(block)) for key, block in wanted)
        far = [key for key, _ in wanted if key not in events]
        return events | self._search((some, "0x0", "latest") for some in batches(far, MANY))

    def _search(self, searches: Iterable[tuple[Sequence[str], str, str]]) -> dict[str, Event[Any]]:
        """By keys, first and last block."""
        address, kinds = self.deployment.contract, [topic(Anchored), topic(TreeAnchored)]
        questions, events = [], {}
        for keys, first, last in searches:
            topics = [kinds, [f"0x{key}" for key in keys]]
            where = {"address": address, "fromBlock": first, "toBlock": last, "topics": topics}
            questions.append(("eth_getLogs", (where,)))
        for logs in (one for some in batches(questions, MANY) for one in self.node.batch(some)):
            # A node that lists no events that far back, or so many, leaves the place unknown.
            for log in [] if isinstance(logs, Refused) else self.node.read(list, logs, "events"):
                match decode_log(log, address):
                    case Event(body=Anchored(statement=key) | TreeAnchored(id=key)) as event:
                        events[key] = event
        return events


def explain(data: str | None) -> str | None:
    """What a refusal of the contract says to a person; None if it is none that the contract gives."""
    raw = bytes.fromhex(data[2:]) if data else b""
    if raw[:4] not in ERRORS:
        return "the contract panicked" if raw[:4] == PANIC else None
    name, types = ERRORS[raw[:4]]
    try:
        fields = decode(types, raw[4:])
    except (DecodingError, OverflowError):
        return None
    return REFUSALS[name](*(one.hex() if isinstance(one, bytes) else one for one in fields))


def _prepared(value: Any) -> Any:
    """A value as web3 takes it: digests as bytes, accounts with their checksum."""
    if isinstance(value, str):
        return Web3.to_checksum_address(value) if value.startswith("0x") else bytes.fromhex(value)
    return [_prepared(one) for one in value] if isinstance(value, list | tuple) else value


def _status(word: object) -> int:
    return int.from_bytes(octets(word, SLOT_BYTES))


def _record(key: str, word: object) -> Record | None:
    slot = octets(word)
    if len(slot) > SLOT_BYTES:
        raise ValueError("a slot of more than 32 bytes")
    # Ganache leaves zeros in front away.
    slot = slot.rjust(SLOT_BYTES, b"\0")
    return Record.unpack(key, slot) if any(slot) else None
