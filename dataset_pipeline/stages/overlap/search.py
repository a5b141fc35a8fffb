"""Where rare n-grams of items stand in texts, and what share of an item they cover.

An n-gram that stands in one text only weighs 1, one in ``common_after`` texts or more weighs
nothing: the weight falls with the logarithm of the number of texts, as an inverse document
frequency does (Spärck Jones 1972). A word weighs as much as the n-grams around it on average, and
an item is covered to the share of its words' weight that stands in n-grams found: so one word put
in or left out costs the words around it, not the whole item.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from dataset_pipeline.stages.overlap.grams import Grams, Items
from dataset_pipeline.stages.overlap.words import Places, words

SLICE = 50_000  # texts whose n-grams stand in memory at once
_PAIRS_AT_ONCE = 4_000_000
PAIRS_SCHEMA = {"text": pl.Int64, "item": pl.Int64, "share": pl.Float64, "shift": pl.Int64}

Weights = npt.NDArray[np.float64]


@dataclass
class _Places:
    """Places of the n-grams of one n, slice by slice, and in how many texts each stands."""

    grams: Grams
    texts: Places
    parts: list[tuple[Places, Places, Places]] = field(default_factory=list)

    def add(self, text: Places, word: Places, gram: Places, common_after: int) -> None:
        """Take over a slice's places. What is common by now stays so, and is forgotten."""
        width = len(self.grams.numbers)
        once = np.unique(text * width + gram) % width
        self.texts += np.bincount(once, minlength=width)
        rare = self.texts[gram] < common_after
        self.parts.append((text[rare], word[rare], gram[rare]))

    def rare(self, common_after: int) -> tuple[Places, Places, Places]:
        """Text, word and gram of each place of an n-gram that is rare in the end."""
        none = (np.zeros(0, dtype=np.int64),) * 3
        text, word, gram = (
            np.concatenate(part) for part in zip(*(self.parts or [none]), strict=True)
        )
        keep = self.texts[gram] < common_after
        return text[keep], word[keep], gram[keep]


@dataclass(frozen=True)
class Searched:
    """What was found: ``pairs`` (text, item, share covered, shift), and how rare the items are.

    ``shift``: by how many words the item stands further on in the text than in itself, in the
    middle of its n-grams found. ``weights``: of the words of all items, item after item, and
    ``first`` where each item's begin; ``totals``: of each item.
    """

    pairs: pl.DataFrame
    weights: Weights
    first: Places
    totals: Weights

    def of(self, item: int) -> Weights:
        """The weights of an item's words."""
        return self.weights[self.first[item] : self.first[item + 1]]


def search(
    texts: pl.Series, items: Items, *, common_after: int, least: float, at_once: int = SLICE
) -> Searched:
    """Look for the items' n-grams in distinct texts, among which the items' own texts stand.

    Items that weigh less than ``least`` are left out of the pairs.
    """
    every = [_Places(grams, np.zeros(len(grams.numbers), np.int64)) for grams in items.grams]
    by_n = {one.grams.n: one for one in every}
    for offset in range(0, len(texts), at_once):
        told = words(texts.slice(offset, at_once))
        for n, starts, numbers in told.ngrams(max(by_n, default=0)):
            if n in by_n:
                at, gram = by_n[n].grams.found(numbers)
                place = starts[at]
                text = told.text[place]
                word = place - told.first[text]
                by_n[n].add(text + offset, word, gram, common_after)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(items.sizes)])
    weights = np.zeros(first[-1])
    for one in every:
        _weigh(one, first, weights, common_after)
    sums = np.concatenate([np.zeros(1), np.cumsum(weights)])
    totals = sums[first[1:]] - sums[first[:-1]]
    frames = [
        pairs for one in every for pairs in _pairs(one, first, sums, totals >= least, common_after)
    ]
    pairs = pl.concat([pl.DataFrame(schema=PAIRS_SCHEMA), *frames]).sort("text", "item")
    return Searched(pairs, weights, first, totals)


def _weight(texts: Places, common_after: int) -> Weights:
    """Of n-grams that stand in so many texts."""
    weight: Weights = 1 - np.log(np.maximum(texts, 1)) / np.log(common_after)
    return np.maximum(weight, 0.0)


def _weigh(one: _Places, first: Places, weights: Weights, common_after: int) -> None:
    """Write down the weights of the words of all items of this n."""
    grams = one.grams
    gram = np.repeat(np.arange(len(grams.numbers)), np.diff(grams.first))
    weight = _weight(one.texts, common_after)[gram]
    summed, around = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(grams.n):
        place = first[grams.item] + grams.word + step
        np.add.at(summed, place, weight)
        np.add.at(around, place, 1)
    np.divide(summed, around, out=weights, where=around > 0)


def _pairs(
    one: _Places, first: Places, sums: Weights, tested: npt.NDArray[np.bool_], common_after: int
) -> Iterator[pl.DataFrame]:
    """Each text and item with a rare n-gram in common: some texts at a time."""
    grams = one.grams
    text, word, gram = one.rare(common_after)
    spread = np.diff(grams.first)[gram]
    turn = np.cumsum(spread) // _PAIRS_AT_ONCE
    # A text's pairs stand in one part: a part ends where a text does.
    starts = np.append(np.flatnonzero(np.diff(text, prepend=-1)), len(text))
    turns = turn[starts[:-1]]
    cuts = np.append(starts[:-1][np.flatnonzero(np.diff(turns, prepend=-1))], len(text))
    for low, high in pairwise(cuts.tolist()):
        mine = slice(low, high)
        count = spread[mine]
        row = np.repeat(np.arange(low, high), count)
        inner = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        place = grams.first[gram[row]] + inner
        item = grams.item[place]
        keep = tested[item]
        yield _covered(
            text[row][keep],
            item[keep],
            grams.word[place][keep],
            word[row][keep],
            _Sums(grams.n, first, sums),
        )


@dataclass(frozen=True)
class _Sums:
    """The weights of all items' words, added up; each item's begin at ``first``."""

    n: int
    first: Places
    sums: Weights


def _covered(text: Places, item: Places, at: Places, word: Places, known: _Sums) -> pl.DataFrame:
    """The share of each item that each text's n-grams cover; words that several cover count once.

    An n-gram of the item at word ``at`` stands at ``word`` of the text.
    """
    order = np.lexsort((word, at, item, text))
    text, item, at, word = text[order], item[order], at[order], word[order]
    start = known.first[item] + at
    end = start + known.n
    again = np.zeros(len(text), dtype=np.bool_)
    again[1:] = (text[1:] == text[:-1]) & (item[1:] == item[:-1])
    start[again] = np.maximum(start[again], end[:-1][again[1:]])
    summed = (
        pl.DataFrame(
            {
                "text": text,
                "item": item,
                "gain": known.sums[end] - known.sums[start],
                "shift": word - at,
            }
        )
        .group_by("text", "item")
        .agg(pl.col("gain").sum(), pl.col("shift").median().floor().cast(pl.Int64))
    )
    chosen = summed["item"].to_numpy()
    whole = known.sums[known.first[chosen + 1]] - known.sums[known.first[chosen]]
    # Rounded, for sums of floats depend on the order of their parts, and results must not.
    share = np.clip(summed["gain"].to_numpy() / whole, 0, 1).round(9)
    return summed.select("text", "item", pl.Series("share", share), "shift")
