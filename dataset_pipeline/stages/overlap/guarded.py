"""Which records hold what is guarded: benchmarks' items, held-out prompts, task examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.stages.overlap.looking import NGRAM, look_for
from dataset_pipeline.stages.overlap.search import SLICE
from dataset_pipeline.stages.texts import texts_of

HELD_OUT_ITEM, EXAMPLE, BENCHMARK = "held_out", "task_example", "benchmark:"
HITS_SCHEMA = {
    "record_id": pl.String,
    "against": pl.String,
    "item": pl.String,
    "measure": pl.String,
    "overlap": pl.Float64,
    "field": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
}
COVERAGE_SCHEMA = {
    "benchmark": pl.String,
    "items": pl.UInt32,
    "too_short": pl.UInt32,
    "tested": pl.UInt32,
    "hit_items": pl.UInt32,
    "hit_records": pl.UInt32,
}
_ITEMS_SCHEMA = {
    "against": pl.String,
    "item": pl.String,
    "text": pl.String,
    "least": pl.Float64,
    "guards": pl.List(pl.String),
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for: ``benchmarks`` (benchmark, item_id, text) in all splits, task examples,

    and held-out prompts. ``guarded``: for each split that is mended, those that it must not hold.
    """

    benchmarks: pl.DataFrame
    examples: Sequence[Mapping[str, Any]]
    guarded: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Contained:
    """``hits`` (HITS_SCHEMA): every record that holds an item; ``benchmarks`` (COVERAGE_SCHEMA)."""

    hits: pl.DataFrame
    benchmarks: pl.DataFrame


def contained(
    records: pl.DataFrame,
    wanted: Wanted,
    policy: Clean,
    compared: Deduplicated,
    *,
    at_once: int = SLICE,
) -> Contained:
    """Look for every item in every text of every record that must not hold it."""
    benchmarks = wanted.benchmarks
    items = _items(records, wanted, policy)
    if items.is_empty():
        return Contained(pl.DataFrame(schema=HITS_SCHEMA), _coverage(benchmarks, None, None))
    texts = _texts(records, items)
    asked = items.group_by("text").agg(pl.col("least").min()).sort("text")
    looked = look_for(
        asked["text"],
        texts["text"].unique(),
        asked["least"].to_numpy(),
        policy,
        compared,
        at_once=at_once,
    )
    hits = _hits(looked.matches, texts, items)
    return Contained(hits, _coverage(benchmarks, looked.untested, hits))


def _items(records: pl.DataFrame, wanted: Wanted, policy: Clean) -> pl.DataFrame:
    """What is looked for, how much of it makes a hit, and in which splits (none: in all)."""
    parts = [
        wanted.benchmarks.select(
            pl.concat_str(pl.lit(BENCHMARK), "benchmark").alias("against"),
            pl.col("item_id").alias("item"),
            "text",
            pl.lit(policy.min_overlap).alias("least"),
            pl.lit(None, pl.List(pl.String)).alias("guards"),
        )
    ]
    if policy.held_out_min_overlap is not None:
        least = pl.lit(policy.held_out_min_overlap, pl.Float64).alias("least")
        mended: dict[str, list[str]] = {}
        for split, others in wanted.guarded.items():
            for other in others:
                mended.setdefault(other, []).append(split)
        told = pl.DataFrame(
            {
                "against": [EXAMPLE] * len(wanted.examples),
                "item": [str(example["id"]) for example in wanted.examples],
                "text": [example["prompt"] for example in wanted.examples],
            },
            schema=dict.fromkeys(("against", "item", "text"), pl.String),
        )
        parts.append(told.with_columns(least, pl.lit(list(wanted.guarded)).alias("guards")))
        for other, splits in mended.items():
            parts.append(
                records.filter(pl.col("split").cast(pl.String) == other).select(
                    pl.lit(HELD_OUT_ITEM).alias("against"),
                    pl.col("record_id").alias("item"),
                    pl.col("prompt").alias("text"),
                    least,
                    pl.lit(splits).alias("guards"),
                )
            )
    return pl.concat([part.cast(_ITEMS_SCHEMA) for part in parts]).drop_nulls("text")  # type: ignore[arg-type]


def _texts(records: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The texts that anything is looked for in: record_id, split, field, text."""
    splits = records.select("record_id", pl.col("split").cast(pl.String))
    every = items["guards"].null_count() > 0
    guards = items["guards"].explode().drop_nulls().unique()
    searched = splits if every else splits.filter(pl.col("split").is_in(guards.implode()))
    chosen = records if every else records.join(searched, on="record_id", how="semi")
    field = (
        pl.when(pl.col("field") == "context")
        .then(pl.format("context[{}]", "position"))
        .otherwise("field")
    )
    return texts_of(chosen).join(searched, on="record_id").select(
        "record_id", "split", field.alias("field"), "text"
    )  # fmt: skip


def _hits(matches: pl.DataFrame, texts: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Whose texts and whose items match."""
    mine = texts.join(matches.select("text").unique(), on="text", how="semi")
    allowed = pl.col("guards").is_null() | pl.col("guards").list.contains(pl.col("split"))
    enough = (pl.col("measure") != NGRAM) | (pl.col("overlap") >= pl.col("least"))
    return (
        matches.join(
            items.rename({"text": "asked"}), left_on="item", right_on="asked", suffix="_id"
        )
        .join(mine, on="text")
        .filter(allowed & enough)
        .select(
            "record_id",
            "against",
            pl.col("item_id").alias("item"),
            *(name for name in HITS_SCHEMA if name not in ("record_id", "against", "item")),
        )
    )


def _coverage(
    benchmarks: pl.DataFrame, untested: pl.Series | None, hits: pl.DataFrame | None
) -> pl.DataFrame:
    """For each benchmark how many items it has, could be tested by n-grams, and were found."""
    none = pl.Series([], dtype=pl.String)
    short = pl.col("text").is_in((none if untested is None else untested).implode())
    found = pl.DataFrame(schema=HITS_SCHEMA) if hits is None else hits
    counted = found.group_by("against").agg(
        pl.col("item").n_unique().alias("hit_items"),
        pl.col("record_id").n_unique().alias("hit_records"),
    )
    return (
        benchmarks.group_by("benchmark")
        .agg(
            pl.len().alias("items"),
            short.sum().alias("too_short"),
            (~short).sum().alias("tested"),
        )
        .with_columns(pl.concat_str(pl.lit(BENCHMARK), "benchmark").alias("against"))
        .join(counted, on="against", how="left")
        .with_columns(pl.col("hit_items", "hit_records").fill_null(0))
        .select(list(COVERAGE_SCHEMA))
        .cast(COVERAGE_SCHEMA)  # type: ignore[arg-type]
        .sort("benchmark")
    )
