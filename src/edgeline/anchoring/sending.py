"""How a transaction gets into a block: fees, numbers, signatures, and waiting.

Nothing is sent again here. A development node executes the very same signed bytes more than once (Ganache 7.9.2, nonce
0), and a transaction of which nothing was heard may be in a block: whoever sends again has looked before.
"""

import time
from dataclasses import dataclass

from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Mined, Node, Question, Refused, count, hexadecimal, quantity
from edgeline.anchoring.transaction import Transaction
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.provenance.trie import keccak256

GWEI = 10**9
MAX_PRICE = 500 * GWEI
"""In wei per gas: what no transaction pays more than, whatever a node says."""

POLL_S, SLOWEST_POLL_S = 0.02, 2.0


@dataclass(frozen=True)
class Fees:
    """What a unit of gas may cost, in wei; `tip` is None on chains before EIP-1559."""

    price: int
    tip: int | None
    base: int
    """Below which nothing gets into a block at present."""

    def above(self, price: int) -> "Fees":
        """What takes the place of a transaction at this price: nodes want an eighth more at the least."""
        dearer = max(self.price, price * 5 // 4 + 1)
        tip = None if self.tip is None else min(self.tip * 5 // 4 + 1, dearer)
        return Fees(dearer, tip, self.base)


@dataclass(frozen=True)
class Signed:
    """A transaction ready to be sent; `raw` and `hash` are None where the node signs."""

    transaction: Transaction
    raw: bytes | None
    hash: str | None


def fees(node: Node, most: int = MAX_PRICE) -> Fees:
    """What to offer now: twice the base fee, so that six full blocks in a row do not leave it behind.

    Raises:
        EnvironmentUnfit: even the least is more than `most`.
    """
    latest = node.block("latest")
    if latest is None:
        raise node.strange("no newest block")
    base = latest.base_fee
    price = node.read(quantity, node.ask("eth_gasPrice"), "a gas price") if base is None else base
    if price > most:
        raise EnvironmentUnfit(
            expected=f"gas for at most {most / GWEI:g} gwei",
            found=f"{price / GWEI:g} gwei at {node.place}",
            remedy="wait until fewer people send: nothing is lost",
        )
    if base is None:
        return Fees(price, None, 0)
    tip = _tip(node)
    offered = min(2 * base + tip, most)
    return Fees(offered, min(tip, offered - base), base)


def sign(signer: Signer, transaction: Transaction) -> Signed:
    raw = signer.sign(transaction)
    return Signed(transaction, raw, None if raw is None else "0x" + keccak256(raw).hex())


def submission(signer: Signer, signed: Signed) -> Question:
    """The question by which a node is given a transaction."""
    if signed.raw is None:
        return "eth_sendTransaction", (signed.transaction.to_json(signer.address),)
    return "eth_sendRawTransaction", ("0x" + signed.raw.hex(),)


def next_nonce(node: Node, address: str) -> int:
    """The number that this account's next transaction has, those that wait included."""
    return transaction_count(node, address, "pending")


def transaction_count(node: Node, address: str, tag: str) -> int:
    answer = node.ask("eth_getTransactionCount", address, tag)
    return node.read(count, answer, "a number of transactions")


def balance(node: Node, address: str) -> int:
    """In wei."""
    return node.read(quantity, node.ask("eth_getBalance", address, "latest"), "a balance")


def require_funds(node: Node, address: str, chain_id: int, needed: int) -> None:
    """Raises EnvironmentUnfit if the account has less than `needed` wei."""
    found = balance(node, address)
    if found < needed:
        raise EnvironmentUnfit(
            expected=f"at least {needed / 10**18:g} ether on account {address} of chain {chain_id}",
            found=f"{found / 10**18:g}",
            remedy="send it some (on a test network: from a faucet) and try again: nothing is lost",
        )


def send_alone(node: Node, signer: Signer, to: str | None, data: str) -> Mined:
    """Sends one transaction with the gas that the node says and a fifth more; returns when it is in a block.

    Raises:
        Refused: the node takes it not.
        EnvironmentUnfit: no funds, or too high fees.
        ServiceUnavailable: not in a block within the node's patience, and what became of it is not known.
    """
    with signer.exclusive():
        chain_id = node.read(count, node.ask("eth_chainId"), "a chain id")
        call = {"from": signer.address, "data": data, **({} if to is None else {"to": to})}
        offer = fees(node)
        gas = node.read(count, node.ask("eth_estimateGas", call), "a number of gas") * 6 // 5
        require_funds(node, signer.address, chain_id, gas * offer.price)
        nonce = next_nonce(node, signer.address)
        transaction = Transaction(chain_id, nonce, to, data, gas, offer.price, offer.tip)
        signed = sign(signer, transaction)
        method, params = submission(signer, signed)
        answer = node.read(
            lambda value: hexadecimal(value, 32), node.ask(method, *params), "a transaction"
        )
        return _wait(node, signed.hash or answer)


def _wait(node: Node, transaction: str) -> Mined:
    end, pause = time.monotonic() + max(node.timeout_s, 60), POLL_S
    while True:
        [mined] = node.mined([transaction])
        if mined is not None:
            return mined
        if time.monotonic() > end:
            raise ServiceUnavailable(
                expected=f"transaction {transaction} in a block of {node.place}",
                found="one that still waits",
                remedy="look for it later: it may still be taken",
            )
        time.sleep(pause)
        pause = min(2 * pause, SLOWEST_POLL_S)


def _tip(node: Node) -> int:
    try:
        answer = node.ask("eth_maxPriorityFeePerGas")
    except Refused:
        return GWEI
    return node.read(quantity, answer, "a fee")
