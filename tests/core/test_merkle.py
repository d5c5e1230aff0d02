"""Merkle trees against the definitions of RFC 6962, and against those who would bend them."""

from functools import cache
from hashlib import sha256

import pytest

from edgeline.merkle import Tree, build, root, tree_id, verify

LEAVES = [sha256(str(number).encode()).digest() for number in range(10_000)]

# The leaves and roots that Certificate Transparency's implementations are tested with.
KNOWN_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def split(size: int) -> int:
    """The largest power of two smaller than the size."""
    return 1 << (size - 1).bit_length() - 1


@cache
def naive_root(start: int, end: int) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word, of LEAVES[start:end]."""
    if end - start == 1:
        return sha256(b"\x00" + LEAVES[start]).digest()
    middle = start + split(end - start)
    return sha256(b"\x01" + naive_root(start, middle) + naive_root(middle, end)).digest()


def naive_path(index: int, start: int, end: int) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, word for word."""
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*naive_path(index, start, middle), naive_root(middle, end)]
    return [*naive_path(index, middle, end), naive_root(start, middle)]


def check_every_leaf(tree: Tree, size: int, indices: range) -> None:
    assert (tree.size, tree.root) == (size, naive_root(0, size))
    for index in indices:
        path = tree.path(index)
        assert path == naive_path(index, 0, size)
        assert verify(LEAVES[index], index, size, path, tree.root)


def test_every_tree_of_up_to_512_leaves_is_that_of_the_definition() -> None:
    for size in range(1, 513):
        check_every_leaf(build(LEAVES[:size]), size, range(size))


@pytest.mark.parametrize("size", [513, 1000, 1023, 1024, 1025, 4097, 10_000])
def test_larger_trees_are_too(size: int) -> None:
    check_every_leaf(build(LEAVES[:size]), size, range(0, size, 37))
    check_every_leaf(build(LEAVES[:size]), size, range(size - 3, size))


@pytest.mark.parametrize("size", KNOWN_ROOTS)
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root(KNOWN_LEAVES[:size]).hex() == KNOWN_ROOTS[size]


def test_a_tree_has_a_leaf() -> None:
    with pytest.raises(ValueError, match="at least one leaf"):
        build([])


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_that_is_not_there_has_no_path(index: int) -> None:
    with pytest.raises(IndexError, match="of 3"):
        build(LEAVES[:3]).path(index)


def test_every_flipped_bit_of_a_proof_is_seen() -> None:
    tree = build(LEAVES[:7])
    proof = [LEAVES[5], *tree.path(5), tree.root]
    for at, node in enumerate(proof):
        for bit in range(256):
            flipped = bytearray(node)
            flipped[bit // 8] ^= 1 << bit % 8
            leaf, *path, top = [*proof[:at], bytes(flipped), *proof[at + 1 :]]
            assert not verify(leaf, 5, 7, path, top)


def test_a_leaf_is_in_its_own_place_only() -> None:
    tree = build(LEAVES[:33])
    for index in range(33):
        for other in range(-1, 35):
            assert verify(LEAVES[index], other, 33, tree.path(index), tree.root) == (other == index)


def test_a_path_has_its_own_length() -> None:
    tree = build(LEAVES[:6])
    path = tree.path(2)
    for wrong in (path[:-1], path[1:], [*path, path[0]], [], 3 * path):
        assert not verify(LEAVES[2], 2, 6, wrong, tree.root)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_node_has_32_bytes(length: int) -> None:
    """Even where the root was made to fit."""
    sibling = bytes(length)
    top = sha256(b"\x01" + naive_root(0, 1) + sibling).digest()
    assert not verify(LEAVES[0], 0, 2, [sibling], top)


@pytest.mark.parametrize("size", [0, -1])
def test_a_tree_without_leaves_holds_none(size: int) -> None:
    assert not verify(LEAVES[0], 0, size, [], naive_root(0, 1))


@pytest.mark.parametrize(("size", "holds"), [(2**64 - 1, True), (2**64, False)])
def test_a_size_has_eight_bytes(size: int, holds: bool) -> None:
    """Leaf 0 of a tree too large to build, whose other nodes are all alike."""
    node = sha256(b"\x00" + LEAVES[0]).digest()
    for _ in range(64):
        node = sha256(b"\x01" + node + LEAVES[1]).digest()
    assert verify(LEAVES[0], 0, size, 64 * [LEAVES[1]], node) == holds


def test_an_inner_node_is_no_leaf() -> None:
    """Second preimage: the two nodes below an inner node, or the node itself, offered as a leaf."""
    tree = build(LEAVES[:4])
    left, right = tree.levels[0][:2]
    for leaf in (left + right, b"\x01" + left + right, tree.levels[1][0]):
        assert not verify(leaf, 0, 2, [tree.levels[1][1]], tree.root)
    assert root(tree.levels[1]) != tree.root


def test_a_leaf_of_64_bytes_is_no_pair_of_nodes() -> None:
    left, right = build(LEAVES[:2]).levels[0]
    assert root([left + right]) != root(LEAVES[:2])


def test_repeated_leaves_are_other_trees() -> None:
    """CVE-2012-2459: where a lonely node is doubled, [1, 2, 3] and [1, 2, 3, 3] share a root."""
    for size in range(1, 65):
        for repeated in range(1, size + 1):
            assert root(LEAVES[:size] + LEAVES[size - repeated : size]) != root(LEAVES[:size])


def test_a_path_that_fits_two_sizes_has_two_trees() -> None:
    """A root does not tell its size: that of three leaves also passes for one of four."""
    tree = build(LEAVES[:3])
    path = tree.path(0)
    assert verify(LEAVES[0], 0, 3, path, tree.root)
    assert verify(LEAVES[0], 0, 4, path, tree.root)
    assert tree_id(tree.root, 3) != tree_id(tree.root, 4)


def test_the_id_of_a_tree_binds_its_size() -> None:
    top = bytes(range(32))
    assert tree_id(top, 258) == sha256(b"\x02" + b"\0\0\0\0\0\0\x01\x02" + top).digest()
