"""Splits quoted history, disclaimers, auto-responses and signatures off texts.

Every line of a text belongs to the body or to one part, so nothing is ever lost. All rules look at
all lines of the texts in question at once; texts that no gate opens are not looked at. Texts are
``uniform``: lines without white space at their ends, never two empty lines in a row.
"""

from collections.abc import Collection

import polars as pl

from dataset_pipeline.stages.letters import phrases
from dataset_pipeline.stages.letters.characters import replaced
from dataset_pipeline.stages.letters.disclaimers import disclaimers
from dataset_pipeline.stages.letters.history import quoted_history
from dataset_pipeline.stages.letters.responses import auto_responses
from dataset_pipeline.stages.letters.signatures import signatures

# In the order in which they are looked for: a signature stands above what was quoted.
FINDERS = {
    "quoted_history": quoted_history,
    "disclaimer": disclaimers,
    "auto_response": auto_responses,
    "signature": signatures,
}
PARTS_SCHEMA = {"row": pl.UInt32(), "part": pl.String(), "text": pl.String()}
BODY = ""

# What every text that has a part shows; cheap, for every text is held against it.
_GATES = {
    "quoted_history": r"(?im)^>|(?:wrote|писал(?:\(-?а\)|а|и)?|пишет|жазды|жазған|@\S+) ?:$|"
    r"^[-_=*]{2,} ?(?:original|reply message|исходное|первоначальное|оригинальное|бастапқы)|"
    r"^\*?(?:subject|тема|тақырыбы|тақырып) ?:|^\*?(?:from|от(?: кого)?|кімнен) ?:.*@",
    "disclaimer": f"{phrases.DISCLAIMER_BEGINS}|{phrases.TREES}".replace("(?i)", "(?im)"),
    "auto_response": "|".join(
        (phrases.AUTOMATIC_HEADING, phrases.AUTOMATIC, phrases.AUTOMATIC_BELOW, phrases.AWAY_WORDS)
    ),
    "signature": f"(?m){phrases.CLOSING}|{phrases.FOOTER}|{phrases.COURTESY}\n|{phrases.DASHES}",
}


def split_off(texts: pl.Series, parts: Collection[str]) -> tuple[pl.Series, pl.DataFrame]:
    """Bodies in the texts' order, and what was split off (``PARTS_SCHEMA``; row: which text)."""
    rows = {name: texts.str.contains(_GATES[name]).arg_true() for name in FINDERS if name in parts}
    every = pl.concat([pl.Series("row", [], pl.UInt32), *rows.values()]).unique().sort()
    if every.is_empty():
        return texts, pl.DataFrame(schema=PARTS_SCHEMA)
    lines = _lines(texts, every)
    for name, mine in rows.items():
        at = lines["row"].is_in(mine.implode()).arg_true()
        found = FINDERS[name](lines[at])["part"]
        lines = lines.with_columns(replaced(lines["part"], at, found))
    lines = _with_blank_lines(lines)
    return _bodies(texts, lines), _parts(lines)


def _lines(texts: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """One row a line: row (which text), line, part (``BODY``; null where the line is empty)."""
    return (
        pl.DataFrame({"row": rows, "line": texts.gather(rows).str.split("\n")})
        .explode("line")
        .with_columns(pl.when(pl.col("line") != "").then(pl.lit(BODY)).alias("part"))
    )


def _with_blank_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """An empty line belongs to what stands on both sides of it, or to the body."""
    before = pl.col("part").forward_fill().over("row")
    after = pl.col("part").backward_fill().over("row")
    inside = pl.when(before == after).then(before).otherwise(pl.lit(BODY))
    return lines.with_columns(pl.coalesce("part", inside).alias("part"))


def _bodies(texts: pl.Series, lines: pl.DataFrame) -> pl.Series:
    touched = lines.filter(pl.col("part").ne(BODY).any().over("row"))
    body = (
        touched.group_by("row")
        .agg(pl.col("line").filter(pl.col("part") == BODY).str.join("\n").alias("body"))
        .with_columns(pl.col("body").str.replace_all(r"\n{3,}", "\n\n").str.strip_chars())
    )
    numbered = texts.rename("text").to_frame().with_row_index("row")
    joined = numbered.join(body, on="row", how="left", maintain_order="left")
    return joined.select(pl.coalesce("body", "text").alias(texts.name)).to_series()


def _parts(lines: pl.DataFrame) -> pl.DataFrame:
    """Neighbouring lines of one part are one text."""
    begins = (pl.col("part") != pl.col("part").shift()) | (pl.col("row") != pl.col("row").shift())
    return (
        lines.with_columns(begins.fill_null(True).cum_sum().alias("run"))
        .filter(pl.col("part") != BODY)
        .group_by("run", maintain_order=True)
        .agg(pl.col("row", "part").first(), pl.col("line").str.join("\n").alias("text"))
        .select(*PARTS_SCHEMA)
        .with_columns(pl.col("text").str.strip_chars())
    )
