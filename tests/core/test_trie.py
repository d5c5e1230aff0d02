"""Proofs of Merkle Patricia tries, made by a builder that follows the Yellow Paper step by step."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from edgeline.provenance.trie import EMPTY_ROOT, decode, encode, get, keccak256

Path = tuple[int, ...]


def nibbles(data: bytes) -> Path:
    return tuple(int(digit, 16) for digit in data.hex())


def hex_prefix(path: Path, is_leaf: bool) -> bytes:
    """Appendix C."""
    flag = 2 * is_leaf + len(path) % 2
    digits = (flag, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes.fromhex("".join(f"{digit:x}" for digit in digits))


def structure(items: dict[Path, bytes]) -> Any:
    """The node over these items (appendix D), its children in place."""
    if not items:
        return b""
    if len(items) == 1:
        ((path, value),) = items.items()
        return [hex_prefix(path, True), value]
    shared = 0
    while len({path[: shared + 1] for path in items}) == 1 and min(map(len, items)) > shared:
        shared += 1
    if shared:
        prefix = next(iter(items))[:shared]
        return [
            hex_prefix(prefix, False),
            structure({path[shared:]: value for path, value in items.items()}),
        ]
    return [
        *(
            structure({path[1:]: value for path, value in items.items() if path[:1] == (digit,)})
            for digit in range(16)
        ),
        items.get((), b""),
    ]


def sealed(node: Any) -> Any:
    """A node whose children are replaced by what refers to them."""
    if len(node) == 2 and not isinstance(node[1], list):
        return node
    return [reference(child) if isinstance(child, list) else child for child in node]


def reference(node: Any) -> Any:
    rlp = encode(sealed(node))
    return sealed(node) if len(rlp) < 32 else keccak256(rlp)


def path_of(node: Any, path: Path) -> list[bytes]:
    """The nodes that have a hash, from this one to where the path ends."""
    found = [encode(sealed(node))]
    child: Any = b""
    if len(node) == 17 and path:
        child, path = node[path[0]], path[1:]
    elif len(node) == 2 and isinstance(node[1], list):
        part = nibbles(node[0])[1 if node[0][0] & 16 else 2 :]
        child, path = (node[1], path[len(part) :]) if path[: len(part)] == part else (b"", path)
    if not isinstance(child, list):
        return found
    below = path_of(child, path)
    return found + (below if len(below[0]) >= 32 else below[1:])


def trie(items: dict[bytes, bytes]) -> tuple[bytes, Callable[[bytes], list[bytes]]]:
    """The root of a trie, and what proves a key in it."""
    top = structure({nibbles(key): value for key, value in items.items()})
    if not top:
        return keccak256(b"\x80"), lambda _: []
    return keccak256(encode(sealed(top))), lambda key: path_of(top, nibbles(key))


ANIMALS = {b"do": b"verb", b"dog": b"puppy", b"doge": b"coin", b"horse": b"stallion"}
NUMBERS = {keccak256(bytes([number])): bytes([number]) * (number % 40 + 1) for number in range(200)}


def test_keccak_is_ethereums() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"").hex() == empty
    assert keccak256(b"\x80") == EMPTY_ROOT


def test_the_known_trie_has_the_known_root() -> None:
    """The example of ethereum.org's page on this trie."""
    root, _ = trie(ANIMALS)
    assert root.hex() == "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84"


@pytest.mark.parametrize("items", [ANIMALS, NUMBERS], ids=["embedded", "hashed"])
def test_what_is_in_a_trie_is_proven(items: dict[bytes, bytes]) -> None:
    root, proof = trie(items)
    for key, value in items.items():
        assert get(root, key, proof(key)) == value


@pytest.mark.parametrize(
    "key", [b"", b"d", b"da", b"dot", b"doga", b"doges", b"h", b"hors", b"hound", b"horsed", b"cat"]
)
def test_what_is_not_in_a_trie_is_proven(key: bytes) -> None:
    root, proof = trie(ANIMALS)
    assert get(root, key, proof(key)) is None


def test_strangers_are_proven_absent() -> None:
    root, proof = trie(NUMBERS)
    for number in range(200, 256):
        key = keccak256(bytes([number]))
        assert get(root, key, proof(key)) is None


def test_nothing_is_in_an_empty_trie() -> None:
    assert get(EMPTY_ROOT, b"key", []) is None
    with pytest.raises(ValueError, match="node 0 has no part in the proof"):
        get(EMPTY_ROOT, b"key", [b"\x80"])


def test_small_tries_of_every_shape_are_read() -> None:
    random_source = random.Random(0)
    for _ in range(300):
        items = {
            random_source.randbytes(random_source.randint(1, 3)): random_source.randbytes(
                random_source.randint(1, 40)
            )
            for _ in range(random_source.randint(1, 12))
        }
        root, proof = trie(items)
        for key in [*items, random_source.randbytes(2), b"\x00"]:
            assert get(root, key, proof(key)) == items.get(key)


