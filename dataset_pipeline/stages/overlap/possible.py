"""Near copies of a few texts among very many: most are turned away by their bytes alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dataset_pipeline.stages.copies.minhash import shingles
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.overlap.search import SLICE

PAIRS_SCHEMA = {"text": pl.Int64, "wanted": pl.Int64, "similarity": pl.Float64}
_WIDTH = 4
_BITS = 20
_MULTIPLIER = np.uint32(2654435761)

Slots = npt.NDArray[np.uint32]


def near_few(
    wanted: Sequence[str], texts: pl.Series, *, size: int, threshold: float
) -> pl.DataFrame:
    """Texts whose shingles' exact Jaccard with a wanted one is at least ``threshold``: positions.

    A near copy holds that share of the wanted one's shingles, each at a place of its own. So it has
    as many places whose first bytes stand in the wanted one as well; only then is it looked at.
    """
    asked = [_asked(text, size, threshold) for text in wanted]
    parts = [pl.DataFrame(schema=PAIRS_SCHEMA)]
    for offset in range(0, len(texts) if asked else 0, SLICE):
        some = texts.slice(offset, SLICE)
        found = _near(wanted, asked, some, size)
        parts.append(found.with_columns(pl.col("text") + offset))
    return pl.concat(parts).filter(pl.col("similarity") >= threshold)


@dataclass(frozen=True)
class _Asked:
    """How many places a near copy has at the least, and which bytes stand at them."""

    least: float
    passing: npt.NDArray[np.bool_]


def _asked(text: str, size: int, threshold: float) -> _Asked:
    passing = np.zeros(1 << _BITS, dtype=np.bool_)
    if len(text) < size or size < _WIDTH:
        return _Asked(0, passing)  # too little to go by: every text is looked at
    passing[_slots(text.encode())] = True
    # A little less than the threshold asks for: no rounding may lose a copy.
    return _Asked(threshold * len(shingles(text, size)) - 1e-6, passing)


def _near(
    wanted: Sequence[str], asked: Sequence[_Asked], texts: pl.Series, size: int
) -> pl.DataFrame:
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    slots = _slots("".join(texts.to_list()).encode())
    every = np.logical_or.reduce([one.passing for one in asked])
    counts = _counts(every[slots], lengths)
    maybe = np.flatnonzero(counts >= min(one.least for one in asked))
    some = texts.gather(pl.Series(maybe, dtype=pl.Int64)).to_list()
    lengths, slots = lengths[maybe], _slots("".join(some).encode())
    pairs = [
        (at, number)
        for number, one in enumerate(asked)
        for at in np.flatnonzero(_counts(one.passing[slots], lengths) >= one.least).tolist()
    ]
    left = np.array([at for at, _ in pairs], dtype=np.int64)
    right = np.array([number for _, number in pairs], dtype=np.int64)
    measured = similarities([*some, *wanted], left, right + len(some), size)
    return pl.DataFrame(
        {"text": maybe[left], "wanted": right, "similarity": measured}, schema=PAIRS_SCHEMA
    )


def _slots(data: bytes) -> Slots:
    """For each place, a small number of the four bytes from there on."""
    octets = np.frombuffer(data + bytes(_WIDTH - 1), np.uint8).astype(np.uint32)
    count = len(data)
    joined = octets[:count].copy()
    for step in range(1, _WIDTH):
        joined <<= np.uint32(8)
        joined |= octets[step : step + count]
    joined *= _MULTIPLIER
    joined >>= np.uint32(32 - _BITS)
    return joined


def _counts(
    passing: npt.NDArray[np.bool_], lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """How many places of each text pass; those at its end that reach into the next may as well."""
    summed = np.concatenate([np.zeros(1, np.int64), np.cumsum(passing, dtype=np.int64)])
    ends = np.cumsum(lengths)
    found: npt.NDArray[np.int64] = summed[ends] - summed[ends - lengths]
    return found
