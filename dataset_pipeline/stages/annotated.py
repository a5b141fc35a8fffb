"""``annotated``: records that people labelled, with their decision; unsettled ones are out.

So are annotations that name no record: they are told line by line (``unplaced.py``).
"""

import json

import polars as pl

from dataset_pipeline.config import AnnotatedPolicy
from dataset_pipeline.records import Origin, exclusions
from dataset_pipeline.stages.agreement import cohen_kappa
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.unplaced import unplaced, unplaced_exclusions

VERSION = "3"
_REASONS = {
    "annotation_disagreement": "the annotators disagree, and nobody has adjudicated",
    "annotation_uncertain": "every annotator was uncertain, and nobody has adjudicated",
}


def claimed(records: pl.LazyFrame, annotations: pl.LazyFrame) -> pl.LazyFrame:
    """The records that this stage takes over: those that at least one person labelled."""
    return records.join(annotations.select("record_id").unique(), on="record_id", how="semi")


def arriving(records: pl.LazyFrame, annotations: pl.LazyFrame) -> pl.LazyFrame:
    """What must be accounted for (record_id, split): labelled records, lines without a record."""
    ids = ("record_id", "split")
    lines = unplaced(records, annotations)
    return pl.concat([claimed(records, annotations).select(ids), lines.select(ids)])


def annotated(
    records: pl.LazyFrame,
    excluded: pl.LazyFrame,
    annotations: pl.DataFrame,
    policy: AnnotatedPolicy,
) -> StageResult:
    """Settle each labelled record: adjudication wins, then agreement.

    Of ``records`` only those that carry an annotation are kept or excluded here; an annotation
    without a record is excluded itself. ``excluded``: what ``clean`` took out. Tables:
    ``labels`` (each annotation as it was given, with annotator and guideline digest),
    ``agreement`` (Cohen's kappa by pair of annotators and guideline).
    """
    mine = claimed(records, annotations.lazy()).collect()
    given = annotations.join(mine.select("record_id"), on="record_id", how="semi")
    votes = given.filter(pl.col("role") == "labels")
    decided = mine.join(_decisions(given, votes, policy), on="record_id", how="left")
    out = decided.filter(pl.col("rule").is_not_null())
    kept = decided.filter(pl.col("rule").is_null()).with_columns(
        pl.col("decision").alias("label"), pl.lit("human_annotated", Origin).alias("origin")
    )
    unsettled = exclusions(
        out.lazy(),
        rule=pl.col("rule"),
        reason=pl.col("rule").replace_strict(_REASONS, return_dtype=pl.String),
        votes=pl.col("votes"),
    )
    lines = unplaced(mine.lazy(), annotations.lazy())
    without_record = unplaced_exclusions(lines, excluded, "clean").collect()
    agreement = _agreement(votes)
    weighted = _overall(agreement)
    metrics = {
        "annotations": float(votes.height),
        "adjudicated": float(decided["adjudicated"].fill_null(value=False).sum()),
        "unplaced": float(without_record.height),
        **({} if weighted is None else {"kappa": weighted}),
    }
    labels = given.drop("source_id", "source_ref").sort("annotation_id")
    tables = {"labels": labels, "agreement": agreement}
    out_of_here = pl.concat([unsettled, without_record.lazy()], how="diagonal")
    return StageResult(kept.select(mine.columns).lazy(), out_of_here, metrics, tables)


def _decisions(given: pl.DataFrame, votes: pl.DataFrame, policy: AnnotatedPolicy) -> pl.DataFrame:
    """For each record: the decision, or the rule that takes it out."""
    counted = votes.filter(~pl.col("uncertain")) if policy.drop_uncertain else votes
    certain = counted.group_by("record_id").agg(
        pl.col("label").unique().sort().alias("said"),
    )
    everyone = (
        given.sort("annotator", "annotation_id")
        .group_by("record_id")
        .agg(votes=pl.struct("annotator", "label", "uncertain", "guideline"))
    )
    last = (
        given.filter(pl.col("role") == "adjudications")
        .sort("annotated_at", "annotation_id")
        .group_by("record_id")
        .agg(pl.col("label").last().alias("adjudication"))
    )
    joined = everyone.join(certain, on="record_id", how="left").join(
        last, on="record_id", how="left"
    )
    ways = pl.col("said").list.len().fill_null(0)
    settled = pl.col("adjudication").is_not_null()
    return joined.with_columns(
        settled.alias("adjudicated"),
        pl.when(settled)
        .then("adjudication")
        .otherwise(pl.col("said").list.first())
        .alias("decision"),
        pl.when(settled)
        .then(pl.lit(None, pl.String))
        .when(ways == 0)
        .then(pl.lit("annotation_uncertain"))
        .when(ways > 1)
        .then(pl.lit("annotation_disagreement"))
        .alias("rule"),
    ).select("record_id", "decision", "rule", "votes", "adjudicated")


def _agreement(votes: pl.DataFrame) -> pl.DataFrame:
    """Cohen's kappa for each pair of annotators under each guideline."""
    slim = votes.select("record_id", "annotator", "label", "guideline")
    pairs = slim.join(slim, on=["record_id", "guideline"], suffix="_b").filter(
        pl.col("annotator") < pl.col("annotator_b")
    )
    rows = [
        {
            "guideline": guideline,
            "annotators": json.dumps([first, second]),
            "records": group.height,
            "kappa": cohen_kappa(group["label"].to_list(), group["label_b"].to_list()),
        }
        for (guideline, first, second), group in sorted(
            pairs.group_by("guideline", "annotator", "annotator_b"), key=lambda item: str(item[0])
        )
    ]
    schema = {
        "guideline": pl.String,
        "annotators": pl.String,
        "records": pl.UInt32,
        "kappa": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


def _overall(agreement: pl.DataFrame) -> float | None:
    """Mean kappa, weighted by the records that each pair shares; None when none were shared."""
    if agreement.is_empty():
        return None
    mean = (pl.col("kappa") * pl.col("records")).sum() / pl.col("records").sum()
    return float(agreement.select(mean).item())
