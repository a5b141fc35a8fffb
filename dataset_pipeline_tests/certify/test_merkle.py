"""The trees, against published vectors and against a tree that is slow and plainly right.

The leaves, roots, proofs and corruptions are those of transparency-dev/merkle (``testdata/``,
Apache-2.0), typed anew: each hash once, and the corruptions by their rule.
"""

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.certify.merkle import (
    EMPTY_ROOT,
    SIZE,
    Edge,
    Tree,
    build,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

Hashes = list[bytes]
Inclusion = tuple[int, int, bytes, Hashes, bytes]
Consistency = tuple[int, int, Hashes, bytes, bytes]

LEAVES = [
    bytes.fromhex(data)
    for data in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
# Nodes by the leaves below them.
N0, N01, N0123 = ROOTS[0], ROOTS[1], ROOTS[3]
N1 = bytes.fromhex("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7")
N23 = bytes.fromhex("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e")
N4 = bytes.fromhex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")
N45 = bytes.fromhex("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a")
N6 = bytes.fromhex("b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f")
N67 = bytes.fromhex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0")
N4567 = bytes.fromhex("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")

INCLUSIONS: list[tuple[int, int, Hashes]] = [
    (0, 1, []),
    (0, 8, [N1, N23, N4567]),
    (5, 8, [N4, N67, N0123]),
    (2, 3, [N01]),
    (1, 5, [N0, N23, N4]),
]
CONSISTENCIES: list[tuple[int, int, Hashes]] = [
    (1, 1, []),
    (1, 8, [N1, N23, N4567]),
    (6, 8, [N45, N67, N0123]),
    (2, 5, [N23, N4]),
    (6, 7, [N45, N6, N0123]),
]


def hashed(count: int) -> Hashes:
    return [leaf_hash(data) for data in LEAVES[:count]]


def test_the_published_roots() -> None:
    assert EMPTY_ROOT == hashlib.sha256(b"").digest() == build([]).root == Edge().root
    edge = Edge()
    for count, root in enumerate(ROOTS, start=1):
        edge = edge.add(leaf_hash(LEAVES[count - 1]))
        assert root == build(hashed(count)).root == build(b"".join(hashed(count))).root == edge.root
        assert (edge.size, len(edge.nodes)) == (count, count.bit_count())


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_the_published_inclusion_proofs(index: int, size: int, proof: Hashes) -> None:
    good = (index, size, leaf_hash(LEAVES[index]), proof, ROOTS[size - 1])
    assert build(hashed(size)).inclusion_proof(index) == proof
    assert verify_inclusion(*good)
    for bad in corrupt_inclusions(*good):
        assert not verify_inclusion(*bad), bad


def corrupt_inclusions(
    index: int, size: int, leaf: bytes, proof: Hashes, root: bytes
) -> Iterator[Inclusion]:
    for other in (index - 1, index + 1, index ^ 2):
        yield other, size, leaf, proof, root
    for other in (size * 2, size // 2):
        yield index, other, leaf, proof, root
    yield index, size, b"WrongLeaf", proof, root
    for other_root in (EMPTY_ROOT, SOME):
        yield index, size, leaf, proof, other_root
    more = [[*proof, b""], [*proof, root], [b"", *proof], [root, *proof]]
    if len(proof) > 1:
        more.append([proof[0], SOME, *proof[1:]])
    for other_proof in (*more, *damaged(proof, 8)):
        yield index, size, leaf, other_proof, root


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCIES)
def test_the_published_consistency_proofs(old: int, new: int, proof: Hashes) -> None:
    good = (old, new, proof, ROOTS[old - 1], ROOTS[new - 1])
    assert build(hashed(new)).consistency_proof(old) == proof
    assert verify_consistency(*good)
    if proof:
        for bad in corrupt_consistencies(*good):
            assert not verify_consistency(*bad), bad


def corrupt_consistencies(
    old: int, new: int, proof: Hashes, old_root: bytes, root: bytes
) -> Iterator[Consistency]:
    for other in (old - 1, old + 1, old ^ 2):
        yield other, new, proof, old_root, root
    for other in (new * 2, new // 2):
        yield old, other, proof, old_root, root
    for roots in ((b"WrongRoot", root), (old_root, b"WrongRoot"), (root, old_root)):
        yield old, new, proof, *roots
    ends = [[*proof, extra] for extra in (b"", old_root, root)]
    starts = [[extra, *proof] for extra in (b"", old_root, root, proof[0])]
    for other_proof in ([], *ends, *starts, *damaged(proof, 16)):
        yield old, new, other_proof, old_root, root


def damaged(proof: Hashes, bit: int) -> Iterator[Hashes]:
    """Without its last hash; and with a bit flipped in the first byte of each."""
    if proof:
        yield proof[:-1]
    for at, value in enumerate(proof):
        yield [*proof[:at], bytes([value[0] ^ bit]) + value[1:], *proof[at + 1 :]]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (0, 1), (1, 0), (2, 1)])
def test_no_leaf_is_in_a_tree_of_another_root(index: int, size: int) -> None:
    for leaf, root in ((SOME, b""), (b"", EMPTY_ROOT), (SOME, EMPTY_ROOT), (b"", b"")):
        assert not verify_inclusion(index, size, leaf, [], root)


def test_consistency_without_a_proof() -> None:
    """The published odd cases, with an old tree of no leaves proving nothing."""
    cases = [
        (0, 0, [], SOME, SOME),
        (0, 1, [], EMPTY_ROOT, SOME),
        (1, 1, [], SOME, EMPTY_ROOT),
        (1, 0, [], SOME, EMPTY_ROOT),
        (2, 1, [], SOME, EMPTY_ROOT),
        (1, 2, [], SOME, EMPTY_ROOT),
        (1, 2, [], SOME, SOME),
        (0, 0, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT),
        (0, 1, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT),
        (1, 1, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT),
    ]
    assert [case for case in cases if verify_consistency(*case)] == []
    assert verify_consistency(1, 1, [], SOME, SOME)


def test_the_example_of_rfc_6962() -> None:
    """Section 2.1.3: a tree of seven leaves, its nodes named by letters."""
    a, b, c, d, e, f, j = (leaf_hash(b"%d" % number) for number in range(7))
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, right = node_hash(g, h), node_hash(i, j)
    tree = build([a, b, c, d, e, f, j])
    assert tree.root == node_hash(k, right)
    assert tree.inclusion_proof(0) == [b, h, right]
    assert tree.inclusion_proof(3) == [c, g, right]
    assert tree.inclusion_proof(4) == [f, j, k]
    assert tree.inclusion_proof(6) == [i, k]
    assert tree.consistency_proof(3) == [c, d, g, right]
    assert tree.consistency_proof(4) == [right]
    assert tree.consistency_proof(6) == [i, j, k]


def slow_root(leaves: Hashes) -> bytes:
    """RFC 6962's recursive definition, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


def leaves_of(size: int) -> Hashes:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


@pytest.mark.parametrize("size", range(66))
def test_every_proof_of_a_small_tree(size: int) -> None:
    leaves = leaves_of(size)
    tree = build(leaves)
    assert (tree.size, tree.root) == (size, slow_root(leaves))
    for index in range(size):
        proof = tree.inclusion_proof(index)
        assert verify_inclusion(index, size, tree.leaf(index), proof, tree.root)
    for old in range(1, size + 1):
        proof = tree.consistency_proof(old)
        assert verify_consistency(old, size, proof, slow_root(leaves[:old]), tree.root)


@given(st.data())
def test_no_other_proof_passes(data: st.DataObject) -> None:
    """One change to anything that a proof is about, and it fails."""
    size = data.draw(st.integers(1, 300))
    tree = build(leaves_of(size))
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index) | st.just(-1))
    assert not verify_inclusion(other, size, tree.leaf(index), proof, tree.root)
    for wrong in _mutations(data, proof):
        assert not verify_inclusion(index, size, tree.leaf(index), wrong, tree.root)
    old = data.draw(st.integers(1, size))
    old_root, steps = build(leaves_of(old)).root, tree.consistency_proof(old)
    for wrong in _mutations(data, steps):
        assert not verify_consistency(old, size, wrong, old_root, tree.root)
    for bad in (flipped(data, old_root), tree.root if old < size else SOME):
        assert not verify_consistency(old, size, steps, bad, tree.root)
    assert not verify_consistency(old, size, steps, old_root, flipped(data, tree.root))


def _mutations(data: st.DataObject, proof: Hashes) -> Iterator[Hashes]:
    at = data.draw(st.integers(0, len(proof)))
    yield [*proof[:at], data.draw(st.binary(min_size=SIZE, max_size=SIZE)), *proof[at:]]
    if at < len(proof):
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], flipped(data, proof[at]), *proof[at + 1 :]]
        yield [*proof[:at], proof[at][:-1], *proof[at + 1 :]]
    if len(proof) > 1:
        yield [*proof[1:], proof[0]]


def flipped(data: st.DataObject, value: bytes) -> bytes:
    bit = data.draw(st.integers(0, 8 * SIZE - 1))
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(SIZE, "big")


@given(count=st.integers(0, 200))
def test_a_tree_can_be_read_back_from_its_levels(count: int) -> None:
    tree = build(leaves_of(count))
    again = Tree(tuple(memoryview(level) for level in tree.levels))
    assert (again.size, again.root) == (tree.size, tree.root)
    for index in range(count):
        assert again.inclusion_proof(index) == tree.inclusion_proof(index)


def test_what_there_is_no_proof_of() -> None:
    tree = build(leaves_of(3))
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.inclusion_proof(index)
    for old in (-1, 0, 4):
        with pytest.raises(IndexError):
            tree.consistency_proof(old)
    with pytest.raises(IndexError):
        build([]).inclusion_proof(0)


@pytest.mark.parametrize("leaves", [[b"short"], [SOME, b""], b"x", SOME + b"x", [SOME + SOME]])
def test_a_leaf_is_a_hash(leaves: Hashes | bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        build(leaves)
