"""A cheap look at a pair before its texts are read: in how many rows two signatures agree.

Of each row only its two lowest bits and its lowest byte are kept. Li and König, "b-Bit Minwise
Hashing", 2010: rows that differ still agree in b bits once in 2**b times, so of a pair of
similarity s a share of s + (1 - s) / 2**b of the rows agree in them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

# The probability that a pair at the threshold is lost by one bit of each row; again by two; again
# by the bytes.
_MISSED = 1e-4
_AT_ONCE = 1 << 16
# Adds up the eight bytes of a number in its highest byte.
_SUMMED = np.uint64(0x0101010101010101)


Signed = NDArray[np.uint32]
Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Sketches:
    """Bits and bytes of signatures, and in how many rows those of near texts differ.

    ``bits``: a column a text, as ``bits_of`` gives them. ``octets``: a row a text, of those that
    are ``known``; for others ``signatures`` is asked, with their positions, once a pair is alike by
    its bits. ``most``: how many rows of a near pair differ by their lowest bit, their two lowest
    bits, their lowest byte.
    """

    bits: Words
    octets: Words
    known: Mask
    most: tuple[int, int, int]
    signatures: Callable[[Positions], Signed]

    @property
    def lowest(self) -> Words:
        """The lowest bits alone."""
        return self.bits[: len(self.bits) // 2]

    def alike(self, one: Positions, other: Positions) -> Mask:
        """Which pairs of positions may be near. Depends on nothing but the two signatures."""
        found = self.lowest_alike(self.lowest[:, one], self.lowest[:, other])
        left = np.flatnonzero(found)
        found[left] = self.rest_alike(one[left], other[left])
        return found

    def lowest_alike(self, one: Words, other: Words) -> Mask:
        """The first look: which columns of lowest bits are alike; other axes are broadcast."""
        found: Mask = differing_bits(one, other) <= self.most[0]
        return found

    def rest_alike(self, one: Positions, other: Positions) -> Mask:
        """The looks after the first, for pairs whose lowest bits are alike."""
        found = self.bits_alike(one, other)
        left = np.flatnonzero(found)
        found[left] = self.octets_alike(one[left], other[left])
        return found

    def bits_alike(self, one: Positions, other: Positions) -> Mask:
        """The second look: at two bits of each row."""
        found = np.empty(len(one), np.bool_)
        for first in range(0, len(one), _AT_ONCE):  # as many as the cache holds
            some = slice(first, first + _AT_ONCE)
            differing = self.bits[:, one[some]] ^ self.bits[:, other[some]]
            lowest, second = np.split(differing, 2)
            found[some] = _counted(lowest | second) <= self.most[1]
        return found

    def octets_alike(self, one: Positions, other: Positions) -> Mask:
        """The third and last look."""
        self._make_known(one, other)
        found = np.empty(len(one), np.bool_)
        for first in range(0, len(one), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            differing = _differing_bytes(self.octets[one[some]], self.octets[other[some]])
            found[some] = differing <= self.most[2]
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
    shares = ((1 + threshold) / 2, (1 + 3 * threshold) / 4, threshold)
    one, two, octet = (rows - least_agreement(rows, share) for share in shares)
    return Sketches(bits, octets, known, (one, two, octet), signatures)


def bits_of(signed: Signed) -> Words:
    """The two lowest bits of each row of a signature: a column a text.

    64 lowest bits to a number, and after all these the second lowest ones.
    """
    count, rows = signed.shape
    words = -(-rows // 64)
    bits = np.zeros((2 * words, count), np.uint64)
    for first in range(0, count, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        octets = signed[some].astype(np.uint8)
        for part, bit in zip(np.split(bits, 2), (1, 2), strict=True):
            packed = np.zeros((len(octets), words * 8), np.uint8)
            packed[:, : -(-rows // 8)] = np.packbits(octets & np.uint8(bit), axis=1)
            part[:, some] = packed.view(np.uint64).T
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


def _counted(words: Words) -> NDArray[np.uint16]:
    """How many bits are set, summed over the first axis."""
    counted: NDArray[np.uint16] = np.bitwise_count(words).sum(axis=0, dtype=np.uint16)
    return counted


def _differing_bytes(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.int64]:
    unequal = (one.view(np.uint8) != other.view(np.uint8)).view(np.uint64)
    total = np.zeros(len(one), np.int64)
    for part in range(
        0, one.shape[1], 16
    ):  # a byte holds the sum of 16 without overflow of the top
        added = unequal[:, part : part + 16].sum(axis=1)
        total += ((added * _SUMMED) >> np.uint64(56)).astype(np.int64)
    return total
