"""Shingles of many texts at once, each as a number of 64 bits: no Python for each of them.

A shingle's hash is Horner's rule over its code points, modulo 2**64, then MurmurHash3's finalizer.
Two shingles that occur in real texts collide with a probability of about 2**-62, so sets of hashes
are compared in place of sets of shingles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HASH = "horner64-fmix64"
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_FILL = "\U0010ffff"  # no character; the true length is hashed as well


@dataclass(frozen=True)
class Hashed:
    """The shingles of texts, one after the other: text i's are ``counts[i]`` from ``starts[i]``."""

    values: NDArray[np.uint64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]


def hashed(texts: Sequence[str], size: int) -> Hashed:
    """All shingles of ``size`` characters, repeated as often as they occur.

    A text of fewer characters is its own only shingle.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    filled = "".join(text if len(text) >= size else text.ljust(size, _FILL) for text in texts)
    codes = np.frombuffer(filled.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    widths = np.maximum(lengths, size)
    counts = widths - (size - 1)
    starts = np.cumsum(counts) - counts
    values = _finalized(_windows(codes, size)[_inside(widths, size)])
    short = np.flatnonzero(lengths < size)
    values[starts[short]] ^= _finalized(lengths[short].astype(np.uint64) + np.uint64(1))
    return Hashed(values, starts, counts)


def _windows(codes: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """Horner's rule over every run of ``size`` code points."""
    count = max(len(codes) - size + 1, 0)
    rolled = codes[:count].copy()
    for step in range(1, size):
        rolled *= _FACTOR
        rolled += codes[step : step + count]
    return rolled


def _inside(widths: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Which windows do not reach from one text into the next."""
    ends = np.cumsum(widths)
    inside = np.ones(max(int(ends[-1]) - size + 1, 0) if len(ends) else 0, np.bool_)
    reaching = ends[:-1, None] - np.arange(1, size)
    inside[reaching.ravel()] = False
    return inside


def _finalized(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """MurmurHash3's 64-bit finalizer."""
    mixed = values ^ (values >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed
