"""Lines that stand in many prompts: greetings, footers, disclaimers."""

import polars as pl

from dataset_pipeline.config.screened import Boilerplate


def boilerplate_shares(prompts: pl.Series, policy: Boilerplate) -> pl.Series:
    """The share of each prompt's characters in lines that many distinct prompts have.

    ``prompts`` are distinct, so copies of one text make no line common.
    """
    line = pl.col("line").str.strip_chars()
    lines = (
        prompts.rename("line")
        .to_frame()
        .with_row_index("row")
        .with_columns(pl.col("line").str.split("\n"))
        .explode("line")
        .select("row", line)
        .filter(pl.col("line") != "")
    )
    least = max(policy.in_prompts, policy.in_share * len(prompts))
    common = lines.unique().group_by("line").len().filter(pl.col("len") > least)
    is_common = pl.col("line").is_in(common["line"].implode())
    size = pl.col("line").str.len_chars()
    shares = lines.group_by("row").agg(
        (size.filter(is_common).sum() / size.sum()).round(6).alias("share")
    )
    rows = pl.DataFrame({"row": pl.int_range(len(prompts), dtype=pl.UInt32, eager=True)})
    joined = rows.join(shares, on="row", how="left", maintain_order="left")
    return joined["share"].fill_null(0.0)
