"""An Ethereum node: its chain, its blocks, its accounts, and what became of transactions."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from edgeline.anchoring.provider import Provider, count, hexadecimal, quantity


@dataclass(frozen=True)
class Block:
    """A block's header."""

    number: int
    hash: str
    fields: dict[str, Any]
    """As the node spells them; re-hashed where a proof is made of them."""


@dataclass(frozen=True)
class Mined:
    """A transaction that is in a block; `ok` is False if it had no effect but its costs."""

    transaction: str
    block: int
    block_hash: str
    ok: bool
    contract: str | None
    """Address of the contract that it created."""
    logs: list[dict[str, Any]]


class Node(Provider):
    """An Ethereum node at `url`; `timeout_s` is for a whole question."""

    def identity(self) -> tuple[int, str]:
        """Chain id and genesis hash."""
        genesis = self.block(0)
        if genesis is None:
            raise self.strange("no first block")
        return self.chain_id(), genesis.hash

    def head(self) -> int:
        """Number of the newest block."""
        return self.number("eth_blockNumber")

    def chain_id(self) -> int:
        return self.number("eth_chainId")

    def accounts(self) -> list[str]:
        """Those that the node signs for."""
        parse = partial(map, partial(hexadecimal, length=20))
        return list(self.read(lambda value: [*parse(value)], self.ask("eth_accounts"), "accounts"))

    def balance(self, address: str) -> int:
        """In wei."""
        return self.number("eth_getBalance", address, "latest", parse=quantity)

    def num_sent(self, address: str, tag: str) -> int:
        """How many transactions of this account are in blocks ("latest"), or in blocks and waiting ("pending")."""
        return self.number("eth_getTransactionCount", address, tag)

    def block(self, number: int | str) -> Block | None:
        """The header of this block (or "latest"), or None if the chain is not that long."""
        tag = hex(number) if isinstance(number, int) else number
        answer = self.ask("eth_getBlockByNumber", tag, False)
        return self.read(partial(_block, number), answer, "a block")

    def holds(self, number: int, hash_: str) -> bool:
        """Whether the block of this number is still the one with this hash."""
        block = self.block(number)
        return block is not None and block.hash == hash_

    def num_held(self, blocks: Sequence[tuple[int, str]]) -> int:
        """How many of these blocks, given by number and hash, oldest first, the chain still holds.

        Blocks name their parents, so all that are there come before all that are not.
        """
        return bisect_left(blocks, True, key=lambda block: not self.holds(*block))

    def mined(self, transactions: Sequence[str]) -> list[Mined | None]:
        """Where these transactions stand on the chain; None for one that is in no block."""
        answers = self.results([("eth_getTransactionReceipt", (one,)) for one in transactions])
        return [
            self.read(partial(_mined, transaction), answer, "a receipt")
            for transaction, answer in zip(transactions, answers, strict=True)
        ]


def _block(number: int | str, value: Any) -> Block | None:
    if value is None:
        return None
    block = Block(
        count(value["number"]),
        hexadecimal(value["hash"], 32),
        value,
    )
    if isinstance(number, int) and block.number != number:
        raise ValueError("another block")
    return block


def _mined(transaction: str, value: Any) -> Mined | None:
    if value is None or value["blockNumber"] is None:
        return None
    created = value.get("contractAddress")
    if hexadecimal(value["transactionHash"], 32) != transaction:
        raise ValueError("another receipt")
    return Mined(
        transaction,
        count(value["blockNumber"]),
        hexadecimal(value["blockHash"], 32),
        quantity(value["status"]) == 1,
        None if created is None else hexadecimal(created, 20),
        [dict(log) for log in value["logs"]],
    )
