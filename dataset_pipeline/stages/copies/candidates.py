"""Which texts may be near one another: locality-sensitive hashing of MinHash signatures.

Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3. A signature is cut into bands;
texts that agree in all rows of a band stand in one bucket. In a small vocabulary most of a bucket
agrees by chance, so a pair is a candidate only if their whole signatures agree as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.crowds import CROWD, Crowds, Near
from dataset_pipeline.stages.copies.sketches import (
    Mask,
    Positions,
    Sketches,
    sketched,
)

RECALL = 0.99
_TEXTS_AT_ONCE = 1 << 13
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_LOW = 0xFFFFFFFF
_BEGUN = 18
_LOWEST = np.uint32((1 << _BEGUN) - 1)
Buckets = NDArray[np.uint32]


def bands(permutations: int, threshold: float, recall: float = RECALL) -> tuple[int, int]:
    """(bands, rows): the most rows a band with which a pair at the threshold is found with recall.

    A pair of similarity s shares a band with probability 1 - (1 - s**rows)**bands. There are two
    bands at the least.
    """
    for rows in range(permutations // 2, 0, -1):
        number = permutations // rows
        if found_with(threshold, number, rows) >= recall:
            return number, rows
    return permutations, 1


def found_with(similarity: float, number: int, rows: int) -> float:
    """The probability that a pair shares one of so many bands."""
    return float(1 - (1 - similarity**rows) ** number)


@dataclass(frozen=True)
class Candidates:
    """Pairs (smaller position, larger) that may be near.

    Without crowds, whether two texts are a pair depends on nothing but the two. ``crowds``: groups
    of texts so much alike that not all pairs among them are given; ``aside``: which of them were
    held against leaders alone; ``unpaired``: how many were not even held against all leaders.
    """

    left: Positions
    right: Positions
    crowds: int
    unpaired: int
    aside: Mask


def candidates(
    sketches: Sketches,
    buckets: Buckets,
    near: Near,
    fresh: Mask | None = None,
    *,
    whole: bool = False,
) -> Candidates:
    """Pairs that agree in a band, and in as many rows as near pairs do.

    ``buckets``: those of the same signatures (``buckets_of``). ``near`` measures pairs exactly; it
    is asked in crowds only (see ``crowds``). ``fresh``: only pairs with one of these; buckets
    without any are passed over. ``whole``: see ``Crowds``.
    """
    crowds = Crowds(sketches, near, whole)
    found = [np.empty(0, np.int64)]
    for keys in buckets:
        order, starts, counts = _buckets(keys, fresh)
        large = counts > CROWD
        small = np.repeat(~large, counts)
        bucket = np.repeat(np.arange(len(counts)), counts)
        found += _pairs(order[small], bucket[small], sketches, fresh)
        for start, number in zip(starts[large].tolist(), counts[large].tolist(), strict=True):
            found.append(crowds.met(order[start : start + number], fresh))
    found += crowds.thinned()
    both = np.unique(np.concatenate(found))
    both = both[sketches.octets_alike(both >> 32, both & _LOW)]
    left, right = both >> 32, both & _LOW
    return Candidates(left, right, crowds.number, crowds.unpaired, crowds.aside)


def become_candidates(one: NDArray[np.uint32], other: NDArray[np.uint32], threshold: float) -> Mask:
    """Whether row i of one and row i of the other would become candidates."""
    number, rows = bands(one.shape[1], threshold)
    same = (one == other)[:, : number * rows].reshape(len(one), number, rows)
    places = np.arange(len(one))
    sketches = sketched(np.concatenate([one, other]), threshold)
    found: Mask = same.all(axis=2).any(axis=1) & sketches.alike(places, places + len(one))
    return found


def buckets_of(signed: NDArray[np.uint32], threshold: float) -> Buckets:
    """A row a band: the text's bucket in it, as a number of 32 bits."""
    number, rows = bands(signed.shape[1], threshold)
    found = np.empty((number, len(signed)), np.uint32)
    for start in range(0, len(signed), _TEXTS_AT_ONCE):  # as many as the cache holds
        some = slice(start, start + _TEXTS_AT_ONCE)
        part = signed[some, : number * rows].reshape(-1, number, rows)
        mixed = np.zeros(part.shape[:2], np.uint64)
        for row in range(rows):
            mixed = (mixed ^ (mixed >> np.uint64(29)) ^ part[:, :, row]) * _FACTOR
        found[:, some] = (mixed >> _HALF).T
    return found


def beside(keys: NDArray[np.uint32], fresh: Mask) -> Positions:
    """Which texts have the bucket (here) of a fresh one; the fresh ones are among them."""
    wanted = np.unique(keys[fresh])
    begun = np.zeros(1 << _BEGUN, np.bool_)  # by the lowest bits: most others fall out at once
    begun[wanted & _LOWEST] = True
    left = np.flatnonzero(begun[keys & _LOWEST])
    places = np.searchsorted(wanted, keys[left])
    found: Positions = left[wanted[np.minimum(places, len(wanted) - 1)] == keys[left]]
    return found


def _buckets(
    keys: NDArray[np.uint32], fresh: Mask | None
) -> tuple[Positions, Positions, Positions]:
    """Buckets of two or more texts (and a fresh one): their positions, in order; start and size."""
    chosen = np.arange(len(keys)) if fresh is None else beside(keys, fresh)
    packed = np.sort((keys[chosen].astype(np.uint64) << _HALF) | chosen.astype(np.uint64))
    order = (packed & np.uint64(_LOW)).astype(np.int64)
    packed >>= _HALF
    starts = np.flatnonzero(np.concatenate([[True], packed[1:] != packed[:-1]]))
    counts = np.diff(np.append(starts, len(packed)))
    order = order[np.repeat(counts > 1, counts)]
    counts = counts[counts > 1]
    return order, np.cumsum(counts) - counts, counts


def _pairs(
    order: Positions, bucket: Positions, sketches: Sketches, fresh: Mask | None
) -> Iterator[Positions]:
    """Pairs within each bucket that are alike by their bits, each as one number.

    All at one distance at a time.
    """
    bits = sketches.lowest[:, order]
    places = np.arange(len(order))
    for step in count(1):
        places = places[: np.searchsorted(places, len(order) - step)]
        places = places[bucket[places] == bucket[places + step]]
        if not len(places):
            return
        one, other = places, places + step
        if fresh is not None:
            chosen = fresh[order[one]] | fresh[order[other]]
            one, other = one[chosen], other[chosen]
        few = sketches.lowest_alike(bits[:, one], bits[:, other])
        left, right = order[one[few]], order[other[few]]
        alike = sketches.bits_alike(left, right)
        yield (left[alike] << 32) | right[alike]
