"""Disclaimers: paragraphs in which a company, not the customer, speaks."""

import polars as pl

from dataset_pipeline.stages.letters import phrases

PART = "disclaimer"
_LEAST_CHARACTERS = 60
_LEAST_CUES = 2


def disclaimers(lines: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with the part of disclaimers set.

    A disclaimer begins with one of the known beginnings and ends with its paragraph; it has several
    of the known cues, and nobody says "I" in it or asks for anything.
    """
    line, body = pl.col("line"), (pl.col("part") == "").fill_null(False)
    begins = line.str.contains(phrases.DISCLAIMER_BEGINS) & body
    trees = line.str.contains(phrases.TREES) & body
    first_of_run = (body != body.shift(1)) | (pl.col("row") != pl.col("row").shift(1))
    runs = lines.with_columns(
        trees.alias("trees"),
        begins.alias("begins"),
        body.alias("body"),
        first_of_run.fill_null(True).cum_sum().alias("run"),
    )
    if not (runs["begins"].any() or runs["trees"].any()):
        return lines
    inside = (pl.col("begins").cum_max().over("run") & pl.col("body")).alias("inside")
    within = runs.with_columns(inside)
    sound = within.filter("inside").group_by("run").agg(line.str.join(" ").alias("said"))
    said = pl.col("said")
    found = (said.str.contains(cue).cast(pl.UInt8) for cue in phrases.DISCLAIMER_CUES)
    sound = sound.filter(
        (said.str.len_chars() >= _LEAST_CHARACTERS)
        & (pl.sum_horizontal(found) >= _LEAST_CUES)
        & ~said.str.contains(phrases.BY_A_PERSON)
        & ~said.str.contains(phrases.BUT_ASKING)
    )
    mine = (pl.col("inside") & pl.col("run").is_in(sound["run"].implode())) | pl.col("trees")
    part = pl.when(mine).then(pl.lit(PART)).otherwise("part").alias("part")
    return within.with_columns(part).select(lines.columns)
