"""Quoted history: the mail that was answered, below, above or between the answers."""

import polars as pl

from dataset_pipeline.stages.letters import phrases

PART = "quoted_history"
_LONGEST = 250  # characters of a line that says who wrote what is quoted
_LINE = pl.col("line")


def quoted_history(lines: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with the part of quoted lines set.

    Where lines are marked, only the marked ones and who wrote them go: answers between stay. What
    a customer shows ("The app says:") is none, where no line says who wrote it.
    Without marks everything goes from where a mail program says that an older mail begins; but
    where nothing stands above headers, a whole mail was exported with them, and stays.
    """
    known = _blocks(_attributions(_marks(lines)))
    forwarded = _LINE.str.contains(phrases.FORWARDED).cum_max().over("row")
    said = _LINE.str.contains(r"[\p{L}\p{N}]").cum_max().shift(1).over("row").fill_null(False)
    opens = (pl.col("original") | (pl.col("opens") & said)) & ~forwarded
    shut = known.with_columns(opens.alias("opens"), forwarded.alias("fwd"))
    cut = shut.with_columns(pl.col("opens").cum_max().over("row").alias("below"))
    ruled = _LINE.str.contains(phrases.RULED) & _next(pl.col("opens"))
    quoted = (pl.col("quoted") & ~pl.col("fwd")) | pl.col("below") | ruled
    part = pl.when(quoted & (_LINE != "")).then(pl.lit(PART)).otherwise("part").alias("part")
    return cut.with_columns(part).select(lines.columns)


def _next(flag: pl.Expr) -> pl.Expr:
    """The flag of the next line that is not empty, in the same text."""
    of_words = pl.when(_LINE != "").then(flag)
    return of_words.backward_fill().shift(-1).over("row").fill_null(False)


def _marks(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.with_columns(
        _LINE.str.contains(phrases.MARKED).alias("marked"),
        _LINE.str.contains(phrases.MARKED_WORD).any().over("row").alias("worded"),
        _wrote(_LINE).alias("wrote"),
    )


def _wrote(line: pl.Expr) -> pl.Expr:
    return line.str.contains(phrases.WROTE) & (line.str.len_chars() <= _LONGEST)


def _by_a_program(line: pl.Expr) -> pl.Expr:
    has = line.str.contains
    return has(phrases.BY_A_PROGRAM) & (has(phrases.ADDRESSED) | ~has(phrases.SOMEBODY))


def _attributions(lines: pl.DataFrame) -> pl.DataFrame:
    """quoted: a marked line or who wrote it; opens: everything below is quoted, unmarked.

    Who wrote may stand on two lines.
    """
    following = _LINE.shift(-1).over("row").fill_null("")
    both = pl.concat_str(_LINE, pl.lit(" "), following)
    first = (
        ~pl.col("marked")
        & ~pl.col("wrote")
        & _LINE.str.contains(phrases.WROTE_BEGINS)
        & following.str.contains(phrases.WROTE_ENDS)
        & ~following.str.contains(phrases.WROTE_BEGINS)
        & _wrote(both)
    )
    paired = lines.with_columns(first.alias("first"), both.alias("both"))
    second = pl.col("first").shift(1).over("row").fill_null(False)
    whole = pl.when(second).then(pl.col("both").shift(1).over("row")).otherwise(_LINE)
    told = paired.with_columns((pl.col("wrote") | second).alias("told"), whole.alias("whole"))
    above = told.with_columns(
        (pl.col("told") & _next(pl.col("marked"))).alias("above"),
        (pl.col("told") & _by_a_program(pl.col("whole"))).alias("machine"),
    )
    attributed = pl.col("above").any().over("row")
    marked = pl.col("marked") & (attributed | (pl.col("worded") & ~_shown()))
    quoted = marked | pl.col("above") | (pl.col("first") & _next(pl.col("above")))
    opens = pl.col("machine") & ~_next(pl.col("marked")) & ~pl.col("marked")
    found = above.with_columns(quoted.alias("quoted"), opens.alias("opens"))
    return found.with_columns(
        (pl.col("opens") | (pl.col("first") & _next(pl.col("opens")))).alias("opens")
    )


def _shown() -> pl.Expr:
    """Marked lines below one that announces them."""
    marked = pl.col("marked")
    above = pl.when(_LINE != "").then(_LINE).forward_fill().shift(1).over("row")
    begins = marked & ~marked.shift(1).over("row").fill_null(False)
    announced = above.str.contains(phrases.ANNOUNCES).fill_null(False)
    return pl.when(begins).then(announced).forward_fill().over("row") & marked


def _blocks(lines: pl.DataFrame) -> pl.DataFrame:
    """opens as well: a line that says "Original message", and a block of mail headers."""
    kinds = [_LINE.str.contains(regex).alias(f"is_{name}") for name, regex in _HEADERS]
    seen = lines.with_columns(*kinds, _LINE.str.contains(phrases.ORIGINAL).alias("original"))
    header = pl.any_horizontal(f"is_{name}" for name, _ in _HEADERS)
    changes = (header != header.shift(1)) | (pl.col("row") != pl.col("row").shift(1))
    runs = seen.with_columns(header.alias("header"), changes.fill_null(True).cum_sum().alias("run"))
    has = {name: pl.col(f"is_{name}").any().over("run") for name, _ in _HEADERS}
    address = _LINE.str.contains("@", literal=True).any().over("run")
    mail = has["from"] & has["sent"] & (has["subject"] | (address & has["to"]))
    first = pl.col("run") != pl.col("run").shift(1).fill_null(0)
    block = pl.col("header") & first & mail
    return runs.with_columns((pl.col("opens") | pl.col("original") | block).alias("opens"))


_HEADERS = tuple(phrases.HEADERS.items())
