"""What share of which items the n-grams of texts cover, where that is worth a closer look.

Most texts have some n-gram in common with some item, and few have many. What is needed of an item
cannot all lie in its most frequent n-grams: so only texts that hold one of the others are looked at
(prefix filtering: Chaudhuri, Ganti and Kaushik 2006, "A Primitive Operator for Similarity Joins in
Data Cleaning"). Nothing is lost by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dataset_pipeline.stages.overlap.grams import Grams
from dataset_pipeline.stages.overlap.words import Places

PAIRS_SCHEMA = {"text": pl.Int64, "item": pl.Int64, "share": pl.Float64, "shift": pl.Int64}
_AT_ONCE = 10_000_000  # n-grams of items that are looked for in texts at once
_ROUNDING = 1e-6  # no rounding may lose a pair

Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spots:
    """Where rare n-grams stand, text after text: the text, the word in it, and which n-gram."""

    text: Places
    word: Places
    gram: Places

    def part(self, low: int, high: int) -> "Spots":
        """Those from ``low`` up to ``high``."""
        return Spots(self.text[low:high], self.word[low:high], self.gram[low:high])


@dataclass(frozen=True)
class Sought:
    """Items by their n-grams of one n, and how much of each must be covered.

    ``texts``: in how many texts each n-gram stands; those that stand in ``common_after`` or more
    cover nothing. ``first``: where the words of each item begin, and where all end; ``weights`` of
    these words; ``needed`` of an item's weight, infinity where an item is not looked for.
    """

    grams: Grams
    texts: Places
    common_after: int
    first: Places
    weights: Weights
    needed: Weights

    @cached_property
    def sums(self) -> Weights:
        """The weights of the words before each word, and of all."""
        return _begins(self.weights)

    @cached_property
    def gram(self) -> Places:
        """Of each place in an item, which n-gram stands there."""
        return np.repeat(np.arange(len(self.grams.numbers)), np.diff(self.grams.first))

    @cached_property
    def by_item(self) -> tuple[Places, Places]:
        """The places in items, word after word; and where each item's begin, and all end."""
        order = np.lexsort((self.grams.word, self.grams.item))
        return order, np.searchsorted(self.grams.item[order], np.arange(len(self.first)))

    @cached_property
    def telling(self) -> tuple[Places, Places]:
        """The items that an n-gram is reason to look for; and where each n-gram's begin."""
        chosen = self.texts[self.gram] <= self._most_texts()[self.grams.item]
        count = np.bincount(self.gram[chosen], minlength=len(self.grams.numbers))
        return self.grams.item[chosen], _begins(count)

    def _most_texts(self) -> Places:
        """For each item, in how many texts an n-gram may stand that is reason to look; or -1.

        Of its words those whose n-grams stand in most texts are left out, as long as they weigh
        less than what is needed.
        """
        often = self._often()
        item = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        order = np.lexsort((-often, item))
        sums = _begins(np.where(often > 0, self.weights, 0.0)[order])
        enough = sums[1:] - sums[self.first[item]] >= self.needed[item] - _ROUNDING
        most = np.full(len(self.first) - 1, -1, dtype=np.int64)
        np.maximum.at(most, item[enough], often[order][enough])
        return most

    def _often(self) -> Places:
        """For each word of the items: how many texts hold the most frequent n-gram upon it."""
        texts = np.where(self.texts < self.common_after, self.texts, 0)[self.gram]
        often = np.zeros(self.first[-1], dtype=np.int64)
        for step in range(self.grams.n):
            place = self.first[self.grams.item] + self.grams.word + step
            often[place] = np.maximum(often[place], texts)
        return often


