"""Words of a list in texts: matched whole, whatever their case, in Rust."""

import polars as pl

from dataset_pipeline.errors import PipelineError


class WordListError(PipelineError):
    """A list without words."""


def words_of(name: str, content: str) -> list[str]:
    """The words and phrases of a list's file: one a line, comments begin with #.

    Raises WordListError where it has none: such a list would let everything pass unseen.
    """
    lines = [line.strip() for line in content.splitlines()]
    words = [line for line in lines if line and not line.startswith("#")]
    if not words:
        raise WordListError(f"list {name!r}: its file has no words; expected one a line")
    return words


def matches(texts: pl.Series, words: list[str]) -> pl.DataFrame:
    """How often the words (one or more) stand in each text, and how many words these are.

    Columns: count, words. Of words that overlap the first counts, and of those the longest. All
    are looked for at once (Aho-Corasick), so a list may be long; only what is found is looked at
    for what stands before and behind it.
    """
    folded = sorted({" ".join(word.lower().split()) for word in words})
    frame = texts.rename("text").to_frame().with_row_index("row")
    lower = pl.col("text").str.to_lowercase().str.replace_all(r"\s\s+|[^\S ]", " ")
    near = frame.select("row", lower).filter(pl.col("text").str.contains_any(folded))
    counted = (
        _whole(near, folded)
        .group_by("row")
        .agg(
            pl.len().alias("count"),
            (pl.col("found").str.count_matches(" ") + 1).sum().alias("words"),
        )
    )
    joined = frame.select("row").join(counted, on="row", how="left", maintain_order="left")
    return joined.select(pl.col("count", "words").fill_null(0).cast(pl.Int64))


def _whole(near: pl.DataFrame, words: list[str]) -> pl.DataFrame:
    """The words that stand whole in the texts: row, found."""
    every = {"overlapping": True, "leftmost": False}
    hits = near.with_columns(
        pl.col("text").str.extract_many(words, **every).alias("found"),
        pl.col("text").str.find_many(words, **every).alias("start"),
    ).explode("found", "start")
    end = pl.col("start") + pl.col("found").str.len_bytes()
    data = pl.col("text").cast(pl.Binary)
    before = data.bin.head(pl.col("start")).cast(pl.String)
    behind = data.bin.slice(end).cast(pl.String)
    whole = hits.select(
        "row", "found", "start", end.alias("end"),
        whole=~(before.str.contains(r"\w$") & pl.col("found").str.contains(r"^\w"))
        & ~(behind.str.contains(r"^\w") & pl.col("found").str.contains(r"\w$")),
    ).filter("whole")  # fmt: skip
    ordered = whole.sort("row", "start", "end", descending=[False, False, True])
    reached = pl.col("end").cum_max().shift(1).over("row").fill_null(0)
    return ordered.filter(pl.col("start") >= reached).select("row", "found")
