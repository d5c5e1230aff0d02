"""Merkle trees with SHA-256 as in RFC 6962 and RFC 9162, section 2.1: many leaves, one root.

Leaves and inner nodes are hashed apart (0x00, 0x01), so an inner node is never taken for a leaf. A
node without a partner goes up as it is, never doubled, so no two lists of leaves share a root by
repetition (CVE-2012-2459). A root alone does not tell how many leaves it has; `tree_id` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

LEAF, NODE, TREE = b"\x00", b"\x01", b"\x02"
HASH_BYTES = 32
# As many as fit the 8 bytes of a size.
MAX_LEAVES, MAX_PATH = 2**64 - 1, 64


@dataclass(frozen=True)
class Tree:
    """Every level of a tree from the hashed leaves to the root."""

    levels: tuple[list[bytes], ...]

    @property
    def size(self) -> int:
        return len(self.levels[0])

    @property
    def root(self) -> bytes:
        return self.levels[-1][0]

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of a leaf: the sibling of every node above it that has one.

        Raises:
            IndexError: there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of {self.size}")
        path = []
        for nodes in self.levels[:-1]:
            if index ^ 1 < len(nodes):
                path.append(nodes[index ^ 1])
            index >>= 1
        return path


def build(leaves: Sequence[bytes]) -> Tree:
    """The tree over these leaves; raises ValueError where there are none."""
    if not leaves:
        raise ValueError("a tree has at least one leaf")
    nodes = [sha256(LEAF + leaf).digest() for leaf in leaves]
    levels = [nodes]
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=False)
        above = [sha256(NODE + left + right).digest() for left, right in pairs]
        # Level by level this is RFC 6962's split at the largest power of two.
        nodes = above + nodes[-1:] if len(nodes) % 2 else above
        levels.append(nodes)
    return Tree(tuple(levels))


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of the tree over these leaves; raises ValueError where there are none."""
    return build(leaves).root


def verify(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` is at `index` in the tree of this size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size <= MAX_LEAVES or any(len(node) != HASH_BYTES for node in path):
        return False
    node, last = sha256(LEAF + leaf).digest(), size - 1
    for sibling in path:
        if last == 0:
            return False
        if index % 2 or index == last:
            node = sha256(NODE + sibling + node).digest()
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(NODE + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


def tree_id(root: bytes, size: int) -> bytes:
    """What a tree is anchored under: SHA-256(0x02 | size, 8 bytes big-endian | root)."""
    return sha256(TREE + size.to_bytes(8, "big") + root).digest()
