"""Signatures: a closing, and below it names, jobs, companies, numbers and addresses, to the end."""

import polars as pl

from dataset_pipeline.stages.letters import phrases

PART = "signature"
_MOST_LINES = 10
_MOST_CHARACTERS = 500
_LONGEST_LINE = 100
_MOST_WORDS = 8
_MOST_WORDS_OF_CONTACT = 14
_LINE = pl.col("line")


def signatures(lines: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with the part of signatures set.

    A signature ends where the text does, or where the customer goes on with a postscript or names
    an order. A line that reads like a sentence below a closing means that it is none.
    """
    body = lines.with_row_index("at").filter(pl.col("part") == "")
    cut = _cuts(_looked_at(body))
    if cut.is_empty():
        return lines
    numbered = lines.with_row_index("at").join(cut, on="row", how="left", maintain_order="left")
    mine = (pl.col("part") == "") & pl.col("at").is_between("begin", "end", closed="left")
    part = pl.when(mine.fill_null(False)).then(pl.lit(PART)).otherwise("part").alias("part")
    return numbered.with_columns(part).select(lines.columns)


def _looked_at(body: pl.DataFrame) -> pl.DataFrame:
    """What each line looks like, and which text lines stand after it."""
    has = _LINE.str.contains
    words = _LINE.str.count_matches(" ") + 1
    ruled = has(phrases.RULES)
    contact = has(phrases.CONTACT) & (words <= _MOST_WORDS_OF_CONTACT)
    prose = (words >= 5) & _LINE.str.ends_with(".")
    named = has(phrases.BEGINS_LIKE_A_NAME) & (words <= _MOST_WORDS) & ~prose
    sentence = has(phrases.SENTENCE)
    fits = (_LINE.str.len_chars() <= _LONGEST_LINE) & ~sentence & (contact | named)
    closing = has(phrases.CLOSING) & ~sentence
    seen = body.with_columns(
        closing.alias("closing"),
        has(phrases.FOOTER).alias("footer"),
        has(phrases.COURTESY).alias("courtesy"),
        has(phrases.DASHES).alias("dashes"),
        ruled.alias("ruled"),
        (has(phrases.NAME) & ~sentence).alias("name"),
        has(phrases.OWN).alias("own"),
        fits.alias("fits"),
    )
    stands = pl.any_horizontal("fits", "closing", "footer", "courtesy", "ruled")
    return seen.with_columns((~stands & ~pl.col("own")).alias("breaks"))


def _cuts(seen: pl.DataFrame) -> pl.DataFrame:
    """row, begin and end: the first closing of a text from which nothing breaks the signature."""
    after = seen.with_columns(
        _nearest("breaks").alias("_breaks"),
        _nearest("own").alias("_own"),
        pl.int_range(pl.len()).over("row").alias("nth"),
        pl.col("at").max().over("row").alias("last"),
        _next("name").alias("name_next"),
        (_next("fits") & ~_next("own")).alias("fits_next"),
        (_next("closing") | _next("footer")).alias("again"),
    )
    end = pl.coalesce("_own", pl.col("last") + 1)
    above = pl.col("nth") > 0
    next_fits = pl.col("fits_next") | pl.col("again")
    begins = (
        pl.col("closing")
        | pl.col("footer")
        | (pl.col("courtesy") & pl.col("name_next") & above)
        | (pl.col("dashes") & next_fits & above)
    )
    unbroken = pl.col("_breaks").is_null() | (pl.col("_breaks") > end)
    begun = after.with_columns(end.alias("end")).filter(begins & unbroken & ~pl.col("own"))
    first = begun.group_by("row").agg(pl.col("at").min().alias("begin"), pl.col("end").first())
    return _bounded(first, seen)


def _bounded(cuts: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Only signatures of a likely size, with a rule right above them."""
    inside = seen.join(cuts, on="row").filter(
        pl.col("at").is_between("begin", "end", closed="left")
    )
    size = inside.group_by("row").agg(
        pl.len().alias("lines"), _LINE.str.len_chars().sum().alias("characters")
    )
    fine = size.filter(
        (pl.col("lines") <= _MOST_LINES) & (pl.col("characters") <= _MOST_CHARACTERS)
    )
    return cuts.join(fine.select("row"), on="row", how="semi")


def _next(flag: str) -> pl.Expr:
    """The flag of the text's next line."""
    return pl.col(flag).shift(-1).over("row").fill_null(False)


def _nearest(flag: str) -> pl.Expr:
    """Where the text's next line with the flag stands."""
    return pl.when(pl.col(flag)).then("at").backward_fill().shift(-1).over("row")
