"""Reads proofs of Ethereum's Merkle Patricia tries, as eth_getProof gives them. Knows no network.

A proof is the list of nodes from the root to where a key ends; each is named by the hash that the
node before it holds. It shows what a trie holds under a key, or that it holds nothing there.
RLP and hex-prefix: Yellow Paper, appendices B, C and D.
"""

from collections.abc import Sequence
from typing import TypeAlias

from Crypto.Hash import keccak

Item: TypeAlias = "bytes | list[Item]"

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
HASH_BYTES = 32
# A branch that embeds branches is the deepest that a header or a node gets; it is not as deep as this.
MAX_DEPTH = 16


def keccak256(data: bytes) -> bytes:
    """Ethereum's hash: Keccak-256 with its first padding, not SHA3-256."""
    return keccak.new(data=data, digest_bits=256).digest()


def encode(item: Item) -> bytes:
    """RLP of bytes, or of lists of bytes and lists."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefix(0x80, len(item)) + item
    payload = b"".join(map(encode, item))
    return _prefix(0xC0, len(payload)) + payload


def encode_number(number: int) -> bytes:
    """How RLP holds a number: the highest byte first, no zeros in front."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _prefix(first: int, length: int) -> bytes:
    if length <= 55:
        return bytes([first + length])
    size = encode_number(length)
    return bytes([first + 55 + len(size)]) + size


def decode(data: bytes) -> Item:
    """What these bytes are the RLP of; raises ValueError unless they are its one spelling."""
    item, _ = _decode(data, 0, MAX_DEPTH)
    if encode(item) != data:
        raise ValueError("RLP that is not canonical")
    return item


def _decode(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    """The item at this place and where it ends, read so leniently that a wrong one has another encoding."""
    if at >= len(data):
        raise ValueError("RLP that ends too early")
    first, start = data[at], at + 1
    if first < 0x80:
        return data[at:start], start
    length = first - (0x80 if first < 0xC0 else 0xC0)
    if length > 55:
        at, start = start, start + length - 55
        length = int.from_bytes(data[at:start])
    end = start + length
    if first < 0xC0:
        return data[start:end], end
    if not depth:
        raise ValueError("RLP nested without end")
    items: list[Item] = []
    while start < end:
        item, start = _decode(data, start, depth - 1)
        items.append(item)
    return items, end


def get(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """What the trie with this root holds under `key`; None if these nodes prove that it holds nothing.

    For state and storage the key is the keccak256 of an address, or of a slot.

    Raises:
        ValueError: the nodes are not exactly those of one proof.
    """
    reference: Item = b"" if root == EMPTY_ROOT else root
    path, value, used = _nibbles(key), None, 0
    while reference != b"":
        if isinstance(reference, list):
            node = reference
            if len(encode(node)) >= HASH_BYTES:
                raise ValueError("an embedded node that is too long")
        else:
            node, used = _node(reference, nodes, used), used + 1
        reference, path, value = _step(node, path)
    if used != len(nodes):
        raise ValueError(f"node {used} has no part in the proof")
    return value


def _node(reference: bytes, nodes: Sequence[bytes], at: int) -> list[Item]:
    """The node at this place of the proof, which has this hash."""
    if at >= len(nodes):
        raise ValueError(f"node {at} is missing")
    if len(reference) != HASH_BYTES or keccak256(nodes[at]) != reference:
        raise ValueError(f"node {at} has another hash than its place asks for")
    node = decode(nodes[at])
    if not isinstance(node, list) or (at and len(nodes[at]) < HASH_BYTES):
        raise ValueError(f"node {at} is no node")
    return node


def _step(node: list[Item], path: list[int]) -> tuple[Item, list[int], bytes | None]:
    """What refers to the next node and the path from there on; nothing, and the value, where the path ends."""
    if len(node) == 17:
        return (node[path[0]], path[1:], None) if path else (b"", [], _value(node[16]))
    is_leaf, part = _hex_prefix(node)
    rest = path[len(part) :]
    if part != path[: len(part)] or (is_leaf and rest):
        return b"", [], None
    return (b"", [], _value(node[1])) if is_leaf else (node[1], rest, None)


def _hex_prefix(node: list[Item]) -> tuple[bool, list[int]]:
    """Whether a node of two is a leaf, and the piece of path that it holds."""
    if len(node) != 2 or not isinstance(node[0], bytes) or not node[0] or not node[1]:
        raise ValueError("a node is neither branch nor extension nor leaf")
    flag, *part = _nibbles(node[0])
    if flag > 3 or (flag % 2 == 0 and part.pop(0)):
        raise ValueError("a path with a wrong prefix")
    if flag < 2 and not part:
        raise ValueError("an extension without a path")
    return flag >= 2, part


def _value(item: Item) -> bytes | None:
    if not isinstance(item, bytes):
        raise ValueError("a value that is a list")
    return item or None


def _nibbles(data: bytes) -> list[int]:
    return [half for byte in data for half in (byte >> 4, byte & 15)]
