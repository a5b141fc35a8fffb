"""Auto-responses: whole texts that no person wrote for the occasion."""

import polars as pl

from dataset_pipeline.stages.letters import phrases

PART = "auto_response"
_MOST_CHARACTERS = 1500


def auto_responses(lines: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with the part of texts that are auto-responses set, as far as they are body.

    A text is one that says so at its beginning, or that tells of an absence and of what to do
    meanwhile. One that asks something is none.
    """
    body = pl.col("part") == ""
    texts = lines.filter(body).group_by("row").agg(pl.col("line").str.join("\n").alias("text"))
    text = pl.col("text")
    away = (
        text.str.contains(phrases.AWAY)
        & text.str.contains(phrases.AWAY_CUES)
        & ~text.str.contains(phrases.AWAY_BUT_ASKING)
    )
    says_so = text.str.contains(phrases.AUTOMATIC) & ~text.str.contains("?", literal=True)
    found = texts.filter((says_so | away) & (text.str.len_chars() <= _MOST_CHARACTERS))
    if found.is_empty():
        return lines
    whole = body & pl.col("row").is_in(found["row"].implode())
    return lines.with_columns(pl.when(whole).then(pl.lit(PART)).otherwise("part").alias("part"))
