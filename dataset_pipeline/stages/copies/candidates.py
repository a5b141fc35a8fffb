"""Which texts may be near one another: locality-sensitive hashing of MinHash signatures.

Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3. A signature is cut into bands;
texts that agree in all rows of a band stand in one bucket and are candidates.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Near = Callable[[Positions, Positions], NDArray[np.bool_]]

RECALL = 0.99
# The probability that a pair at the threshold agrees in so few rows that it is not looked at.
_MISSED = 1e-6
# All pairs of a bucket are candidates, up to this many members.
CROWD = 1_000
# Of a larger bucket at most so many members are held against all others.
_LEADERS = 5_000
_LEADERS_AT_ONCE = 50
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_PAIRS_AT_ONCE = 1 << 16
# Adds up the eight bytes of a number in its highest byte.
_BYTES = np.uint64(0x0101010101010101)


def bands(permutations: int, threshold: float, recall: float = RECALL) -> tuple[int, int]:
    """(bands, rows): the most rows a band with which a pair at the threshold is found with recall.

    A pair of similarity s becomes a candidate with probability 1 - (1 - s**rows)**bands. There are
    two bands at the least.
    """
    for rows in range(permutations // 2, 0, -1):
        count = permutations // rows
        if found_with(threshold, count, rows) >= recall:
            return count, rows
    return permutations, 1


def found_with(similarity: float, count: int, rows: int) -> float:
    """The probability that a pair becomes a candidate."""
    return float(1 - (1 - similarity**rows) ** count)


def least_agreement(permutations: int, threshold: float) -> int:
    """In how many rows a pair at the threshold agrees at the least, but for one in a million."""
    cumulated = 0.0
    for rows in range(permutations + 1):
        ways = math.comb(permutations, rows)
        cumulated += ways * threshold**rows * (1 - threshold) ** (permutations - rows)
        if cumulated > _MISSED:
            return rows
    return permutations


@dataclass(frozen=True)
class Candidates:
    """Pairs (smaller position, larger) that may be near.

    ``crowds``: the number of buckets with more than ``CROWD`` members; ``unpaired``: how many of
    their members not even leaders were held to, for there were too many. ``aside``: which texts
    were not held against all members of such a bucket, for they are near its leader.
    """

    left: Positions
    right: Positions
    crowds: int
    unpaired: int
    aside: NDArray[np.bool_]


def candidates(signed: NDArray[np.uint32], threshold: float, near: Near) -> Candidates:
    """Pairs that agree in a band, and in as many rows as near pairs do.

    Of a crowded bucket not all pairs are candidates, for their number grows with the square: its
    first member is held against all others (``near`` decides, exactly), those near it step aside,
    then the next is, until few enough are left to pair them all. So every member is near a leader,
    or was held against all others that were left.
    """
    sketches = _sketches(signed)
    least = least_agreement(signed.shape[1], threshold)
    found = [np.empty(0, np.int64)]
    aside = np.zeros(len(signed), np.bool_)
    crowds = unpaired = 0
    for order, starts, counts in _buckets(signed, *bands(signed.shape[1], threshold)):
        fine = counts <= CROWD
        found.append(_all_pairs(order, starts[fine], counts[fine], sketches, least))
        for start, count in zip(starts[~fine].tolist(), counts[~fine].tolist(), strict=True):
            crowds += 1
            members = np.sort(order[start : start + count])
            pairs, left_over = _led(members[~aside[members]], sketches, least, near, aside)
            found += pairs
            unpaired += left_over
    both = np.unique(np.concatenate(found))
    return Candidates(both >> 32, both & 0xFFFFFFFF, crowds, unpaired, aside)


def share_a_band(
    one: NDArray[np.uint32], other: NDArray[np.uint32], threshold: float
) -> NDArray[np.bool_]:
    """Whether row i of one and row i of the other would become candidates."""
    count, rows = bands(one.shape[1], threshold)
    same = (one == other)[:, : count * rows].reshape(len(one), count, rows)
    enough = (one == other).sum(axis=1) >= least_agreement(one.shape[1], threshold)
    found: NDArray[np.bool_] = same.all(axis=2).any(axis=1) & enough
    return found


def _buckets(
    signed: NDArray[np.uint32], count: int, rows: int
) -> Iterator[tuple[Positions, Positions, Positions]]:
    """For each band: positions in the buckets' order, and the buckets of two or more in it."""
    for band in range(count):
        keys = np.zeros(len(signed), np.uint64)
        for row in range(band * rows, (band + 1) * rows):
            keys = (keys ^ (keys >> np.uint64(29)) ^ signed[:, row]) * _FACTOR
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        counts = np.diff(np.append(starts, len(keys)))
        shared = counts > 1
        yield order, starts[shared], counts[shared]


