"""Uniform texts, and of mails and tickets the bodies; with what was done to each."""

from dataclasses import dataclass

import polars as pl

from dataset_pipeline.config import Normalized
from dataset_pipeline.stages.letters.characters import replaced
from dataset_pipeline.stages.letters.split import PARTS_SCHEMA, split_off
from dataset_pipeline.stages.letters.uniform import made_uniform
from dataset_pipeline.stages.spread import Spread, here

# Without what was quoted below it, a text may end with a signature.
_MOST_ROUNDS = 20


@dataclass(frozen=True)
class Separated:
    """``touched`` (row, rule): what was done to which text; ``parts`` (row, part, text)."""

    texts: pl.Series
    touched: pl.DataFrame
    parts: pl.DataFrame


def separated(
    texts: pl.Series,
    policy: Normalized,
    letters: pl.Series | None = None,
    spread: Spread = here,
) -> Separated:
    """Make texts uniform and split off what the policy names, until nothing is left to do.

    ``letters``: which texts are mails or tickets (None: all).
    """
    uniform = made_uniform(texts, policy, spread)
    result, touched = uniform.texts, [uniform.touched]
    parts = [pl.DataFrame(schema=PARTS_SCHEMA)]
    rows = _rows(result, letters) if policy.split_off else pl.Series([], dtype=pl.UInt32)
    for _ in range(_MOST_ROUNDS):
        if rows.is_empty():
            break
        body, found = split_off(result.gather(rows), policy.split_off)
        parts.append(found.with_columns(rows.gather(found["row"]).alias("row")))
        rows, body = rows.gather(cut := found["row"].unique().sort()), body.gather(cut)
        again = made_uniform(body, policy, spread)
        touched.append(again.touched.with_columns(rows.gather(again.touched["row"]).alias("row")))
        result = replaced(result, rows, again.texts)
    split = pl.concat(parts)
    rules = split.select("row", pl.concat_str("part", pl.lit("_split")).alias("rule"))
    return Separated(result, pl.concat([*touched, rules]).unique(), split)


def _rows(texts: pl.Series, letters: pl.Series | None) -> pl.Series:
    mine = texts.is_not_null() if letters is None else texts.is_not_null() & letters
    return mine.arg_true().cast(pl.UInt32)