def test_every_flipped_bit_is_refused() -> None:
    root, proof = trie(NUMBERS)
    key = keccak256(b"\x07")
    nodes = proof(key)
    for at, node in enumerate(nodes):
        for bit in range(8 * len(node)):
            flipped = bytearray(node)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises(ValueError, match=f"node {at} has another hash"):
                get(root, key, [*nodes[:at], bytes(flipped), *nodes[at + 1 :]])


def test_a_proof_is_no_shorter_and_no_longer() -> None:
    root, proof = trie(NUMBERS)
    key = keccak256(b"\x07")
    nodes = proof(key)
    with pytest.raises(ValueError, match=f"node {len(nodes) - 1} is missing"):
        get(root, key, nodes[:-1])
    with pytest.raises(ValueError, match=f"node {len(nodes)} has no part"):
        get(root, key, [*nodes, nodes[0]])
    with pytest.raises(ValueError, match="node 0 has another hash"):
        get(root, key, nodes[::-1])


def test_a_proof_of_one_key_is_none_of_another() -> None:
    root, proof = trie(NUMBERS)
    nodes = proof(keccak256(b"\x07"))
    for number in range(8, 30):
        with pytest.raises(ValueError, match=r"is missing|has another hash|has no part"):
            get(root, keccak256(bytes([number])), nodes)


KEY = bytes.fromhex("12")
LONG = 40 * b"v"


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (b"text instead of a node of this length", "node 0 is no node"),
        ([], "neither branch nor extension nor leaf"),
        ([b"\x20\x12", LONG, b""], "neither branch nor extension nor leaf"),
        ([[], LONG], "neither branch nor extension nor leaf"),
        ([b"", LONG], "neither branch nor extension nor leaf"),
        ([b"\x20\x12", b""], "neither branch nor extension nor leaf"),
        ([b"\x20\x12", []], "neither branch nor extension nor leaf"),
        ([b"\x20\x12", [LONG]], "a value that is a list"),
        ([b"\x40\x12", LONG], "a path with a wrong prefix"),
        ([b"\x21\x12", LONG], "a path with a wrong prefix"),
        ([b"\x00", LONG], "an extension without a path"),
        ([b"\x00\x12", [b"\x20", 29 * b"v"]], "an embedded node that is too long"),
        ([b"\x00\x12", b"short"], "node 1 is missing"),
        ([b"\x11", [b"\x00", b"\x01"]], "an extension without a path"),
        ([*(16 * [[]]), b""], "neither branch nor extension nor leaf"),
        ([b"\x00\x12", [*(16 * [b""]), [b"v"]]], "a value that is a list"),
    ],
)
def test_what_is_no_node_is_refused(node: Any, message: str) -> None:
    rlp = encode(node)
    with pytest.raises(ValueError, match=message):
        get(keccak256(rlp), KEY, [rlp])


def test_a_node_shorter_than_a_hash_stands_in_its_parent() -> None:
    short = encode([b"\x20", b"v"])
    parent = encode([b"\x00\x12", keccak256(short)])
    with pytest.raises(ValueError, match="node 1 is no node"):
        get(keccak256(parent), KEY, [parent, short])


def test_a_reference_is_a_whole_hash() -> None:
    parent = encode([b"\x00\x12", keccak256(LONG)[:31]])
    with pytest.raises(ValueError, match="node 1 has another hash"):
        get(keccak256(parent), KEY, [parent, LONG])


@pytest.mark.parametrize(
    ("item", "rlp"),
    [
        (b"", "80"),
        (b"\x00", "00"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        ([], "c0"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (55 * b"a", "b7" + 55 * "61"),
        (56 * b"a", "b838" + 56 * "61"),
        (256 * b"a", "b90100" + 256 * "61"),
        (56 * [b"a"], "f838" + 56 * "61"),
    ],
)
def test_rlp_is_that_of_the_yellow_paper(item: Any, rlp: str) -> None:
    assert encode(item).hex() == rlp
    assert decode(bytes.fromhex(rlp)) == item


@pytest.mark.parametrize(
    "rlp",
    [
        "",  # nothing
        "8100",  # a byte that stands for itself, with a prefix
        "817f",
        "b800",  # a length that has a short form
        "b837" + 55 * "61",
        "b90038" + 56 * "61",  # a length with a leading zero
        "f800",
        "8261",  # an end before its time
        "b838" + 55 * "61",
        "b8",
        "bfffffffffffffffff",
        "c1",
        "c281",
        "c382616161",  # bytes left over
        "8080",
        "c000",
        "c2826161",  # an item that reaches beyond its list
    ],
)
def test_rlp_has_one_spelling(rlp: str) -> None:
    with pytest.raises(ValueError, match=r"RLP"):
        decode(bytes.fromhex(rlp))


def test_rlp_of_endless_depth_is_refused() -> None:
    item: Any = []
    for _ in range(10_000):
        item = b"\xc0" if item == [] else b"\xf9" + len(item).to_bytes(2, "big") + item
    with pytest.raises(ValueError, match="nested without end"):
        decode(item)


def test_random_bytes_are_rlp_or_refused() -> None:
    random_source = random.Random(1)
    for _ in range(20_000):
        data = random_source.randbytes(random_source.randint(0, 12))
        try:
            item = decode(data)
        except ValueError:
            continue
        assert encode(item) == data
