"""Merkle trees over the salted digests of a version's records.

There is a tree for the version and one for each split. A record has two names, its folded text and
its id (``record_names``); each distinct name is a leaf. A leaf's hash is, as in RFC 6962,
``SHA-256(00 || salt || digest)``: the salted digest of the name. The leaves are sorted by it. So a
name is present when its leaf is in the tree, and absent when two adjacent leaves enclose the place
where it would stand.

A version has 4096 salts, made by HMAC-SHA256 (RFC 2104) from a secret that never leaves the store;
the digest's first three hex digits say which one goes with a name. They are the leaves of a tree of
their own, whose root the certificate holds too. A proof hands out one salt and shows that it is the
right one: the publisher has no choice of leaf for a name, and who verifies can compute it. All else
in a proof is hashes.

What the holder of a proof learns of other records. To test a guess against a hash that the proof
shows, one needs the guess's salt. The salt that was handed out goes with one name in 4096, and the
neighbours of an absent name stand where their own salts put them. Many proofs add up: who has
collected all salts of a version can test guesses against every leaf that these proofs show, and
against no other. Who has the stored trees and the salts can test any guess, so they stay in the
owner's zone of the store. A verifiable random function (RFC 9381) would hand out no salt at all,
and take a thousand times as long to build.

What a proof does not show: that the trees hold all of the package's records and nothing else. A
publisher who builds them wrongly can leave a record out. Whoever is given the secret and the
package can build them again and compare the roots.
"""

import hmac
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dataset_pipeline.certify.merkle import SIZE, Tree, build, leaf_hash
from dataset_pipeline.certify.record_names import RECORD_ID, SALTS, TEXT
from dataset_pipeline.certify.record_proof import SCHEME, VERSION
from dataset_pipeline.records import SPLITS, SplitType, sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint8]  # one row a hash

_PART = 50_000
_FEW = 1024
_PURPOSE = b"dataset-pipeline/record-tree/v1\n"


@dataclass(frozen=True)
class RecordTrees:
    """A version's salts, and its trees by name: ``version`` and each split."""

    salts: bytes
    trees: Mapping[str, Tree]

    def commitment(self) -> dict[str, Any]:
        """What the certificate says of them: how they are made, each one's root and leaves."""
        salts = build(salt_leaves(self.salts))
        return {
            "scheme": SCHEME,
            "salts": _said(salts),
            "trees": {name: _said(tree) for name, tree in self.trees.items()},
        }


def version_secret(store_key: bytes, content: str) -> bytes:
    """The secret of the version with this content digest; the same whenever it is asked for."""
    return hmac.digest(store_key, _PURPOSE + content.encode(), "sha256")


def record_trees(records: pl.LazyFrame, secret: bytes) -> RecordTrees:
    """The trees over records: ``record_id``, ``text`` (folded, or null), ``split``.

    The same for any order of the records. Takes about 400 bytes of memory a record.
    """
    salts = b"".join(hmac.digest(secret, b"%d" % index, "sha256") for index in range(SALTS))
    leaves, splits = _leaves(records, salts)
    order = in_order(leaves)
    leaves, splits = np.take(leaves, order, axis=0), np.take(splits, order)
    chosen = [None, *range(len(SPLITS))]

    def grown(code: int | None) -> Tree:
        mine = leaves if code is None else np.compress(splits == code, leaves, axis=0)
        return _grown(_distinct(mine))

    with ThreadPoolExecutor(2) as pool:
        trees = pool.map(grown, chosen)
        return RecordTrees(salts, dict(zip((VERSION, *SPLITS), trees, strict=True)))


def salt_leaves(salts: bytes) -> bytes:
    """The leaf hashes of the tree of salts."""
    return b"".join(leaf_hash(salts[at : at + SIZE]) for at in range(0, len(salts), SIZE))


def _said(tree: Tree) -> dict[str, Any]:
    return {"size": tree.size, "root": tree.root.hex()}


