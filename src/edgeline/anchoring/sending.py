"""How a transaction gets into a block: fees, numbers, signatures, and waiting.

Nothing is sent again here. A development node executes the very same signed bytes more than once (Ganache 7.9.2, nonce
0), and a transaction of which nothing was heard may be in a block: whoever sends again has looked before.
"""

import time
from dataclasses import dataclass
from functools import partial

from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.types import Nonce, Wei

from edgeline.anchoring.external_signer import to_json
from edgeline.anchoring.hexadecimal import hexadecimal, quantity
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Mined, Node, Question, Refused
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.provenance.trie import keccak256

GWEI = 10**9
MAX_PRICE = 500 * GWEI
"""In wei per gas: what no transaction pays more than, whatever a node says."""

POLL_S, SLOWEST_POLL_S = 0.02, 2.0
PATIENCE_S = 60.0

transaction_hash = partial(hexadecimal, length=32)

Call = ContractFunction | ContractConstructor
"""What a contract is told, or made with."""


@dataclass(frozen=True)
class Fees:
    """What a unit of gas may cost, in wei, all and of it to the miner; `base` goes into a block at present."""

    price: int
    tip: int
    base: int

    def above(self, price: int) -> "Fees":
        """What takes the place of a transaction at this price: nodes want an eighth more at the least."""
        dearer = max(self.price, price * 5 // 4 + 1)
        return Fees(dearer, min(self.tip * 5 // 4 + 1, dearer), self.base)


def fees(node: Node) -> Fees:
    """What to offer now: twice the base fee, so that six full blocks in a row do not leave it behind.

    Raises:
        EnvironmentUnfit: even the least is more than MAX_PRICE.
    """
    latest = node.block("latest")
    if latest is None:
        raise node.strange("no newest block")
    base = node.read(quantity, latest.fields.get("baseFeePerGas"), "a base fee")
    if base > MAX_PRICE:
        raise EnvironmentUnfit(
            expected=f"gas for at most {MAX_PRICE / GWEI:g} gwei",
            found=f"{base / GWEI:g} gwei at {node.place}",
            remedy="wait until fewer people send: nothing is lost",
        )
    tip = _tip(node)
    offered = min(2 * base + tip, MAX_PRICE)
    return Fees(offered, min(tip, offered - base), base)


def sign(
    signer: Signer, chain_id: int, call: Call, nonce: int, gas: int, offer: Fees
) -> tuple[bytes | None, str | None, Question]:
    """The signed transaction and its hash, None where the node signs; and the question that gives it to the node."""
    # Every field is given, so that web3 asks the node for none.
    transaction = call.build_transaction(
        {
            "chainId": chain_id,
            "from": Web3.to_checksum_address(signer.address),
            "nonce": Nonce(nonce),
            "value": Wei(0),
            "gas": gas,
            "maxFeePerGas": Wei(offer.price),
            "maxPriorityFeePerGas": Wei(offer.tip),
            "type": 2,
        }
    )
    raw = signer.sign(transaction)
    if raw is None:
        return None, None, ("eth_sendTransaction", (to_json(transaction),))
    name = "0x" + keccak256(raw).hex()
    return raw, name, ("eth_sendRawTransaction", ("0x" + raw.hex(),))


def require_funds(node: Node, address: str, chain_id: int, needed: int) -> int:
    """What the account has, in wei; raises EnvironmentUnfit if that is less than `needed`."""
    held = node.balance(address)
    if held < needed:
        raise EnvironmentUnfit(
            expected=f"at least {needed / 10**18:g} ether on account {address} of chain {chain_id}",
            found=f"{held / 10**18:g}",
            remedy="send it some (on a test network: from a faucet) and try again: nothing is lost",
        )
    return held


def send(node: Node, signer: Signer, call: Call) -> Mined:
    """Sends one transaction with the gas that the node says and a fifth more; returns when it is in a block.

    Raises:
        Refused: the node takes it not.
        EnvironmentUnfit: no funds, or too high fees.
        ServiceUnavailable: not in a block within a minute, and what became of it is not known.
    """
    with signer.exclusive():
        chain_id, offer = node.web3.eth.chain_id, fees(node)
        gas = call.estimate_gas({"from": Web3.to_checksum_address(signer.address)}) * 6 // 5
        require_funds(node, signer.address, chain_id, gas * offer.price)
        nonce = node.num_sent(signer.address, "pending")
        _, name, (method, params) = sign(signer, chain_id, call, nonce, gas, offer)
        answer = node.read(transaction_hash, node.ask(method, *params), "a hash")
        return _wait(node, name or answer)


def _wait(node: Node, transaction: str) -> Mined:
    end, pause = time.monotonic() + PATIENCE_S, POLL_S
    while not (mined := node.mined([transaction])[0]):
        if time.monotonic() > end:
            raise ServiceUnavailable(
                expected=f"transaction {transaction} in a block of {node.place}",
                found="one that still waits",
                remedy="look for it later: it may still be taken",
            )
        time.sleep(pause)
        pause = min(2 * pause, SLOWEST_POLL_S)
    return mined


def _tip(node: Node) -> int:
    try:
        return int(node.web3.eth.max_priority_fee)
    except Refused:
        return GWEI
