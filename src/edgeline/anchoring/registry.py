"""The only door to web3: statements go onto a chain, and receipts are compared with what it holds.

The chain is read before and after every write, and what it holds then is the answer. So nothing
here takes an error message apart, an interrupted call can simply be made again, and no transaction
is ever sent twice: a development node executes the very same signed bytes more than once.
"""

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests
from eth_abi.abi import encode
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from edgeline.anchoring.claims import require_coverage, require_same, require_stated, unknown
from edgeline.anchoring.events import kind_name, receipts_from
from edgeline.errors import (
    EdgelineError,
    EnvironmentUnfit,
    NotAnchored,
    ServiceUnavailable,
    Tampered,
)
from edgeline.receipt import KINDS, Deployment, Receipt, Statement, check_statement

# A package below web3 (py_ecc) raises this limit so far that a stranger's nested JSON, read
# anywhere in the process, overflows the stack and kills it without a word.
sys.setrecursionlimit(min(sys.getrecursionlimit(), 3000))


def _keccak(text: str) -> str:
    return "0x" + Web3.keccak(text=text).hex()


# What this library calls in the contract; tests compare it with the compiled interface.
ANCHOR = _keccak("anchor(bytes32,uint8,bytes32[])")[:10]
RECORDS = _keccak("records(bytes32)")[:10]

NO_CODE = _keccak("")
NOBODY = "0x" + 40 * "0"
STRANGER = "something that does not speak Ethereum JSON-RPC"
POLL_S = 0.02


