"""What people should look at after redaction: rare long numbers and tokens, and a sample."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from dataset_pipeline.config.redacted import Review
from dataset_pipeline.records import sha256_of
from dataset_pipeline.stages.redaction.choose import blanked
from dataset_pipeline.stages.texts import texts_of

REVIEW_SCHEMA = {
    "record_id": pl.String,
    "field": pl.String,
    "position": pl.UInt32,
    "kind": pl.String,
    "start": pl.UInt32,
    "end": pl.UInt32,
}
_PLACE = ["record_id", "field", "position"]


UNUSUAL_SCHEMA = {
    "record_id": pl.String,
    "field": pl.String,
    "position": pl.UInt32,
    "kind": pl.String,
    "value": pl.String,
}


def unusual(texts: pl.DataFrame, policy: Review, markers: str) -> pl.DataFrame:
    """Long numbers and tokens that are left in final texts, each by a hash (``UNUSUAL_SCHEMA``)."""
    hashed = sha256_of(pl.col("value")).str.head(32).alias("value")
    return _found(texts, policy, markers).with_columns(hashed).sort(list(UNUSUAL_SCHEMA))


def review(
    records: pl.LazyFrame, unusual: pl.DataFrame, policy: Review, markers: str
) -> pl.DataFrame:
    """Where to look (``REVIEW_SCHEMA``): places in final texts, and whole records as a sample.

    No value is told. Kinds: ``rare_number``, ``rare_token``, ``sample``.
    """
    rare = unusual.filter(
        pl.col("record_id").n_unique().over("kind", "value") <= policy.rare_records
    )
    ids = rare["record_id"].unique()
    mine = records.filter(pl.col("record_id").is_in(ids.implode())).collect()
    texts = texts_of(mine, everything=True)
    hashed = sha256_of(pl.col("value")).str.head(32).alias("hashed")
    found = (
        _found(texts, policy, markers)
        .with_columns(hashed)
        .join(
            rare,
            left_on=[*_PLACE, "kind", "hashed"],
            right_on=[*_PLACE, "kind", "value"],
            how="semi",
        )
    )
    table = pl.concat(
        [_placed(texts, _disordered(found, policy), markers), _sample(records, policy)]
    )
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
    enough = [entropy(value) >= policy.token_entropy for value in found["value"].to_list()]
    return found.filter((pl.col("kind") != "rare_token") | pl.Series(enough, dtype=pl.Boolean))


def _placed(texts: pl.DataFrame, found: pl.DataFrame, markers: str) -> pl.DataFrame:
    """Every place where a value stands in its text."""
    values = found.group_by(_PLACE).agg(pl.struct("kind", "value").alias("values"))
    asked = texts.join(values, on=_PLACE, how="inner")
    rows = [
        (row["record_id"], row["field"], row["position"], item["kind"], start, end)
        for row in asked.iter_rows(named=True)
        for item in row["values"]
        for start, end in _everywhere(item["value"], blanked(row["text"], markers))
    ]
    return pl.DataFrame(rows, schema=REVIEW_SCHEMA, orient="row").unique()


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
    drawn = (
        records.select("record_id", "source_id", hashed=hashed)
        .sort("hashed")
        .group_by("source_id", maintain_order=True)
        .head(policy.per_source)
        .collect()
    )
    empty = {name: pl.lit(None, dtype) for name, dtype in REVIEW_SCHEMA.items()}
    told = {**empty, "record_id": pl.col("record_id"), "kind": pl.lit("sample")}
    return drawn.select(**told)
