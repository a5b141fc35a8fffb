"""Where rare n-grams of items stand in texts, and what share of an item they cover.

An n-gram that stands in one text only weighs 1, one in ``common_after`` texts or more weighs
nothing: the weight falls with the logarithm of the number of texts, as an inverse document
frequency does (Spärck Jones 1972). A word weighs as much as the n-grams around it on average, and
an item is covered to the share of its words' weight that stands in n-grams found: so one word put
in or left out costs the words around it, not the whole item.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from dataset_pipeline.stages.overlap.coverage import (
    PAIRS_SCHEMA,
    Sought,
    Spots,
    Weights,
    worth_a_look,
)
from dataset_pipeline.stages.overlap.grams import Grams, Items
from dataset_pipeline.stages.overlap.words import Places, words

Mask = npt.NDArray[np.bool_]
SLICE = 50_000  # texts whose n-grams stand in memory at once


@dataclass
class _Counted:
    """Spots of the n-grams of one n, slice by slice, and in how many texts each stands."""

    grams: Grams
    texts: Places
    parts: list[Spots] = field(default_factory=list)

    def add(self, spots: Spots, common_after: int) -> None:
        """Take over a slice's spots. What is common by now stays so, and is forgotten."""
        width = len(self.grams.numbers)
        once = pl.Series(spots.text * width + spots.gram).unique().to_numpy() % width
        self.texts += np.bincount(once, minlength=width)
        self.parts.append(_chosen(spots, self.texts[spots.gram] < common_after))

    def rare(self, common_after: int, looked_into: int) -> Spots:
        """Those of n-grams that are rare in the end, in the texts that are looked into."""
        none = np.zeros(0, dtype=np.int64)
        parts = [Spots(none, none, none), *self.parts]
        text, word, gram = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("text", "word", "gram")
        )
        rare = (self.texts[gram] < common_after) & (text < looked_into)
        return _chosen(Spots(text, word, gram), rare)


def _chosen(spots: Spots, keep: Mask) -> Spots:
    return Spots(spots.text[keep], spots.word[keep], spots.gram[keep])


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


@dataclass(frozen=True)
class Worth:
    """What makes a text worth a closer look.

    ``shares``: of each item, how much must be covered at the least. ``rarity``: what that must
    weigh; and ``item_rarity``: what an item must weigh as a whole, or it is not looked for.
    N-grams that stand in ``common_after`` texts or more weigh nothing.
    """

    shares: Weights
    rarity: float
    item_rarity: float
    common_after: int


def search(
    texts: pl.Series,
    items: Items,
    worth: Worth,
    *,
    looked_into: int,
    at_once: int = SLICE,
) -> Searched:
    """Look for the items' n-grams in distinct texts, among which the items' own texts stand.

    In all of them n-grams are counted; only the first ``looked_into`` can be of a pair.
    """
    common_after = worth.common_after
    every = {
        grams.n: _Counted(grams, np.zeros(len(grams.numbers), np.int64)) for grams in items.grams
    }
    for offset in range(0, len(texts), at_once):
        told = words(texts.slice(offset, at_once))
        for n, starts, numbers in told.ngrams(max(every, default=0)):
            if n in every:
                at, gram = every[n].grams.found(numbers)
                place = starts[at]
                text = told.text[place]
                spots = Spots(text + offset, place - told.first[text], gram)
                every[n].add(spots, common_after)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(items.sizes)])
    weights = np.zeros(first[-1])
    for one in every.values():
        _weigh(one, first, weights, common_after)
    sums = np.concatenate([np.zeros(1), np.cumsum(weights)])
    totals = sums[first[1:]] - sums[first[:-1]]
    needed = np.maximum(worth.shares * totals, worth.rarity)
    needed[totals < worth.item_rarity] = np.inf
    frames = [
        pairs
        for one in every.values()
        for pairs in worth_a_look(
            Sought(one.grams, one.texts, common_after, first, weights, needed),
            one.rare(common_after, looked_into),
        )
    ]
    pairs = pl.concat([pl.DataFrame(schema=PAIRS_SCHEMA), *frames]).sort("text", "item")
    return Searched(pairs, weights, first, totals)


def _weight(texts: Places, common_after: int) -> Weights:
    """Of n-grams that stand in so many texts."""
    weight: Weights = 1 - np.log(np.maximum(texts, 1)) / np.log(common_after)
    return np.maximum(weight, 0.0)


def _weigh(one: _Counted, first: Places, weights: Weights, common_after: int) -> None:
    """Write down the weights of the words of all items of this n."""
    grams = one.grams
    gram = np.repeat(np.arange(len(grams.numbers)), np.diff(grams.first))
    weight = _weight(one.texts, common_after)[gram]
    summed, around = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(grams.n):
        place = first[grams.item] + grams.word + step  # each once
        summed[place] += weight
        around[place] += 1
    np.divide(summed, around, out=weights, where=around > 0)
