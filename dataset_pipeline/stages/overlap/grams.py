"""The n-grams of items, and where they stand in other texts.

How long an item's n-grams are depends on the item: a third of its words, so that two changed words
leave at least one n-gram whole, between two words and as many as the policy says.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dataset_pipeline.stages.overlap.words import Numbers, Places, Words, words

_SHORTEST = 2
_FILTER_BITS = 23
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Grams:
    """The distinct n-grams of one n, and where they stand in the items.

    ``numbers`` are sorted. Places of gram ``g``: ``item`` and ``word`` (in the item) from
    ``first[g]`` to ``first[g + 1]``.
    """

    n: int
    numbers: Numbers
    first: Places
    item: Places
    word: Places
    passing: npt.NDArray[np.bool_]

    def found(self, numbers: Numbers) -> tuple[Places, Places]:
        """Which of the given n-grams are the items': their positions, and which gram each is."""
        maybe = np.flatnonzero(self.passing[_slot(numbers)])
        asked = numbers[maybe]
        gram = np.minimum(np.searchsorted(self.numbers, asked), len(self.numbers) - 1)
        same = self.numbers[gram] == asked
        return maybe[same], gram[same]


@dataclass(frozen=True)
class Items:
    """Distinct texts that are looked for: their words, their n, and their n-grams by n."""

    texts: pl.Series
    sizes: Places
    n: Places
    grams: tuple[Grams, ...]


def items_of(texts: pl.Series, *, longest: int, shortest_item: int) -> Items:
    """Index distinct texts. Of those with fewer words than ``shortest_item`` n is 0: no n-grams."""
    told = words(texts)
    sizes = np.diff(told.first)
    n = np.clip(sizes // 3, _SHORTEST, longest)
    n[sizes < max(shortest_item, _SHORTEST)] = 0
    grams = [_grams(size, starts, numbers, told, n) for size, starts, numbers in
             told.ngrams(int(n.max(initial=0)))]  # fmt: skip
    return Items(texts, sizes, n, tuple(one for one in grams if len(one.numbers)))


def _grams(size: int, starts: Places, numbers: Numbers, told: Words, n: Places) -> Grams:
    mine = n[told.text[starts]] == size
    starts, numbers = starts[mine], numbers[mine]
    order = np.lexsort((starts, numbers))
    starts = starts[order]
    distinct, first = np.unique(numbers[order], return_index=True)
    item = told.text[starts]
    passing = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
    passing[_slot(distinct)] = True
    ends = np.append(first, len(starts)).astype(np.int64)
    return Grams(size, distinct, ends, item, starts - told.first[item], passing)


def _slot(numbers: Numbers) -> Numbers:
    """Where in the filter a number stands: most n-grams of texts are turned away by one look."""
    return (numbers * _GOLDEN) >> np.uint64(64 - _FILTER_BITS)
