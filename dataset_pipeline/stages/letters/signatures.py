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
    """What each line looks like, from the first that may begin a signature."""
    has = _LINE.str.contains
    begun = body.with_columns(
        pl.int_range(pl.len()).over("row").alias("nth"),
        has(phrases.CLOSING).alias("closing"),
        has(phrases.FOOTER).alias("footer"),
        has(phrases.COURTESY).alias("courtesy"),
        has(phrases.DASHES).alias("dashes"),
    )
    begins = pl.any_horizontal("closing", "footer", "courtesy", "dashes")
    tails = begun.filter(begins.cum_max().over("row"))
    words = _LINE.str.count_matches(" ", literal=True) + 1
    contact = has(phrases.CONTACT) & (words <= _MOST_WORDS_OF_CONTACT)
    prose = (words >= 5) & _LINE.str.ends_with(".")
    begins_like = has(phrases.BEGINS_LIKE_A_NAME) | has(phrases.JOB_OR_PLACE)
    named = begins_like & (words <= _MOST_WORDS) & ~prose
    seen = tails.with_columns(
        has(phrases.RULES).alias("ruled"),
        has(phrases.OWN).alias("own"),
        has(phrases.SENTENCE).alias("sentence"),
        (contact | named).alias("likely"),
    ).with_columns(
        (pl.col("closing") & ~pl.col("sentence")).alias("closing"),
        (has(phrases.NAME) & ~pl.col("sentence")).alias("name"),
        (pl.col("likely") & ~pl.col("sentence") & (_LINE.str.len_chars() <= _LONGEST_LINE)).alias(
            "fits"
        ),
    )
    stands = pl.any_horizontal("fits", "closing", "footer", "courtesy", "ruled")
    return seen.with_columns((~stands & ~pl.col("own")).alias("breaks"))


def _cuts(seen: pl.DataFrame) -> pl.DataFrame:
    """row, begin and end: the first closing of a text from which nothing breaks the signature."""
    whole = seen.with_columns(pl.col("at").max().over("row").alias("last"))
    after = whole.with_columns(
        _nearest("breaks").alias("_breaks"),
        _nearest("own").alias("_own"),
        _next("name").alias("name_next"),
        (_next("fits") & ~_next("own")).alias("fits_next"),
        (_next("closing") | _next("footer")).alias("again"),
    )
    end = pl.coalesce("_own", pl.col("last") + 1)
    above = pl.col("nth") > 0
    next_fits = pl.col("fits_next") | pl.col("again")
    begins = (
        # At the top of a text it may as well be how a customer begins.
        (pl.col("closing") & (above | pl.col("name_next") | (pl.col("at") == pl.col("last"))))
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
    return pl.col(flag).shift(-1).fill_null(False) & (pl.col("at") < pl.col("last"))


def _nearest(flag: str) -> pl.Expr:
    """Where the text's next line with the flag stands."""
    at = pl.when(pl.col(flag)).then("at").backward_fill().shift(-1)
    return pl.when(at <= pl.col("last")).then(at)