def _leaves(records: pl.LazyFrame, salts: bytes) -> tuple["Hashes", "NDArray[np.uint8]"]:
    """The leaf hash of each name of each record, and the code of its split."""
    named = records.select(
        pl.col("split").cast(SplitType),
        (pl.lit(RECORD_ID) + pl.col("record_id")).alias("record_id"),
        (pl.lit(TEXT) + pl.col("text")).alias("text"),
    )
    rows = records.select(pl.len()).collect().item()
    table = np.frombuffer(salts, np.uint8).reshape(-1, SIZE)

    def part(start: int) -> list[tuple["Hashes", "NDArray[np.uint8]"]]:
        frame = named.slice(start, _PART).collect(engine="streaming")
        mine = [frame.select("split", name).drop_nulls() for name in ("record_id", "text")]
        return [
            (_salted(_digests(one.to_series(1)), table), one["split"].to_physical().to_numpy())
            for one in mine
        ]

    with ThreadPoolExecutor(2) as pool:
        parts = [one for made in pool.map(part, range(0, rows, _PART)) for one in made]
    none = np.empty((0, SIZE), np.uint8), np.empty(0, np.uint8)
    hashes, codes = zip(none, *parts, strict=True)
    return np.concatenate(hashes), np.concatenate(codes)


def _salted(digests: "Hashes", salts: "Hashes") -> "Hashes":
    """The leaf hashes of names: the first 12 bits of a name's digest choose its salt."""
    index = digests[:, 0].astype(np.uint16) << 4 | digests[:, 1] >> 4
    return _hashed(0, np.take(salts, index, axis=0), digests)


def _grown(leaves: "Hashes") -> Tree:
    """``merkle.build``: the lower levels, which have most nodes, as whole columns."""
    levels = [leaves]
    while len(levels[-1]) > _FEW:
        levels.append(_above(levels[-1]))
    lower = [level.reshape(-1).data for level in levels[:-1]]
    return Tree((*lower, *build(levels[-1].tobytes()).levels))


def _above(level: "Hashes") -> "Hashes":
    """The nodes above a level, whose last one goes up as it is where it has no sibling."""
    pairs = level[: len(level) // 2 * 2].reshape(-1, 2 * SIZE)
    above = np.empty((len(level) - len(pairs), SIZE), np.uint8)
    for at in range(0, len(pairs), _PART):
        part = pairs[at : at + _PART]
        above[at : at + len(part)] = _hashed(1, part)
    above[len(pairs) :] = level[2 * len(pairs) :]
    return above


def _hashed(first: int, *rest: "Hashes") -> "Hashes":
    """SHA-256 of each row: the byte ``first``, and the bytes of ``rest`` side by side."""
    height, width = len(rest[0]), sum(part.shape[1] for part in rest)
    rows = np.empty((height, 1 + width), np.uint8)
    rows[:, 0] = first
    np.concatenate(rest, axis=1, out=rows[:, 1:])
    return _digests(pl.Series("row", rows).cast(pl.List(pl.UInt8)).cast(pl.Binary))


def _digests(names: pl.Series) -> "Hashes":
    """SHA-256 of each text or run of bytes."""
    hexes = names.to_frame().select(sha256_of(pl.col(names.name)).str.join()).item()
    return np.frombuffer(bytes.fromhex(hexes), np.uint8).reshape(-1, SIZE)


def in_order(hashes: "Hashes") -> "NDArray[np.int64]":
    """The order that sorts hashes as bytes.

    By the bits that fit into one number beside a hash's place, since numbers alone are sorted
    several times as fast as places by numbers; hashes that agree in these bits by all of them.
    """
    words = hashes.view(">u8")
    bits = len(hashes).bit_length()
    numbers = words[:, 0].astype(np.uint64)
    numbers >>= bits
    numbers <<= bits
    numbers |= np.arange(len(hashes), dtype=np.uint64)
    numbers.sort()
    alike = numbers[1:] ^ numbers[:-1] < 1 << bits
    numbers &= (1 << bits) - 1
    order = numbers.view(np.int64)
    tied = np.flatnonzero(np.append(alike, False) | np.insert(alike, 0, False))
    rows = order[tied]
    order[tied] = rows[np.lexsort(words[rows].astype(np.uint64).T[::-1])]
    return order


def _distinct(hashes: "Hashes") -> "Hashes":
    """Sorted hashes, each once."""
    words = hashes.view(np.uint64)
    new = np.ones(len(hashes), bool)
    new[1:] = words[1:, 0] != words[:-1, 0]
    again = np.flatnonzero(~new)
    new[again] = (words[again] != words[again - 1]).any(axis=1)
    return hashes if new.all() else hashes[new]
