"""Auto-responses: whole texts that no person wrote for the occasion."""

import polars as pl

from dataset_pipeline.stages.letters import phrases

PART = "auto_response"
_MOST_CHARACTERS = 1500


def auto_responses(lines: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with the part of texts that are auto-responses set, as far as they are body.

    A text is one that says so at its beginning and goes on like one, or that tells of an absence
    and of what to do meanwhile. One that asks something, or tells of trouble, is none.
    """
    body = pl.col("part") == ""
    texts = lines.filter(body).group_by("row").agg(pl.col("line").str.join("\n").alias("text"))
    has = pl.col("text").str.contains
    absent = has(phrases.AWAY) & has(phrases.AWAY_CUES)
    away = absent & ~has(phrases.AWAY_BUT_ASKING) & ~has(phrases.TROUBLE)
    # Behind the heading stands what the mail answered was about: that may be any trouble.
    below = pl.col("text").str.replace(r"^.*\n", "").str.contains(phrases.TROUBLE)
    goes_on = has(phrases.AWAY) | has(phrases.AWAY_CUES) | has(phrases.ACKNOWLEDGED)
    headed = has(phrases.AUTOMATIC_HEADING) & goes_on & ~below
    # Who quotes one says "I".
    ends = has(phrases.AUTOMATIC_BELOW) & has(phrases.ACKNOWLEDGED) & ~has(phrases.BY_A_PERSON)
    says_so = (headed | has(phrases.AUTOMATIC) | ends) & ~has(r"\?")
    found = texts.filter((says_so | away) & (pl.col("text").str.len_chars() <= _MOST_CHARACTERS))
    if found.is_empty():
        return lines
    whole = body & pl.col("row").is_in(found["row"].implode())
    return lines.with_columns(pl.when(whole).then(pl.lit(PART)).otherwise("part").alias("part"))
