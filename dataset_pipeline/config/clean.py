"""``stages.clean``: what of train overlaps what is held out."""

from typing import Annotated

from pydantic import Field

from dataset_pipeline.config.base import Column, Share, Slug, Strict

Measured = Annotated[Share, Field(gt=0)]


class Benchmark(Strict):
    """An external benchmark that no training record may hold an item of.

    ``path``: JSON Lines (``.gz`` and ``.zst`` by the file's name) below the dataset's folder; a
    folder stands for all such files in it, and globs are understood. ``fields``: the names whose
    texts, one after the other, make an item; lists of texts are joined. Name what would give an
    item away by itself, such as the question: an item is found where most of it stands in one
    text. ``id``: the name whose value names the item; without one, file and line do.
    """

    path: str
    fields: list[Column] = Field(default=["text"], min_length=1)
    id: Column | None = None


class Clean(Strict):
    """Overlap of train with what is held out, mended on the train side.

    The n-gram measure: an item is found in a text where at least ``min_overlap`` of it stands
    there, in its order, by its words and by their rarity, words put in between taken off, and where
    what stands there is as rare as ``min_rarity`` words that stand in one text only. Short items
    may differ by one word alone: "when will my card arrive" is no copy of "when will my card
    expire". Rarity falls with the logarithm of the number of texts that hold the n-grams around a
    word, and is nothing from ``common_after`` texts on: what so many people say is no copy. N-grams
    have a third of the item's words, two at least and ``ngram_words`` at most. Items of fewer than
    ``min_words`` words, or not as rare as ``min_rarity`` even as a whole, are only looked for as
    they stand.
    """

    mend_validation: bool = True
    benchmarks: dict[Slug, Benchmark] = {}
    min_overlap: Measured = 0.65
    # The dataset's own held-out prompts and task examples, by the same measure; off if not given.
    # Customers' short questions are alike without being copies: ask for more than of a benchmark.
    held_out_min_overlap: Measured | None = None
    ngram_words: int = Field(default=8, ge=2, le=16)
    min_words: int = Field(default=3, ge=2)
    min_rarity: float = Field(default=1.25, gt=0)
    common_after: int = Field(default=100, ge=2)