class Node:
    """One Ethereum node, asked in plain JSON-RPC: no retries, no proxies, no redirects."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self.url, self.timeout_s = url, timeout_s
        session = requests.Session()
        session.trust_env = False
        self._provider = HTTPProvider(
            url,
            request_kwargs={"timeout": timeout_s, "allow_redirects": False},
            session=session,
            exception_retry_configuration=None,
        )

    def ask(self, method: str, *params: object) -> Any:
        """The result as the node spells it: numbers and bytes in lower-case hexadecimal with 0x.

        Raises:
            Refused: the node said no.
            ServiceUnavailable: it said nothing, or nothing that an Ethereum node says.
        """
        try:
            answer: object = self._provider.make_request(RPCEndpoint(method), params)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise self._unavailable("no answer") from error
        except (requests.RequestException, ValueError, RecursionError) as error:
            raise self._unavailable(STRANGER) from error
        match answer:
            case {"error": dict()}:
                asked = f"an answer to {method} from {self.url}"
                raise Refused(expected=asked, found="a refusal", remedy="look at the node's log")
            case {"result": result}:
                return result
        raise self._unavailable(STRANGER)

    def wait(self, transaction: str) -> None:
        """Returns when the transaction is in a block."""
        end = time.monotonic() + self.timeout_s
        while self.ask("eth_getTransactionReceipt", transaction) is None:
            if time.monotonic() > end:
                raise self._unavailable(f"transaction {transaction} still waiting for a block")
            time.sleep(POLL_S)

    def identity(self) -> tuple[int, str]:
        """Chain id and genesis hash."""
        chain_id, genesis = self.ask("eth_chainId"), self.ask("eth_getBlockByNumber", "0x0", False)
        match chain_id, genesis:
            case str(), {"hash": str(genesis_hash)} if chain_id.startswith("0x"):
                return int(chain_id, 16), genesis_hash
        raise self._unavailable(STRANGER)

    def code_hash(self, contract: str) -> str:
        """Keccak-256 of the code at an address, as the chain itself keeps it."""
        return "0x" + Web3.keccak(hexstr=self.ask("eth_getCode", contract, "latest")).hex()

    def account(self) -> str:
        """The first account that the node signs for."""
        accounts = self.ask("eth_accounts")
        if not accounts:
            raise EnvironmentUnfit(
                expected=f"a node at {self.url} that signs for an account",
                found="a node without accounts",
                remedy="use the local chain: `edgeline up`",
            )
        return str(accounts[0])

    def send(self, transaction: dict[str, object]) -> str:
        """Sends once, with the gas that the node says; gives the hash when it is in a block."""
        signed = {**transaction, "from": self.account()}
        gas = self.ask("eth_estimateGas", signed)
        sent = str(self.ask("eth_sendTransaction", {**signed, "gas": gas}))
        self.wait(sent)
        return sent

    def _unavailable(self, found: str) -> ServiceUnavailable:
        return ServiceUnavailable(
            expected=f"an Ethereum node at {self.url}",
            found=found,
            remedy="check the address; `edgeline up` starts this project's own node",
        )


class Refused(EnvironmentUnfit):
    """The node said no. Why is left out: nodes word it differently, and put their own paths in."""


def deploy(url: str, compiled: Path, *, timeout_s: float = 10.0) -> Deployment:
    """Puts a new contract on the chain from the node's first account.

    `compiled` is contracts/ModelAnchor.json.
    """
    contract = json.loads(compiled.read_text(encoding="utf-8"))
    node = Node(url, timeout_s)
    chain_id, genesis = node.identity()
    receipt = node.ask("eth_getTransactionReceipt", node.send({"data": contract["bytecode"]}))
    deployment = Deployment(
        chain_id, genesis, receipt["contractAddress"].lower(), contract["code_hash"]
    )
    _require_code(node, deployment)
    return deployment


def connect(url: str, deployment: Deployment, *, timeout_s: float = 10.0) -> "Registry":
    """The registry at this address, after checking that it is this chain and this contract.

    Raises:
        ServiceUnavailable: nothing answers at `url`, or something else than an Ethereum node.
        EnvironmentUnfit: the node is of another chain, or does not hold this contract.
    """
    node = Node(url, timeout_s)
    chain_id, genesis = node.identity()
    if (chain_id, genesis) != (deployment.chain_id, deployment.genesis):
        raise EnvironmentUnfit(
            expected=f"chain {deployment.chain_id} with genesis {deployment.genesis} at {url}",
            found=f"chain {chain_id} with genesis {genesis}",
            remedy="name the right node with --url, or give this one its database back",
        )
    _require_code(node, deployment)
    return Registry(node, deployment)


def _require_code(node: Node, deployment: Deployment) -> None:
    # Without this check a write to an address without code would succeed and record nothing.
    found = node.code_hash(deployment.contract)
    if found != deployment.code_hash:
        raise EnvironmentUnfit(
            expected=f"the ModelAnchor contract at {deployment.contract} of {node.url}",
            found="no contract" if found == NO_CODE else f"another one (code hash {found})",
            remedy="name the right node with --url, or deploy the contract again",
        )


class Registry:
    """The statements that one contract holds. Made by `connect`."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self.node, self.deployment = node, deployment

    def anchor(self, statement: Statement) -> tuple[Receipt, bool]:
        """The chain's receipt for this statement, and whether it had been there already.

        Raises:
            NotAnchored: a parent is not on the chain.
            Tampered: the chain holds another statement about this digest.
        """
        check_statement(statement)
        before = self.receipt_of(statement.digest)
        if before is not None:
            return require_stated(before, statement), True
        self._require(statement.parents)
        sent = self._send(statement)
        receipt = self.receipt_of(statement.digest)
        if receipt is None:
            raise EdgelineError(
                expected=f"a record of {statement.digest} on the chain",
                found=f"none, though transaction {sent} is in a block" if sent else "a refusal",
                remedy="look at the node's log, then try again: nothing is anchored twice",
            )
        # The transaction in the receipt is the one that emitted the event: if it is ours, ours made
        # this record; if not, another writer was faster.
        return require_stated(receipt, statement), receipt.transaction != sent

    def anchor_line(self, statements: Iterable[Statement]) -> list[tuple[Receipt, bool]]:
        """Anchors one after the other; parents come before their children."""
        return [self.anchor(statement) for statement in statements]

    def receipt_of(self, digest: str) -> Receipt | None:
        """The receipt that the chain writes for this digest, or None if it knows nothing of it."""
        anchorer, at, block, kind = self._record(digest)
        if anchorer == NOBODY:
            return None
        for receipt in self._receipts(block, block):
            said = receipt.statement.digest, receipt.anchorer, receipt.time, receipt.statement.kind
            if said == (digest, anchorer, at, kind_name(kind)):
                return receipt
        raise Tampered(
            expected=f"the event of {digest} in block {block} of the chain",
            found="none that agrees with the record",
            remedy="do not trust this node; ask another one of the same chain",
        )

    def verify(self, digest: str, receipt: Receipt | None) -> Receipt:
        """The chain's receipt for this digest, equal to the one at hand if there is one.

        Raises:
            Tampered: a field differs, or the receipt names this contract, which knows nothing.
            NotAnchored: the chain does not know the digest, and nothing at hand says it should.
        """
        if receipt is not None:
            require_coverage(receipt, digest)
        actual = self.receipt_of(digest)
        if actual is None:
            raise unknown(digest, receipt, self.deployment)
        return require_same(receipt or actual, actual)

    def log(self) -> list[Receipt]:
        """Everything that the chain knows, newest first."""
        return list(reversed(self._receipts(0)))

    def _record(self, digest: str) -> tuple[str, int, int, int]:
        """Anchorer, time, block and kind: four of the five words in which the slot is answered."""
        call = {"to": self.deployment.contract, "data": RECORDS + digest}
        answer = self.node.ask("eth_call", call, "latest")
        if answer == "0x":
            _require_code(self.node, self.deployment)
        anchorer, at, block, kind = (answer[2 + start : 66 + start] for start in range(0, 256, 64))
        return "0x" + anchorer[24:], int(at, 16), int(block, 16), int(kind, 16)

    def _receipts(self, first: int, last: int | None = None) -> list[Receipt]:
        """The receipts that follow from the events of these blocks, oldest first."""
        where = {
            "address": self.deployment.contract,
            "fromBlock": hex(first),
            "toBlock": "latest" if last is None else hex(last),
        }
        return receipts_from(self.node.ask("eth_getLogs", where), self.deployment)

    def _require(self, parents: Iterable[str]) -> None:
        for parent in parents:
            if self._record(parent)[0] == NOBODY:
                raise NotAnchored(
                    expected=f"parent {parent} on the chain",
                    found="no record of it",
                    remedy="anchor the parents first",
                )

    def _send(self, statement: Statement) -> str | None:
        """The hash of the mined transaction; None if refused, and the chain's state says why."""
        values = [
            bytes.fromhex(statement.digest),
            KINDS[statement.kind],
            [bytes.fromhex(parent) for parent in statement.parents],
        ]
        data = ANCHOR + encode(["bytes32", "uint8", "bytes32[]"], values).hex()
        try:
            return self.node.send({"to": self.deployment.contract, "data": data})
        except Refused:
            return None
