"""The files of a version's record trees, in the owner's zone of the store, and proofs from them.

A folder named by what the certificate commits to holds ``salts`` and, for each tree, its sorted
leaf hashes (``<tree>.leaves``) and the nodes above every 256 of them (``<tree>.nodes``), level by
level. What lies below is computed again, so that a proof takes few reads and little room.
"""

import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from dataset_pipeline.certify.merkle import SIZE, Tree, build, leaf_hash
from dataset_pipeline.certify.record_names import salt_index
from dataset_pipeline.certify.record_proof import ABSENT, PRESENT, Statement
from dataset_pipeline.certify.record_tree import RecordTrees, salt_leaves
from dataset_pipeline.digests import digest_of
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, staged_folder, write_once

_HEIGHT = 8
_CHUNK = 1 << _HEIGHT  # leaves
_KEY_BYTES = 32
_SALTS, _LEAVES, _NODES = "salts", ".leaves", ".nodes"


def store_key(records: Path) -> bytes:
    """The key in ``records/key`` from which a store makes every version's secret.

    It is made on first use, for the owner alone. StoreError when it is no such key.
    """
    path = records / "key"
    if not path.exists():
        write_once(records, path, os.urandom(_KEY_BYTES), mode=PRIVATE_FILE)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise StoreError(f"{path}: not the key of record proofs; restore it from a copy")
    return key


def write_trees(trees: RecordTrees, records: Path, temporary: Path) -> None:
    """Keep the trees below ``records``, unless they are there already."""
    target = _folder(records, trees.commitment())
    if target.is_dir():
        return
    with staged_folder(temporary, target, mode=PRIVATE_FOLDER) as staging:
        (staging / _SALTS).write_bytes(trees.salts)
        for name, tree in trees.trees.items():
            for suffix, levels in ((_LEAVES, tree.levels[:1]), (_NODES, tree.levels[_HEIGHT:])):
                with (staging / f"{name}{suffix}").open("wb") as file:
                    file.writelines(levels)


class StoredTrees:
    """The trees that a certificate commits to (``records`` of its predicate), as they are kept."""

    def __init__(self, records: Path, committed: Mapping[str, Any]):
        """Raises StoreError when they are not below ``records``."""
        self._committed, self._folder = committed, _folder(records, committed)
        if not self._folder.is_dir():
            raise StoreError(
                f"{self._folder} is missing: the trees of this version are kept where it was "
                "certified; restore them from there"
            )

    @property
    def names(self) -> list[str]:
        """The trees: ``version`` and the splits."""
        return list(self._committed["trees"])

    def prove(self, tree: str, digest: str) -> Statement:
        """That the name with this digest is in a tree, or is not.

        StoreError when the files do not give what the certificate commits to.
        """
        statement = self._statement(tree, digest)
        if why := statement.wrong(self._committed):
            raise StoreError(f"{self._folder}: the trees are damaged ({why}); restore them")
        return statement

    def _statement(self, tree: str, digest: str) -> Statement:
        index = salt_index(digest)
        salt = self._salts[index * SIZE : (index + 1) * SIZE]
        salt_path = tuple(self._salt_tree.inclusion_proof(index))
        with (self._folder / f"{tree}{_LEAVES}").open("rb", buffering=0) as file:
            leaves = _Leaves(file, (self._folder / f"{tree}{_NODES}").read_bytes())
            leaf = leaf_hash(salt + bytes.fromhex(digest))
            at = bisect_left(leaves, leaf)
            if at < len(leaves) and leaves[at] == leaf:
                path = tuple(leaves.path(at))
                return Statement(digest, tree, PRESENT, at, salt, salt_path, path)
            places = [place for place in (at - 1, at) if 0 <= place < len(leaves)]
            path = tuple(_together([[leaves[place], *leaves.path(place)] for place in places]))
            return Statement(digest, tree, ABSENT, at, salt, salt_path, path)

    @cached_property
    def _salts(self) -> bytes:
        return (self._folder / _SALTS).read_bytes()

    @cached_property
    def _salt_tree(self) -> Tree:
        return build(salt_leaves(self._salts))


@dataclass(frozen=True)
class _Leaves(Sequence[bytes]):
    """A tree's leaf hashes in a file, and the nodes above its chunks."""

    file: BinaryIO
    nodes: bytes

    def __len__(self) -> int:
        return os.fstat(self.file.fileno()).st_size // SIZE

    def __getitem__(self, index: int) -> bytes:  # type: ignore[override]
        return self._read(index, 1)

    def path(self, index: int) -> list[bytes]:
        """The audit path of a leaf."""
        chunk, place = divmod(index, _CHUNK)
        path = build(self._read(chunk * _CHUNK, _CHUNK)).inclusion_proof(place)
        return path + (self._above().inclusion_proof(chunk) if len(self) > _CHUNK else [])

    def _above(self) -> Tree:
        return Tree(tuple(self._levels()))

    def _levels(self) -> Iterator[bytes]:
        start, count = 0, -(-len(self) // _CHUNK)
        while start < len(self.nodes):
            yield self.nodes[start : start + count * SIZE]
            start, count = start + count * SIZE, -(-count // 2)

    def _read(self, index: int, count: int) -> bytes:
        self.file.seek(index * SIZE)
        return self.file.read(count * SIZE)


def _together(paths: Sequence[Sequence[bytes]]) -> list[bytes]:
    """One path for one leaf or two adjacent ones, in the order of ``record_proof``.

    Each of ``paths`` begins with its leaf. Where the paths of two leaves meet, each names the node
    that the other leads to; above, both are the same.
    """
    if len(paths) != 2:
        return [step for path in paths for step in path]
    left, right = paths
    same = 0
    while same < min(len(left), len(right)) and left[-1 - same] == right[-1 - same]:
        same += 1
    below = [step for path in paths for step in path[: len(path) - same - 1]]
    return [*below, *left[len(left) - same :]]


def _folder(records: Path, committed: Mapping[str, Any]) -> Path:
    return records / digest_of(dict(committed))
