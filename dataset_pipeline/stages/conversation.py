"""A conversation in one column: what was asked last, what was answered, what was said before."""

import polars as pl

from dataset_pipeline.config import Turns
from dataset_pipeline.records import RECORD_SCHEMA

ROLES, SAID, LAST = "_roles", "_said", "_last"


def known_roles(turns: Turns) -> dict[str, str]:
    """Author -> role: those that the config names, and the roles' own names."""
    return {**{name: name for name in ("user", "assistant", "system")}, **turns.roles}


def conversation(frame: pl.DataFrame, turns: Turns | None) -> pl.DataFrame:
    """The last user turn is the prompt, what follows it the completion, what is before context."""
    if turns is None:
        return frame.with_columns(pl.lit([], RECORD_SCHEMA["context"]).alias("context"))
    author = pl.element().struct.field(turns.role)
    role = author.replace_strict(known_roles(turns), default=turns.others, return_dtype=pl.String)
    said = pl.col(SAID)
    frame = frame.with_columns(
        said.list.eval(role).alias(ROLES),
        said.list.eval(pl.element().struct.field(turns.content)).alias(SAID),
    )
    user = pl.col(ROLES).list.reverse().list.eval(pl.element() == "user")
    asked = user.list.any()
    last = pl.col(ROLES).list.len().cast(pl.Int64) - 1 - user.list.arg_max().cast(pl.Int64)
    frame = frame.with_columns(pl.when(asked).then(last).alias(LAST))
    return frame.with_columns(
        pl.col(SAID).list.get(pl.col(LAST), null_on_oob=True).alias("prompt"),
        pl.col(SAID).list.get(pl.col(LAST) + 1, null_on_oob=True).alias("completion"),
        _earlier(frame).alias("context"),
    )


def _earlier(frame: pl.DataFrame) -> pl.Series:
    """The turns before the last user turn, as a list of structs a row."""
    before = pl.col(LAST).fill_null(0)
    lists = frame.select(
        role=pl.col(ROLES).list.head(before), content=pl.col(SAID).list.head(before)
    ).with_row_index("row")
    long = lists.filter(pl.col("role").list.len() > 0).explode("role", "content")
    turns = long.select("row", pl.struct("role", "content").alias("turn"))
    grouped = turns.group_by("row", maintain_order=True).agg("turn")
    joined = lists.select("row").join(grouped, on="row", how="left", maintain_order="left")
    return joined["turn"].fill_null(pl.Series([[]], dtype=RECORD_SCHEMA["context"]))
