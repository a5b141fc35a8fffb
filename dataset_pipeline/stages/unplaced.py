"""Annotations that name no record here: each is told by its line and a rule, so that none is lost.

Such a line becomes no record. It leaves as a row in quarantine does: under an id of its own.
"""

import polars as pl

from dataset_pipeline.records import SplitType

UNPLACED = {
    "unknown_source": "the config names no such source",
    "record_excluded": "the record was taken out by the stage before",
    "record_not_here": "no record has this key here: it is misspelt, or its record was taken out "
    "earlier, which a trace of the record tells",
}


def unplaced(records: pl.LazyFrame, annotations: pl.LazyFrame) -> pl.LazyFrame:
    """The annotations without a record, under their own ids; ``record``: the one that they name.

    They belong to no split.
    """
    astray = annotations.join(records.select("record_id"), on="record_id", how="anti")
    return astray.select(
        pl.col("annotation_id").alias("record_id"),
        pl.lit(None, SplitType).alias("split"),
        pl.col("record_id").alias("record"),
        "source_id",
        "source_ref",
    )


def unplaced_exclusions(
    astray: pl.LazyFrame, excluded: pl.LazyFrame, excluded_in: str
) -> pl.LazyFrame:
    """Why each has no record (``QUARANTINE_SCHEMA``).

    ``excluded``: what the stage before took out. What was taken out earlier is not in hand here,
    so it cannot be told from a key that never was; ``record`` in the evidence leads on.
    """
    known = excluded.select(record="record_id", excluded_by="rule")
    named = pl.col("source_id").is_not_null()
    taken_out = pl.col("excluded_by").is_not_null()
    record, stage = pl.col("record"), pl.lit(excluded_in).alias("excluded_in")
    by_source = pl.struct(pl.lit("source").alias("field"))
    by_key = pl.struct(pl.lit("key").alias("field"), source="source_id", record=record)
    by_stage = pl.struct(record, stage, "excluded_by")
    rule = (
        pl.when(~named)
        .then(pl.lit("unknown_source"))
        .when(taken_out)
        .then(pl.lit("record_excluded"))
        .otherwise(pl.lit("record_not_here"))
    )
    evidence = (
        pl.when(~named)
        .then(by_source.struct.json_encode())
        .when(taken_out)
        .then(by_stage.struct.json_encode())
        .otherwise(by_key.struct.json_encode())
    )
    told = astray.join(known, on="record", how="left").with_columns(rule=rule, evidence=evidence)
    reason = pl.col("rule").replace_strict(UNPLACED, return_dtype=pl.String)
    return told.select("record_id", "rule", reason.alias("reason"), "evidence", "source_ref")
