"""Words of a list in texts: matched whole, whatever their case, in Rust."""

import re

import polars as pl


def words_of(content: str) -> list[str]:
    """The words and phrases of a list's file: one a line, comments begin with #."""
    lines = [line.strip() for line in content.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def matches(texts: pl.Series, words: list[str]) -> pl.DataFrame:
    """How often the words stand in each text, and how many words these are: count, words.

    A quick look for any of them comes first; what it does not find is not matched.
    """
    folded = sorted({" ".join(word.lower().split()) for word in words})
    frame = texts.rename("text").to_frame().select(pl.col("text").str.to_lowercase())
    gate = pl.Series(_first_words(folded), dtype=pl.String).implode()
    open_gate = pl.col("text").str.contains_any(gate)
    near = frame.with_row_index("row").filter(open_gate)
    found = pl.col("text").str.extract_all(_pattern(folded))
    counted = near.select(
        "row",
        found.list.len().alias("count"),
        found.list.join(" ").str.count_matches(r"\S+").alias("words"),
    )
    rows = frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
    joined = rows.join(counted, on="row", how="left", maintain_order="left")
    return joined.select(pl.col("count", "words").fill_null(0).cast(pl.Int64))


def _first_words(words: list[str]) -> list[str]:
    """A phrase's first word: between its words may stand more white space than the list has."""
    return sorted({word.split(" ", 1)[0] for word in words})


def _pattern(words: list[str]) -> str:
    """Any of the words between boundaries; the longest of those that begin alike."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    listed = [r"\s+".join(map(re.escape, word.split(" "))) for word in longest_first]
    return rf"\b{{start-half}}(?:{'|'.join(listed)})\b{{end-half}}"
