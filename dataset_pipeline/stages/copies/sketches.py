"""A cheap look at a pair before its texts are read: in how many rows two signatures agree.

Of each row only its lowest bit and its lowest byte are kept. Li and König, "b-Bit Minwise
Hashing", 2010: rows that differ still agree in a bit half of the time, so a pair of similarity s
has a share of (1 + s) / 2 of equal bits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

# The probability that a pair at the threshold is lost by the bits, and again by the bytes.
_MISSED = 1e-4
_AT_ONCE = 1 << 16
# Adds up the eight bytes of a number in its highest byte.
_SUMMED = np.uint64(0x0101010101010101)


Signed = NDArray[np.uint32]
Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Sketches:
    """Bits and bytes of signatures, and how far those of near texts differ.

    ``bits``: a column a text. ``octets``: a row a text, of those that are ``known``; for others
    ``signatures`` is asked, with their positions, once a pair is alike by its bits.
    """

    bits: Words
    octets: Words
    known: Mask
    most_bits: int
    most_octets: int
    signatures: Callable[[Positions], Signed]

    def alike(self, one: Positions, other: Positions) -> Mask:
        """Which pairs of positions may be near. Depends on nothing but the two signatures."""
        found = differing_bits(self.bits[:, one], self.bits[:, other]) <= self.most_bits
        left = np.flatnonzero(found)
        found[left] = self.octets_alike(one[left], other[left])
        return found

    def octets_alike(self, one: Positions, other: Positions) -> Mask:
        """The second look alone, for pairs whose bits are alike."""
        self._make_known(one, other)
        found = np.empty(len(one), np.bool_)
        for first in range(0, len(one), _AT_ONCE):  # as many as the cache holds
            some = slice(first, first + _AT_ONCE)
            found[some] = _differing_bytes(self.octets[one[some]], self.octets[other[some]]) <= (
                self.most_octets
            )
        return found

    def _make_known(self, *places: Positions) -> None:
        missing = [part[~self.known[part]] for part in places]
        if any(map(len, missing)):
            asked = np.unique(np.concatenate(missing))
            self.octets[asked] = octets_of(self.signatures(asked))
            self.known[asked] = True


def sketched(signed: Signed, threshold: float) -> Sketches:
    """The sketches of signatures (one a row)."""
    octets, known = octets_of(signed), np.ones(len(signed), np.bool_)
    return _sketches(bits_of(signed), octets, known, signed.shape[1], threshold, signed.__getitem__)


def sketched_later(
    bits: Words, rows: int, threshold: float, signatures: Callable[[Positions], Signed]
) -> Sketches:
    """The same, where only bits are there: signatures (of so many rows) are asked for as needed."""
    count = bits.shape[1]
    octets = np.empty((count, -(-rows // 8)), np.uint64)
    return _sketches(bits, octets, np.zeros(count, np.bool_), rows, threshold, signatures)


def _sketches(  # noqa: PLR0913, PLR0917
    bits: Words,
    octets: Words,
    known: Mask,
    rows: int,
    threshold: float,
    signatures: Callable[[Positions], Signed],
) -> Sketches:
    most_bits = rows - least_agreement(rows, (1 + threshold) / 2)
    most_octets = rows - least_agreement(rows, threshold)
    return Sketches(bits, octets, known, most_bits, most_octets, signatures)


def bits_of(signed: Signed) -> Words:
    """The lowest bit of each row of a signature, 64 to a number: a column a text."""
    count, rows = signed.shape
    bits = np.zeros((-(-rows // 64), count), np.uint64)
    for first in range(0, count, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        lowest = (signed[some] & np.uint32(1)).astype(np.uint8)
        packed = np.zeros((len(lowest), len(bits) * 8), np.uint8)
        packed[:, : -(-rows // 8)] = np.packbits(lowest, axis=1)
        bits[:, some] = packed.view(np.uint64).T
    return bits


def octets_of(signed: Signed) -> Words:
    """The lowest byte of each row of a signature, 8 to a number: a row a text."""
    count, rows = signed.shape
    octets = np.zeros((count, -(-rows // 8) * 8), np.uint8)
    for first in range(0, count, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        octets[some, :rows] = signed[some] & np.uint32(0xFF)
    return octets.view(np.uint64)


def least_agreement(rows: int, share: float) -> int:
    """Of so many rows, each equal with this probability: how many are, but once in ten thousand."""
    cumulated = 0.0
    for equal in range(rows + 1):
        cumulated += math.comb(rows, equal) * share**equal * (1 - share) ** (rows - equal)
        if cumulated > _MISSED:
            return equal
    return rows


def differing_bits(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """How many bits differ, summed over the first axis; the others are broadcast."""
    total: NDArray[np.uint16] = np.bitwise_count(one[0] ^ other[0]).astype(np.uint16)
    for word in range(1, len(one)):
        total += np.bitwise_count(one[word] ^ other[word])
    return total


def _differing_bytes(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.int64]:
    unequal = (one.view(np.uint8) != other.view(np.uint8)).view(np.uint64)
    total = np.zeros(len(one), np.int64)
    for part in range(
        0, one.shape[1], 16
    ):  # a byte holds the sum of 16 without overflow of the top
        added = unequal[:, part : part + 16].sum(axis=1)
        total += ((added * _SUMMED) >> np.uint64(56)).astype(np.int64)
    return total
