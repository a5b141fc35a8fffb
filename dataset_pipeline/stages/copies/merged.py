"""What a kept record takes over from its copies: label, completion and attributes it lacks."""

import polars as pl

from dataset_pipeline.records import Origin

MERGED_SCHEMA = {"kept": pl.String, "record_id": pl.String, "fields": pl.String}


def merged(records: pl.LazyFrame, given: pl.DataFrame) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Records with what their copies could fill in, and which copy gave which fields.

    ``given``: kept, record_id of the copy; a kept record's best copy first. A label is taken only
    where all copies that have one agree. A record that took anything is ``transformed``, if it was
    ``original``.
    """
    if given.is_empty():
        return records, pl.DataFrame(schema=MERGED_SCHEMA)
    frame = records.collect()
    copies = given.join(frame, on="record_id", maintain_order="left")
    lacking = frame.join(given.select("kept").unique(), left_on="record_id", right_on="kept")
    parts = [_label(copies, lacking), _completion(copies, lacking), _attributes(copies, lacking)]
    told = pl.concat([part.select("kept", "record_id", "field") for part in parts])
    label, completion, attributes = parts
    filled = frame
    for part in (label, completion):
        filled = _joined(filled, part.select("kept", "value"))
        name = "label" if part is label else "completion"
        filled = filled.with_columns(pl.coalesce(name, "value").alias(name)).drop("value")
    added = attributes.group_by("kept", maintain_order=True).agg("value")
    filled = _joined(filled, added).with_columns(
        pl.when(pl.col("value").is_null())
        .then("attributes")
        .otherwise(pl.concat_list(pl.col(n).fill_null([]) for n in ("attributes", "value")))
        .alias("attributes"),
        _origin(told["kept"].unique()),
    )
    table = (
        told.group_by("kept", "record_id")
        .agg(pl.col("field").unique().sort().str.join(", ").alias("fields"))
        .sort("kept", "record_id")
    )
    return filled.select(frame.columns).lazy(), table


def _joined(frame: pl.DataFrame, part: pl.DataFrame) -> pl.DataFrame:
    named = part.rename({"kept": "record_id"})
    return frame.join(named, on="record_id", how="left", maintain_order="left")


def _origin(taking: pl.Series) -> pl.Expr:
    took = pl.col("record_id").is_in(taking.implode()) & (pl.col("origin") == "original")
    return pl.when(took).then(pl.lit("transformed", Origin)).otherwise("origin").alias("origin")


def _missing(copies: pl.DataFrame, lacking: pl.DataFrame, column: str) -> pl.DataFrame:
    wanting = lacking.filter(pl.col(column).is_null()).select(pl.col("record_id").alias("kept"))
    return (
        copies.join(wanting, on="kept", how="semi", maintain_order="left")
        .filter(pl.col(column).is_not_null())
        .select("kept", "record_id", pl.lit(column).alias("field"), pl.col(column).alias("value"))
    )


def _completion(copies: pl.DataFrame, lacking: pl.DataFrame) -> pl.DataFrame:
    found = _missing(copies, lacking, "completion")
    return found.unique("kept", keep="first", maintain_order=True)


def _label(copies: pl.DataFrame, lacking: pl.DataFrame) -> pl.DataFrame:
    found = _missing(copies, lacking, "label").filter(pl.col("value").n_unique().over("kept") == 1)
    return found.unique("kept", keep="first", maintain_order=True)


def _attributes(copies: pl.DataFrame, lacking: pl.DataFrame) -> pl.DataFrame:
    """One row an attribute that the kept record has not: from its best copy that has it."""
    has = _exploded(lacking).select(pl.col("record_id").alias("kept"), "key")
    return (
        _exploded(copies)
        .join(has, on=["kept", "key"], how="anti", maintain_order="left")
        .unique(["kept", "key"], keep="first", maintain_order=True)
        .select("kept", "record_id", pl.lit("attributes").alias("field"), "value")
    )


def _exploded(frame: pl.DataFrame) -> pl.DataFrame:
    kept = ["kept"] if "kept" in frame.columns else []
    return (
        frame.select(*kept, "record_id", pl.col("attributes").alias("value"))
        .filter(pl.col("value").list.len() > 0)
        .explode("value")
        .with_columns(pl.col("value").struct.field("key").alias("key"))
    )
