"""A transaction before it is signed, in the three forms that it is needed in, and read back out of signed bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgeline.provenance.trie import Item, decode

DYNAMIC_FEE = 2


@dataclass(frozen=True)
class Transaction:
    """A call of a contract, or its creation; sends no ether. Fees are in wei per gas."""

    chain_id: int
    nonce: int
    to: str | None
    """None creates a contract."""
    data: str
    gas: int
    price: int
    """The most that is paid: EIP-1559's maxFeePerGas, or the gas price where `tip` is None."""
    tip: int | None

    def fields(self) -> dict[str, Any]:
        """As eth_account signs it."""
        return {
            "chainId": self.chain_id,
            "nonce": self.nonce,
            "value": 0,
            "data": self.data,
            "gas": self.gas,
            **({} if self.to is None else {"to": bytes.fromhex(self.to[2:])}),
            **self._fees(),
        }

    def to_json(self, sender: str) -> dict[str, object]:
        """As a node or a signing program is told: JSON-RPC's transaction object."""
        spelled = {
            name: hex(value) if isinstance(value, int) else value
            for name, value in self.fields().items()
        }
        return {**spelled, "from": sender, **({} if self.to is None else {"to": self.to})}

    def is_signed_in(self, raw: bytes) -> bool:
        """Whether these bytes are this very transaction with a signature, every field of it."""
        try:
            typed = raw[:1] == bytes([DYNAMIC_FEE])
            items = decode(raw[1:] if typed else raw)
        except ValueError:
            return False
        if not isinstance(items, list) or typed != (self.tip is not None):
            return False
        return self._dynamic(items) if typed else self._legacy(items)

    def _fees(self) -> dict[str, object]:
        if self.tip is None:
            return {"gasPrice": self.price}
        fees = {"maxFeePerGas": self.price, "maxPriorityFeePerGas": self.tip}
        return {"type": DYNAMIC_FEE, **fees}

    def _call(self) -> list[Item]:
        to, data = bytes.fromhex((self.to or "0x")[2:]), bytes.fromhex(self.data[2:])
        return [_integer(self.gas), to, b"", data]

    def _dynamic(self, items: list[Item]) -> bool:
        numbers = (self.chain_id, self.nonce, self.tip or 0, self.price)
        return len(items) == 12 and items[:9] == [*map(_integer, numbers), *self._call(), []]

    def _legacy(self, items: list[Item]) -> bool:
        numbers = (self.nonce, self.price)
        # EIP-155: the last bit says which of two keys signed, the rest names the chain.
        signed = {_integer(self.chain_id * 2 + 35 + parity) for parity in (0, 1)}
        return (
            len(items) == 9
            and items[:6] == [*map(_integer, numbers), *self._call()]
            and items[6] in signed
        )


Sign = Callable[[Transaction], bytes | None]
"""Gives the signed bytes; None where the node signs."""

SignTyped = Callable[[dict[str, Any]], bytes]
"""Gives the 65 bytes of an EIP-712 signature."""


def _integer(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