def _sketches(signed: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """One byte a row, eight in a number: two rows that agree have equal bytes."""
    count, rows = signed.shape
    made = np.zeros((count, -(-rows // 8) * 8), np.uint8)
    made[:, :rows] = signed & np.uint32(0xFF)
    made[:, rows:] = np.arange(count)[:, None] % 251
    return made.view(np.uint64)


def _agreeing(
    sketches: NDArray[np.uint64], one: Positions, other: Positions, least: int
) -> NDArray[np.bool_]:
    """Which pairs agree in at least so many bytes; at once only as many as the cache holds."""
    found = np.empty(len(one), np.bool_)
    width = sketches.shape[1]
    for first in range(0, len(one), _PAIRS_AT_ONCE):
        some = slice(first, first + _PAIRS_AT_ONCE)
        mine, theirs = sketches[one[some]], sketches[other[some]]
        same = (mine.view(np.uint8) == theirs.view(np.uint8)).view(np.uint64)
        total = np.zeros(len(same), np.int64)
        for part in range(0, width, 16):  # a byte holds the sum of 16 without overflow of the top
            added = same[:, part : part + 16].sum(axis=1)
            total += ((added * _BYTES) >> np.uint64(56)).astype(np.int64)
        found[some] = total >= least
    return found


def _all_pairs(
    order: Positions,
    starts: Positions,
    counts: Positions,
    sketches: NDArray[np.uint64],
    least: int,
) -> Positions:
    """The pairs within each bucket that agree in enough rows, each as one number."""
    found = [np.empty(0, np.int64)]
    for step in range(1, int(counts.max(initial=1))):
        more = counts > step
        starts, counts = starts[more], counts[more]
        repeated = counts - step
        within = np.arange(int(repeated.sum()))
        within -= np.repeat(np.cumsum(repeated) - repeated, repeated)
        first = np.repeat(starts, repeated) + within
        one, other = order[first], order[first + step]
        alike = _agreeing(sketches, one, other, least)
        found.append(_packed(one[alike], other[alike]))
    return np.concatenate(found)


def _led(
    rest: Positions,
    sketches: NDArray[np.uint64],
    least: int,
    near: Near,
    aside: NDArray[np.bool_],
) -> tuple[list[Positions], int]:
    """Pairs of a crowded bucket, and how many members were left unpaired.

    Marks those that step aside, here and in further bands.
    """
    pairs = []
    for _ in range(0, _LEADERS, _LEADERS_AT_ONCE):
        if len(rest) <= CROWD:
            break
        leaders = rest[:_LEADERS_AT_ONCE]
        one, other = np.repeat(leaders, len(rest)), np.tile(rest, len(leaders))
        one, other = one[one < other], other[one < other]
        alike = _agreeing(sketches, one, other, least)
        one, other = one[alike], other[alike]
        for leader in np.unique(one).tolist():
            if not aside[leader]:
                mine = (one == leader) & ~aside[other]
                led = other[mine][near(one[mine], other[mine])]
                pairs.append(_packed(np.full(len(led), leader), led))
                aside[led] = True
        rest = rest[len(leaders) :]
        rest = rest[~aside[rest]]
    if len(rest) > CROWD:
        return pairs, len(rest)
    whole = np.array([0]), np.array([len(rest)])
    return [*pairs, _all_pairs(rest, *whole, sketches, least)], 0


def _packed(one: Positions, other: Positions) -> Positions:
    return (np.minimum(one, other) << 32) | np.maximum(one, other)
