"""``clean``: nothing in train is held out, or a task example, in other words.

A leak is always mended on the train side; for validation against test, on the validation side.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.records import HELD_OUT, exclusions
from dataset_pipeline.stages.copies.minhash import shingles
from dataset_pipeline.stages.copies.similarity import jaccard, matches
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.texts import comparison_text

VERSION = "1"
EXAMPLE_RULE = "task_example_overlap"
OVERLAP_SCHEMA = {
    "record_id": pl.String,
    "rule": pl.String,
    "held_out": pl.String,
    "overlap": pl.Float64,
}
_REASONS = {
    "held_out_overlap": "almost the same text as a held-out record",
    "held_out_cluster": "a chain of near copies leads to a held-out record",
    "held_out_group": "the group (customer, thread, case) is held out",
    EXAMPLE_RULE: "almost the same text as a handwritten task example",
}


def clean(
    records: pl.LazyFrame,
    clusters: pl.DataFrame,
    examples: Sequence[Mapping[str, Any]],
    policy: Clean,
    compared: Deduplicated,
) -> StageResult:
    """Take out of train what overlaps the held-out records or the task examples.

    ``clusters`` (record_id, cluster_id) come from ``deduplicated``, as do the measure and the
    threshold (``compared``). The evidence names the held-out record and the exact overlap.
    """
    frame = records.collect()
    texts = frame.select(
        "record_id",
        pl.col("split").cast(pl.String),
        comparison_text(list(compared.compare)).alias("text"),
        prompt=comparison_text(["prompt"]),
    )
    leaks = pl.concat(
        [
            _cluster_leaks(texts, clusters, policy, compared),
            _example_leaks(texts, examples, policy, compared),
            _group_leaks(frame, policy),
        ]
    )
    worst = leaks.sort(["overlap", "rule", "held_out"], descending=[True, False, False]).unique(
        "record_id", keep="first", maintain_order=True
    )
    hit = frame.lazy().select("record_id", "group_id").join(worst.lazy(), on="record_id")
    excluded = exclusions(
        hit,
        rule=pl.col("rule"),
        reason=pl.col("rule").replace_strict(_REASONS, return_dtype=pl.String),
        held_out=pl.col("held_out"),
        overlap=pl.col("overlap").round(6),
        group=pl.when(pl.col("rule") == "held_out_group").then("group_id"),
    )
    kept = frame.lazy().join(worst.lazy(), on="record_id", how="anti")
    return StageResult(kept, excluded, {"leaks": float(worst.height)})


def _cluster_leaks(
    texts: pl.DataFrame, clusters: pl.DataFrame, policy: Clean, compared: Deduplicated
) -> pl.DataFrame:
    """Every train record whose cluster reaches into what is held out."""
    members = texts.join(clusters, on="record_id")
    rows = []
    for _, cluster in members.group_by("cluster_id"):
        for split, guarded in _guarded(policy).items():
            held = cluster.filter(pl.col("split").is_in(guarded))
            ours = cluster.filter(pl.col("split") == split)
            rows += [_leak(row, held, compared) for row in ours.iter_rows(named=True)]
    return pl.DataFrame([row for row in rows if row], schema=OVERLAP_SCHEMA)


def _group_leaks(frame: pl.DataFrame, policy: Clean) -> pl.DataFrame:
    """Records whose group stands in a split that theirs must not overlap.

    By a keyed hash groups are never torn; by dates, or by sources with a split of their own, they
    may be.
    """
    where = frame.select("record_id", "group_id", pl.col("split").cast(pl.String))
    found = []
    for split, guarded in _guarded(policy).items():
        held = (
            where.filter(pl.col("split").is_in(guarded))
            .group_by("group_id")
            .agg(pl.col("record_id").min().alias("held_out"))
        )
        ours = where.filter(pl.col("split") == split).join(held, on="group_id")
        found.append(
            ours.select(
                "record_id",
                pl.lit("held_out_group").alias("rule"),
                "held_out",
                pl.lit(0.0).alias("overlap"),
            )
        )
    return pl.concat(found)


def _guarded(policy: Clean) -> dict[str, list[str]]:
    """For each split that is mended, those that it must not overlap."""
    guarded = {"train": list(HELD_OUT)}
    return {**guarded, "validation": ["test"]} if policy.mend_validation else guarded


def _leak(row: dict[str, Any], held: pl.DataFrame, compared: Deduplicated) -> dict[str, Any] | None:
    if held.is_empty():
        return None
    size = compared.shingle_characters
    mine = shingles(row["text"], size)
    overlap, other = max(
        (jaccard(mine, shingles(text, size)), record_id)
        for record_id, text in held.select("record_id", "text").iter_rows()
    )
    rule = "held_out_overlap" if overlap >= compared.threshold else "held_out_cluster"
    return {"record_id": row["record_id"], "rule": rule, "held_out": other, "overlap": overlap}


def _example_leaks(
    texts: pl.DataFrame,
    examples: Sequence[Mapping[str, Any]],
    policy: Clean,
    compared: Deduplicated,
) -> pl.DataFrame:
    """Records of the splits that are mended that repeat a task example's prompt."""
    ours = texts.filter(pl.col("split").is_in(list(_guarded(policy))))
    found = example_matches(ours.select("record_id", "prompt"), examples, compared)
    return found.with_columns(pl.lit(EXAMPLE_RULE).alias("rule")).select(list(OVERLAP_SCHEMA))


def example_matches(
    prompts: pl.DataFrame, examples: Sequence[Mapping[str, Any]], compared: Deduplicated
) -> pl.DataFrame:
    """Which prompts (record_id, prompt as comparison text) repeat a handwritten task example.

    Returns record_id, held_out (``task_example:<id>``), overlap.
    """
    folded = pl.DataFrame(
        {
            "id": [f"task_example:{example['id']}" for example in examples],
            "prompt": [example["prompt"] for example in examples],
        },
        schema={"id": pl.String, "prompt": pl.String},
    ).select("id", text=comparison_text(["prompt"]))
    found = matches(
        dict(folded.drop_nulls().iter_rows()),
        dict(prompts.drop_nulls().iter_rows()),
        size=compared.shingle_characters,
        threshold=compared.threshold,
    )
    return found.rename({"right": "record_id", "left": "held_out", "similarity": "overlap"})
