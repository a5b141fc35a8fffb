"""Items in texts by three measures: the same text, almost the same text, or contained in it.

Everything here is about distinct texts and distinct items: whose they are is for the caller.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.overlap.alignment import aligned, edits_allowed
from dataset_pipeline.stages.overlap.coverage import Weights
from dataset_pipeline.stages.overlap.grams import items_of
from dataset_pipeline.stages.overlap.search import SLICE, Searched, Worth, search
from dataset_pipeline.stages.overlap.words import Places, placed
from dataset_pipeline.stages.texts import comparison_text

EXACT, NEAR, NGRAM = "exact", "near", "ngram"
MATCHES_SCHEMA = {
    "text": pl.String,
    "item": pl.String,
    "measure": pl.String,
    "overlap": pl.Float64,
    "start": pl.Int64,
    "end": pl.Int64,
}
_PLACED_SCHEMA = {**MATCHES_SCHEMA, "text": pl.Int64, "item": pl.Int64}
# A third of an item's words make an n-gram: what two edits leave whole is worth a closer look.
_WORTH_A_LOOK = 0.5


@dataclass(frozen=True)
class Looked:
    """``matches``: text, item (its text), measure, overlap, and where: characters of the text.

    ``untested``: items (texts) that are too short, or too common, for n-grams.
    """

    matches: pl.DataFrame
    untested: pl.Series


def look_for(  # noqa: PLR0913
    items: pl.Series,
    texts: pl.Series,
    least: Weights,
    policy: Clean,
    compared: Deduplicated,
    *,
    at_once: int = SLICE,
) -> Looked:
    """Which distinct texts hold which distinct items: ``least`` of each item at the least.

    Where several measures find an item in a text, the first of these is told: the same text, almost
    the same text (Jaccard of character shingles as for duplicates), contained in it.
    """
    indexed = items_of(items, longest=policy.ngram_words, shortest_item=policy.min_words)
    every = pl.concat([texts, items]).unique(maintain_order=True)
    worth = Worth(
        shares=_WORTH_A_LOOK * least,
        rarity=_WORTH_A_LOOK * policy.min_rarity,
        item_rarity=policy.min_rarity,
        common_after=policy.common_after,
    )
    found = search(every, indexed, worth, looked_into=len(texts), at_once=at_once)
    pairs = found.pairs
    near = _near(pairs, every, items, compared)
    rest = pairs.join(near, on=["text", "item"], how="anti", maintain_order="left")
    closer = pl.concat([near, _contained(rest, every, items, found, least, policy)])
    named = closer.with_columns(
        every.gather(closer["text"]).alias("text"), items.gather(closer["item"]).alias("item")
    )
    exact = _exact(items, texts)
    matches = pl.concat([exact, named.join(exact, on=["text", "item"], how="anti")])
    return Looked(matches, items.filter(pl.Series(found.totals < policy.min_rarity)))


def _exact(items: pl.Series, texts: pl.Series) -> pl.DataFrame:
    """Texts that are an item but for case, punctuation and white space: all of the text."""
    return (
        _compared(texts)
        .join(_compared(items).rename({"text": "item"}), on="compared")
        .select(
            "text",
            "item",
            pl.lit(EXACT).alias("measure"),
            pl.lit(1.0).alias("overlap"),
            pl.lit(0, pl.Int64).alias("start"),
            pl.col("text").str.len_chars().cast(pl.Int64).alias("end"),
        )
    )


def _compared(texts: pl.Series) -> pl.DataFrame:
    frame = texts.rename("text").to_frame().lazy()
    compared = frame.with_columns(comparison_text(["text"]).alias("compared"))
    return compared.drop_nulls("compared").collect(engine="streaming")


def _contained(  # noqa: PLR0913, PLR0917
    pairs: pl.DataFrame,
    texts: pl.Series,
    items: pl.Series,
    found: Searched,
    least: Weights,
    policy: Clean,
) -> pl.DataFrame:
    """Pairs whose words align well enough."""
    spoken = {item: placed(items[item]) for item in pairs["item"].unique().to_list()}
    rows = []
    last, words = -1, placed("")
    for text, item, shift in pairs.select("text", "item", "shift").iter_rows():
        if text != last:  # pairs are sorted by text
            last, words = text, placed(texts[text])
        best = aligned(spoken[item], found.of(item), words, shift, least[item])
        enough = best.share >= least[item] and best.weight >= policy.min_rarity
        if enough and best.edits <= edits_allowed(len(spoken[item].words), least[item]):
            rows.append((text, item, NGRAM, best.share, best.start, best.end))
    return pl.DataFrame(rows, schema=_PLACED_SCHEMA, orient="row")


def _near(
    pairs: pl.DataFrame, texts: pl.Series, items: pl.Series, compared: Deduplicated
) -> pl.DataFrame:
    """Pairs whose shingles are alike; those whose lengths are too far apart are not looked at."""
    lengths = pairs.select(
        texts.gather(pairs["text"]).str.len_chars().alias("text"),
        items.gather(pairs["item"]).str.len_chars().alias("item"),
    )
    ratio = pl.min_horizontal("text", "item") / pl.max_horizontal("text", "item")
    chosen = lengths.select(ratio >= compared.threshold**2).to_series()
    close = pairs.with_columns(lengths["text"].cast(pl.Int64).alias("end")).filter(chosen)
    mine, others = _numbered(close["text"], texts), _numbered(close["item"], items)
    likeness = similarities(
        [*mine.folded, *others.folded],
        mine.places,
        others.places + len(mine.folded),
        compared.shingle_characters,
    )
    return (
        close.with_columns(pl.Series("overlap", likeness, dtype=pl.Float64))
        .filter(pl.col("overlap") >= compared.threshold)
        .select(
            "text",
            "item",
            pl.lit(NEAR).alias("measure"),
            "overlap",
            pl.lit(0, pl.Int64).alias("start"),
            "end",
        )
    )


@dataclass(frozen=True)
class _Numbered:
    """Texts folded for comparing, and which of them each row means."""

    folded: list[str]
    places: Places


def _numbered(rows: pl.Series, texts: pl.Series) -> _Numbered:
    used, places = np.unique(rows.to_numpy(), return_inverse=True)
    chosen = texts.gather(pl.Series(used, dtype=pl.Int64)).rename("text").to_frame()
    folded = chosen.select(comparison_text(["text"]).fill_null("")).to_series()
    return _Numbered(folded.to_list(), places.astype(np.int64))
