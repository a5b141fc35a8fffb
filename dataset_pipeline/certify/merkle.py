"""Merkle trees with SHA-256 as in RFC 6962, section 2.1 (the same tree as in RFC 9162).

A leaf is the SHA-256 of a zero byte and the data; a node the SHA-256 of a one byte and its two
children; the right-most node of a level that has no sibling goes up unchanged. All hashes are
bytes of length 32; indexes count from 0.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SIZE = 32
EMPTY_ROOT = hashlib.sha256().digest()
_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds ``data``."""
    return hashlib.sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node by the hashes of its children."""
    return hashlib.sha256(_NODE + left + right).digest()


@dataclass(frozen=True)
class Tree:
    """A tree with every node kept: 64 bytes a leaf.

    ``levels``: from the leaves up to the root, each level's hashes one after the other. They can be
    stored, and read back as they are (``bytes``, or a ``memoryview`` of a file).
    """

    levels: tuple[bytes | memoryview, ...]

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return len(self.levels[0]) // SIZE if self.levels else 0

    @property
    def root(self) -> bytes:
        """The root; of an empty tree ``EMPTY_ROOT``."""
        return bytes(self.levels[-1]) if self.levels else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        """The hash of a leaf. IndexError when there is none such."""
        if not 0 <= index < self.size:
            raise IndexError(f"no leaf {index} in a tree of {self.size}")
        return self._node(0, index)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The siblings from the leaf up (RFC 9162, 2.1.3.1). IndexError when there is no leaf."""
        self.leaf(index)
        return list(self._siblings(0, index))

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """That the first ``old_size`` leaves are still the same (RFC 9162, 2.1.4.1).

        IndexError unless the old tree had at least one leaf, and no more than this one.
        """
        if not 0 < old_size <= self.size:
            raise IndexError(f"no consistency from {old_size} to {self.size} leaves")
        if old_size == self.size:
            return []
        # The largest whole subtree that ends where the old tree ended.
        level, index = 0, old_size - 1
        while index & 1:
            level, index = level + 1, index >> 1
        start = [self._node(level, index)] if index else []
        return [*start, *self._siblings(level, index)]

    def _siblings(self, level: int, index: int) -> Iterator[bytes]:
        for height in range(level, len(self.levels) - 1):
            if (index ^ 1) * SIZE < len(self.levels[height]):
                yield self._node(height, index ^ 1)
            index >>= 1

    def _node(self, level: int, index: int) -> bytes:
        return bytes(self.levels[level][index * SIZE : (index + 1) * SIZE])


def build(leaves: Sequence[bytes] | bytes) -> Tree:
    """The tree of leaf hashes, given one by one or as one run of bytes.

    Raises ValueError when a hash is not 32 bytes long.
    """
    if not isinstance(leaves, bytes):
        if any(len(leaf) != SIZE for leaf in leaves):
            raise ValueError(f"a leaf's hash is not {SIZE} bytes long")
        leaves = b"".join(leaves)
    if len(leaves) % SIZE:
        raise ValueError(f"{len(leaves)} bytes are no run of hashes of {SIZE} bytes")
    levels = [leaves] if leaves else []
    while levels and len(levels[-1]) > SIZE:
        levels.append(_parents(levels[-1]))
    return Tree(tuple(levels))


def _parents(level: bytes) -> bytes:
    sha256, pair = hashlib.sha256, 2 * SIZE
    whole = len(level) - len(level) % pair
    nodes = [sha256(b"\x01" + level[at : at + pair]).digest() for at in range(0, whole, pair)]
    return b"".join([*nodes, level[whole:]])


@dataclass(frozen=True)
class Edge:
    """A growing tree, of which only the roots of its whole subtrees are kept, the largest first."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def add(self, leaf: bytes) -> "Edge":
        """With one leaf hash more at the end."""
        nodes, count = list(self.nodes), self.size
        while count & 1:
            leaf, count = node_hash(nodes.pop(), leaf), count >> 1
        return Edge(self.size + 1, (*nodes, leaf))

    @property
    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.nodes:
            return EMPTY_ROOT
        *rest, root = self.nodes
        for node in reversed(rest):
            root = node_hash(node, root)
        return root


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether ``proof`` shows that ``leaf`` (a hash) is leaf ``index`` (RFC 9162, 2.1.3.2).

    ``size``, ``root``: of the tree. A malformed proof shows nothing, so it is False too.
    """
    if not 0 <= index < size or not _hashes([leaf, root, *proof]):
        return False
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes
) -> bool:
    """Whether ``proof`` shows that a tree only grew (RFC 9162, 2.1.4.2).

    False too for a malformed proof, and for an old tree without leaves, about which a proof says
    nothing.
    """
    if not 0 < old_size <= size or not _hashes([old_root, root, *proof]):
        return False
    if old_size == size:
        return not proof and old_root == root
    if not proof:
        return False
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def _hashes(values: Sequence[bytes]) -> bool:
    return all(isinstance(value, bytes) and len(value) == SIZE for value in values)
