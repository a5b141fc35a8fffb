"""``deduplicated``: exact and near copies. One of each is kept, and the clusters are written down.

Held-out records are compared like all others but never taken out here; what of train overlaps
them is taken out in ``clean``.
"""

from dataclasses import dataclass

import polars as pl

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import EXCLUSION_SCHEMA
from dataset_pipeline.stages.copies.similarity import components, near_pairs
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.spread import Spread, here
from dataset_pipeline.stages.texts import comparison_text

VERSION = "1"


@dataclass(frozen=True)
class _Copy:
    """A record that repeats a kept one."""

    record_id: str
    rule: str
    kept: str
    similarity: float


def deduplicated(
    records: pl.LazyFrame, policy: Deduplicated, source_rank: list[str], spread: Spread = here
) -> StageResult:
    """Take out copies in the splits that the policy names.

    ``source_rank`` lists sources, the most trusted first: of several copies the one of the best
    source stays, then the longest, then the latest. A record is out only when it is itself similar
    enough to one that stays: a chain of resemblances takes nothing with it.
    Tables: ``edges`` (left, right, similarity) between records, ``clusters`` (record_id,
    cluster_id) of the connected ones.
    """
    frame = records.collect()
    compared = _compared(frame, policy, source_rank).drop_nulls("text")
    pairs = near_pairs(
        {text: text for text in compared["text"].unique().to_list()},
        size=policy.shingle_characters,
        threshold=policy.threshold,
        permutations=policy.permutations,
        spread=spread,
    )
    conflicts = _conflicting(compared)
    copies = _copies(compared.filter(~pl.col("record_id").is_in(conflicts.implode())), pairs)
    excluded = pl.concat([_conflict_exclusions(compared, conflicts), _copy_exclusions(copies)])
    kept = frame.lazy().join(excluded.lazy(), on="record_id", how="anti")
    edges = _edges(compared, pairs)
    clusters = _clusters(edges)
    metrics = {
        "clusters": float(clusters["cluster_id"].n_unique()),
        "largest_cluster": float(clusters.group_by("cluster_id").len()["len"].max() or 0),  # type: ignore[arg-type]
    }
    return StageResult(kept, excluded.lazy(), metrics, {"edges": edges, "clusters": clusters})


def _compared(frame: pl.DataFrame, policy: Deduplicated, source_rank: list[str]) -> pl.DataFrame:
    """What decides: record_id, text, label, whether the rule applies; best record first."""
    rank = {name: position for position, name in enumerate(source_rank)}
    return (
        frame.select(
            "record_id",
            "label",
            comparison_text(list(policy.compare)).alias("text"),
            pl.col("split").cast(pl.String).is_in(policy.applies_to).alias("applies"),
            pl.col("source_id")
            .replace_strict(rank, default=len(rank), return_dtype=pl.Int64)
            .alias("rank"),
            pl.col("prompt").str.len_chars().alias("length"),
            "event_time",
        )
        .sort(
            "rank",
            "length",
            "event_time",
            "record_id",
            descending=[False, True, True, False],
            nulls_last=True,
        )
        .select("record_id", "label", "text", "applies")
    )


def _conflicting(compared: pl.DataFrame) -> pl.Series:
    """Ids of records with the same text and another label: nobody can say which is right."""
    labels = pl.col("label").drop_nulls().n_unique().over("text")
    return compared.filter(pl.col("applies")).filter(labels > 1)["record_id"]


def _conflict_exclusions(compared: pl.DataFrame, conflicts: pl.Series) -> pl.DataFrame:
    mine = compared.filter(pl.col("record_id").is_in(conflicts.implode()))
    evidence = pl.struct(
        labels=pl.col("label").drop_nulls().n_unique().over("text"),
        records=pl.col("record_id").sort().implode().over("text"),
    )
    return mine.select(
        "record_id",
        pl.lit("label_conflict").alias("rule"),
        pl.lit("the same text has different labels").alias("reason"),
        evidence.struct.json_encode().alias("evidence"),
    ).cast(EXCLUSION_SCHEMA)  # type: ignore[arg-type]


def _copies(compared: pl.DataFrame, pairs: pl.DataFrame) -> list[_Copy]:
    """Walk the texts best record first; a text near a kept one goes, and its records with it."""
    neighbours = _neighbours(pairs)
    kept_of: dict[str, str] = {}
    copies: list[_Copy] = []
    near: dict[str, tuple[str, float]] = {}
    applying = compared.filter(pl.col("applies"))
    for record_id, _, text, _ in applying.iter_rows():
        if text in kept_of:
            copies.append(_Copy(record_id, "exact_duplicate", kept_of[text], 1.0))
            continue
        if text not in near:
            found = [
                (s, kept_of[other]) for other, s in neighbours.get(text, []) if other in kept_of
            ]
            if not found:
                kept_of[text] = record_id
                continue
            similarity, kept = max(found, key=lambda pair: (pair[0], pair[1]))
            near[text] = (kept, similarity)
        copies.append(_Copy(record_id, "near_duplicate", *near[text]))
    return copies


def _neighbours(pairs: pl.DataFrame) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for left, right, similarity in pairs.iter_rows():
        found.setdefault(left, []).append((right, similarity))
        found.setdefault(right, []).append((left, similarity))
    return found


def _copy_exclusions(copies: list[_Copy]) -> pl.DataFrame:
    reasons = {
        "exact_duplicate": "the same text as a kept record",
        "near_duplicate": "almost the same text as a kept record",
    }
    rows = [
        {
            "record_id": copy.record_id,
            "rule": copy.rule,
            "reason": reasons[copy.rule],
            "evidence": canonical_json(
                {"kept": copy.kept, "similarity": round(copy.similarity, 6)}
            ).decode(),
        }
        for copy in copies
    ]
    return pl.DataFrame(rows, schema=EXCLUSION_SCHEMA)


def _edges(compared: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Edges between records: a star in each group of equal texts, and between near texts' stars."""
    ids = compared.select("text", "record_id").sort("record_id")
    first = ids.group_by("text").agg(pl.col("record_id").first().alias("first"))
    equal = (
        ids.join(first, on="text")
        .filter(pl.col("record_id") != pl.col("first"))
        .select(pl.col("first").alias("left"), pl.col("record_id").alias("right"), similarity=1.0)
    )
    near = (
        pairs.join(first, left_on="left", right_on="text")
        .join(first, left_on="right", right_on="text", suffix="_right")
        .select(
            pl.min_horizontal("first", "first_right").alias("left"),
            pl.max_horizontal("first", "first_right").alias("right"),
            "similarity",
        )
    )
    return pl.concat([equal, near]).sort("left", "right")


def _clusters(edges: pl.DataFrame) -> pl.DataFrame:
    ids = pl.concat([edges["left"], edges["right"]]).unique().sort().to_list()
    found = components(ids, list(edges.select("left", "right").iter_rows()))
    rows = {"record_id": list(found), "cluster_id": list(found.values())}
    return pl.DataFrame(rows, schema={"record_id": pl.String, "cluster_id": pl.String})
