"""MinHash signatures of texts: datasketch's permutations and scheme, for many texts at once.

Broder, "On the resemblance and containment of documents", 1997. Given the same hash of shingles,
datasketch's ``MinHash`` makes the very same signatures; a test holds one against the other.
Loads no Polars: worker processes are forked from one that has this module.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.hashed import hashed

SEED = 1
SCHEME = "affine32"
# Shingles that are permuted at once: few enough to stay in a core's cache.
_BLOCK = 100_000


def shingles(text: str, size: int) -> frozenset[str]:
    """All substrings of ``size`` characters; a shorter text is its own only shingle."""
    return frozenset(text[i : i + size] for i in range(max(len(text) - size, 0) + 1))


def signatures(texts: Sequence[str], *, size: int, permutations: int) -> list[bytes]:
    """The MinHash of each text's shingles: ``permutations`` unsigned integers of four bytes."""
    return [row.tobytes() for row in signed(texts, size=size, permutations=permutations)]


def signed(texts: Sequence[str], *, size: int, permutations: int) -> NDArray[np.uint32]:
    """The signatures as rows of a matrix."""
    factors, offsets = permuted_by(permutations)
    made = np.empty((len(texts), permutations), "<u4")
    for first, last in _blocks(texts):
        block = hashed(texts[first:last], size)
        mixed = _finalized((block.values & np.uint64(0xFFFFFFFF)).astype(np.uint32))
        least = np.empty((permutations, last - first), np.uint32)
        moved = np.empty_like(mixed)
        for number in range(permutations):
            np.multiply(mixed, factors[number], out=moved)
            np.add(moved, offsets[number], out=moved)
            np.minimum.reduceat(moved, block.starts, out=least[number])
        made[first:last] = least.T
    return made


def permuted_by(permutations: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Factors and offsets of datasketch's permutations h -> factor * h + offset modulo 2**32."""
    dice = np.random.RandomState(SEED)
    factors = dice.randint(0, 1 << 31, permutations, dtype=np.uint32)
    factors = factors * np.uint32(2) + np.uint32(1)
    return factors, dice.randint(0, 1 << 32, permutations, dtype=np.uint32)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    first = weight = 0
    for position, text in enumerate(texts):
        weight += len(text)
        if weight >= _BLOCK:
            yield first, position + 1
            first, weight = position + 1, 0
    if first < len(texts):
        yield first, len(texts)


def _finalized(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's 32-bit finalizer, with which datasketch begins."""
    mixed = values ^ (values >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
