"""What people should look at after redaction: rare long numbers and tokens, and a sample."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from dataset_pipeline.config.redacted import Review
from dataset_pipeline.records import sha256_of
from dataset_pipeline.stages.redaction.choose import blanked

REVIEW_SCHEMA = {
    "record_id": pl.String,
    "field": pl.String,
    "position": pl.UInt32,
    "kind": pl.String,
    "start": pl.UInt32,
    "end": pl.UInt32,
}
UNUSUAL_SCHEMA = {**REVIEW_SCHEMA, "value": pl.String}
_PLACE = ["record_id", "field", "position"]


def unusual(texts: pl.DataFrame, policy: Review, markers: str) -> pl.DataFrame:
    """Where long numbers and tokens are left in final texts (``UNUSUAL_SCHEMA``), by hashes."""
    found = _placed(texts, _disordered(_found(texts, policy, markers), policy), markers)
    hashed = sha256_of(pl.col("value")).str.head(32).alias("value")
    return found.with_columns(hashed).sort(list(UNUSUAL_SCHEMA))


def review(records: pl.LazyFrame, unusual: pl.DataFrame, policy: Review) -> pl.DataFrame:
    """Where to look (``REVIEW_SCHEMA``): places in final texts, and whole records as a sample.

    No value is told. Kinds: ``rare_number``, ``rare_token``, ``sample``.
    """
    few = pl.col("record_id").n_unique().over("kind", "value") <= policy.rare_records
    table = pl.concat([unusual.filter(few).select(list(REVIEW_SCHEMA)), _sample(records, policy)])
    return table.sort("record_id", "field", "position", "start", "kind", nulls_last=True)


def _found(texts: pl.DataFrame, policy: Review, markers: str) -> pl.DataFrame:
    """Each value once a text: record_id, field, position, kind, value."""
    digits = policy.number_digits - 1
    plain = texts.with_columns(bare=pl.col("text").str.replace_all(markers, "\n"))
    numbers = _matching(plain, "rare_number", rf"[0-9](?:[ -]?[0-9]){{{digits},}}")
    tokens = _matching(plain, "rare_token", rf"[A-Za-z0-9_+/=-]{{{policy.token_length},}}")
    mixed = pl.col("value").str.contains("[A-Za-z]") & pl.col("value").str.contains("[0-9]")
    return pl.concat([numbers, tokens.filter(mixed)])


def _matching(plain: pl.DataFrame, kind: str, regex: str) -> pl.DataFrame:
    return (
        plain.lazy()
        .filter(pl.col("bare").str.contains(regex))
        .select(*_PLACE, kind=pl.lit(kind), value=pl.col("bare").str.extract_all(regex))
        .explode("value")
        .unique()
        .collect()
    )


def _disordered(found: pl.DataFrame, policy: Review) -> pl.DataFrame:
    """Without tokens that are as regular as words are."""
    tokens = found.filter(pl.col("kind") == "rare_token")["value"].unique()
    regular = [entropy(value) < policy.token_entropy for value in tokens.to_list()]
    words = tokens.filter(pl.Series(regular, dtype=pl.Boolean))
    return found.filter((pl.col("kind") != "rare_token") | ~pl.col("value").is_in(words.implode()))


def _placed(texts: pl.DataFrame, found: pl.DataFrame, markers: str) -> pl.DataFrame:
    """Every place where a value stands in its text: ``UNUSUAL_SCHEMA``, with the value itself."""
    values = found.group_by(_PLACE).agg(pl.struct("kind", "value").alias("values"))
    asked = texts.join(values, on=_PLACE, how="inner")
    rows = [
        (*place, item["kind"], start, end, item["value"])
        for *place, text, items in asked.select(*_PLACE, "text", "values").iter_rows()
        for bare in [blanked(text, markers)]
        for item in items
        for start, end in _everywhere(item["value"], bare)
    ]
    return pl.DataFrame(rows, schema=UNUSUAL_SCHEMA, orient="row").unique()


def _everywhere(value: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        yield start, end
        start = text.find(value, end)


def entropy(text: Sequence[str]) -> float:
    """Bits a character (Shannon), by how often each occurs in the text."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


def _sample(records: pl.LazyFrame, policy: Review) -> pl.DataFrame:
    """So many records of each source, whose hashed ids are the smallest: no order has a say."""
    hashed = sha256_of(pl.concat_str(pl.lit(f"{policy.seed}:"), "record_id"))
    begins = pl.col("hashed").str.head(15).str.to_integer(base=16)
    least = pl.col("begins").bottom_k(policy.per_source).max().over("source_id")
    drawn = (
        records.select("record_id", "source_id", hashed=hashed)
        .with_columns(begins=begins)
        .filter(pl.col("begins") <= least)  # so that few are sorted as texts
        .sort("hashed")
        .group_by("source_id", maintain_order=True)
        .head(policy.per_source)
        .collect()
    )
    empty = {name: pl.lit(None, dtype) for name, dtype in REVIEW_SCHEMA.items()}
    told = {**empty, "record_id": pl.col("record_id"), "kind": pl.lit("sample")}
    return drawn.select(**told)
