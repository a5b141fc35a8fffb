"""Files that records name, found among the files that were catalogued."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dataset_pipeline.records import ATTACHMENT

CARRIED, UNKNOWN, AMBIGUOUS, WITHHELD = "carried", "unknown", "ambiguous", "withheld"
OUTCOMES = (CARRIED, UNKNOWN, AMBIGUOUS, WITHHELD)
COUNTS = {"source": pl.String, "outcome": pl.String, "attachments": pl.UInt32}
_KNOWN = [name for name in ATTACHMENT if name != "name"]
_USABLE = "usable"
_ANSWERS = {**ATTACHMENT, "outcome": pl.String}


@dataclass(frozen=True)
class Attachments:
    """What became of each name (``answers``), and how often, by source (``counts``)."""

    answers: pl.DataFrame
    counts: pl.DataFrame

    @property
    def metrics(self) -> dict[str, float]:
        """How many attachments had which outcome, in all; nothing where no record has any."""
        totals = self.counts.group_by("outcome").agg(pl.col("attachments").sum()).sort("outcome")
        return {f"attachments_{name}": float(count) for name, count in totals.iter_rows()}

    def filled(self, records: pl.LazyFrame) -> pl.LazyFrame:
        """Records with what is known of the files that they name, without those withheld."""
        if self.answers.is_empty():
            return records
        names = self.answers["name"]
        item = pl.element().struct.field
        withheld = names.filter(self.answers["outcome"] == WITHHELD)
        found = [
            pl.coalesce(
                item(column),
                item("name").replace_strict(names, self.answers[column], default=None),
            ).alias(column)
            for column in _KNOWN
        ]
        out = item("sha256").is_null() & item("name").is_in(withheld.implode())
        carried = pl.struct(item("name"), *found).filter(~out.fill_null(value=False))
        return records.with_columns(pl.col("attachments").list.eval(carried))


def resolved(
    kept: Mapping[str, pl.LazyFrame], usable: pl.LazyFrame, withheld: pl.LazyFrame
) -> Attachments:
    """Look up each name among the files: ``usable`` ones, and those ``withheld`` from training.

    A name is a file's path, or its end (``b.png`` and ``a/b.png`` for ``x/a/b.png``). A name that
    may mean a withheld file is withheld, and one that may mean several files says nothing. An
    attachment that came with its digest was not named, but brought: it stays as it is.
    """
    named = [_named(source, records) for source, records in sorted(kept.items())]
    listed = pl.concat(named).collect() if named else pl.DataFrame(schema=_NAMED)
    asked = listed.filter(~pl.col("brought")).select("name").unique().drop_nulls()
    files = _catalogue(usable, withheld) if asked.height else pl.DataFrame(schema=_CATALOGUE)
    answers = _answers(asked, files)
    outcome = pl.when("brought").then(pl.lit(CARRIED)).otherwise("outcome").fill_null(UNKNOWN)
    told = listed.join(answers, on="name", how="left").with_columns(outcome.alias("outcome"))
    counts = told.group_by("source", "outcome").agg(pl.len().alias("attachments"))
    return Attachments(answers, counts.sort("source", "outcome").cast(COUNTS))  # type: ignore[arg-type]


_NAMED = {"source": pl.String, "name": pl.String, "brought": pl.Boolean}
_CATALOGUE = {"path": pl.String, **{n: ATTACHMENT[n] for n in _KNOWN}, _USABLE: pl.Boolean}


def _items(records: pl.LazyFrame) -> pl.LazyFrame:
    listed = records.filter(pl.col("attachments").list.len() > 0)
    return listed.select(pl.col("attachments").explode().struct.unnest())


def _named(source: str, records: pl.LazyFrame) -> pl.LazyFrame:
    brought = pl.col("sha256").is_not_null().alias("brought")
    return _items(records).select(pl.lit(source).alias("source"), "name", brought)


def _catalogue(usable: pl.LazyFrame, withheld: pl.LazyFrame) -> pl.DataFrame:
    """The files; ``path`` as names are compared."""
    parts = [
        _items(files).select(_path("name").alias("path"), *_KNOWN, pl.lit(flag).alias(_USABLE))
        for files, flag in ((usable, True), (withheld, False))
    ]
    return pl.concat(parts).collect()


def _path(column: str) -> pl.Expr:
    """One way to write a path, whatever system it was written on."""
    slashed = pl.col(column).str.normalize("NFC").str.replace_all("\\", "/", literal=True)
    return slashed.str.replace(r"^(?:\./|/)+", "")


def _answers(asked: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """For each name the file that it means, if it means one; a whole path goes before an end."""
    ends = files.with_columns(pl.col("path").str.split("/").alias("parts")).with_columns(
        pl.int_ranges(pl.col("parts").list.len()).alias("first")
    )
    ends = ends.explode("first", empty_as_null=False).with_columns(
        pl.col("parts").list.slice(pl.col("first")).list.join("/").alias("end")
    )
    hits = asked.join(ends, left_on=_path("name"), right_on="end", maintain_order="left")
    whole = pl.col("first") == 0
    meant = hits.filter(whole | ~whole.any().over("name"))
    outcome = (
        pl.when(~pl.col(_USABLE).all())
        .then(pl.lit(WITHHELD))
        .when(pl.col("sha256").n_unique() > 1)
        .then(pl.lit(AMBIGUOUS))
        .otherwise(pl.lit(CARRIED))
        .alias("outcome")
    )
    found = meant.group_by("name").agg(
        outcome, *(pl.col(n).sort_by("path", n).first() for n in _KNOWN)
    )
    told = [pl.when(pl.col("outcome") == CARRIED).then(pl.col(n)).alias(n) for n in _KNOWN]
    known = asked.join(found.with_columns(told), on="name", how="left")
    return known.with_columns(pl.col("outcome").fill_null(UNKNOWN)).select(*_ANSWERS).sort("name")
