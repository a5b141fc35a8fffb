"""The exact Jaccard of many pairs of texts at once.

The shingles of a pair are laid in one row, each marked with its side in the lowest bit; in the
sorted row a shingle that both have stands where the mark changes and the rest does not.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.hashed import Hashed, hashed

_CELLS = 1_000_000
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


def similarities(
    texts: Sequence[str], left: NDArray[np.int64], right: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """The Jaccard of the shingle sets of ``texts[left[i]]`` and ``texts[right[i]]``, for each i."""
    found = np.empty(len(left), np.float64)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    widths = np.maximum(lengths[left], size) + np.maximum(lengths[right], size)
    for rows in _blocks(widths):
        used, places = np.unique(np.concatenate([left[rows], right[rows]]), return_inverse=True)
        sets = hashed([texts[position] for position in used.tolist()], size)
        found[rows] = _similarities(sets, places[: len(rows)], places[len(rows) :])
    return found


def _blocks(widths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Rows of about the same width, as many at once as memory should hold."""
    order = np.argsort(widths, kind="stable")
    first = 0
    while first < len(order):
        fitting = max(_CELLS // int(widths[order[first]]), 1)
        last = min(first + fitting, len(order))
        fitting = max(_CELLS // int(widths[order[last - 1]]), 1)
        last = min(first + fitting, last)
        yield order[first:last]
        first = last


def _similarities(
    sets: Hashed, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    width = int((sets.counts[left] + sets.counts[right]).max())
    cells = np.full((len(left), width), _EMPTY)
    marked = (sets.values >> _ONE >> _ONE) << _ONE  # never as large as what fills the rows
    _fill(cells, marked, sets, left, np.zeros(len(left), np.int64))
    _fill(cells, marked | _ONE, sets, right, sets.counts[left])
    cells.sort(axis=1)
    before, after = cells[:, :-1], cells[:, 1:]
    common = (((before ^ after) == _ONE) & ((after & _ONE) == _ONE)).sum(axis=1)
    either = ((before >> _ONE) != (after >> _ONE)).sum(axis=1) + 1 - (cells[:, -1] == _EMPTY)
    found: NDArray[np.float64] = common / either
    return found


def _fill(
    cells: NDArray[np.uint64],
    values: NDArray[np.uint64],
    sets: Hashed,
    chosen: NDArray[np.int64],
    column: NDArray[np.int64],
) -> None:
    """Write the shingles of the chosen texts into their rows, from these columns on."""
    counts = sets.counts[chosen]
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    target = np.repeat(np.arange(len(chosen)) * cells.shape[1] + column, counts) + within
    cells.reshape(-1)[target] = values[np.repeat(sets.starts[chosen], counts) + within]