def worth_a_look(sought: Sought, spots: Spots) -> Iterator[pl.DataFrame]:
    """The pairs (PAIRS_SCHEMA) of texts and items of which the texts cover what is needed."""
    items, begins = sought.telling
    sizes = np.diff(sought.by_item[1])
    effort = np.diff(_begins(sizes[items])[begins])  # by n-gram
    turn = np.cumsum(effort[spots.gram]) // _AT_ONCE
    # A text's pairs stand in one part: a part ends where a text does.
    starts = np.append(np.flatnonzero(np.diff(spots.text, prepend=-1)), len(spots.text))
    turns = turn[starts[:-1]]
    cuts = np.append(starts[:-1][np.flatnonzero(np.diff(turns, prepend=-1))], len(spots.text))
    for low, high in pairwise(cuts.tolist()):
        yield _covered(sought, spots.part(low, high))


def _covered(sought: Sought, spots: Spots) -> pl.DataFrame:
    """The share of each item that each text's n-grams cover; words in several count once."""
    text, item = _candidates(sought, spots)
    pair, place, spot = _in_common(sought, spots, text, item)
    start = sought.first[item[pair]] + sought.grams.word[place]
    end = start + sought.grams.n
    again = np.zeros(len(pair), dtype=np.bool_)
    again[1:] = pair[1:] == pair[:-1]
    start[again] = np.maximum(start[again], end[:-1][again[1:]])
    gain = np.bincount(pair, sought.sums[end] - sought.sums[start], minlength=len(text))
    enough = gain >= sought.needed[item] - _ROUNDING
    kept = enough[pair]
    shift = _middles(pair[kept], spots.word[spot[kept]] - sought.grams.word[place[kept]])
    text, item = text[enough], item[enough]
    whole = sought.sums[sought.first[item + 1]] - sought.sums[sought.first[item]]
    share = np.clip(gain[enough] / whole, 0, 1).round(9)
    return pl.DataFrame({"text": text, "item": item, "share": share, "shift": shift}, PAIRS_SCHEMA)


def _candidates(sought: Sought, spots: Spots) -> tuple[Places, Places]:
    """Texts, and items that one of their n-grams is reason to look for: each pair once."""
    items, begins = sought.telling
    row, place = _spread(begins[spots.gram], begins[spots.gram + 1])
    width = len(sought.needed)
    pairs = np.unique(spots.text[row] * width + items[place])
    return pairs // width, pairs % width


def _in_common(
    sought: Sought, spots: Spots, text: Places, item: Places
) -> tuple[Places, Places, Places]:
    """The n-grams that the text and the item of a pair have in common, word after word of the item.

    Which pair; the place in the item; and the first spot of the n-gram in the text.
    """
    order, begins = sought.by_item
    pair, at = _spread(begins[item], begins[item + 1])
    place = order[at]
    width = len(sought.grams.numbers)
    there = spots.text * width + spots.gram
    by_number = np.argsort(there, kind="stable")
    there = there[by_number]
    wanted = text[pair] * width + sought.gram[place]
    spot = np.minimum(np.searchsorted(there, wanted), max(len(there) - 1, 0))
    found = np.flatnonzero(there[spot] == wanted) if len(there) else spot
    return pair[found], place[found], by_number[spot[found]]


def _middles(pair: Places, shift: Places) -> Places:
    """The median shift of each pair, rounded down; pairs are in order."""
    order = np.lexsort((shift, pair))
    starts = np.append(np.flatnonzero(np.diff(pair, prepend=-1)), len(pair))
    low, high = starts[:-1] + (np.diff(starts) - 1) // 2, starts[:-1] + np.diff(starts) // 2
    middle: Places = (shift[order][low] + shift[order][high]) // 2
    return middle


def _spread(begins: Places, ends: Places) -> tuple[Places, Places]:
    """For each number from ``begins[i]`` up to ``ends[i]``: i, and the number."""
    count = ends - begins
    row = np.repeat(np.arange(len(count)), count)
    return row, begins[row] + np.arange(len(row)) - (np.cumsum(count) - count)[row]


def _begins(sizes: npt.NDArray[np.generic]) -> npt.NDArray[Any]:
    """Where each begins when they stand one after the other, and where all end."""
    return np.concatenate([np.zeros(1, sizes.dtype), np.cumsum(sizes)])
