"""What a query gave, over all collections: the rows that count now."""

from collections.abc import Iterator, Sequence

import polars as pl

from dataset_pipeline.config import SqlSource
from dataset_pipeline.deltas import ADDED, DIGEST, KEY, RULE, WITHDRAWN, RowFile, current, row_files
from dataset_pipeline.stages.readers.chunk import LINE, Chunk
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile

_ROWS = 10_000
_BROKEN, _FIRST = "_broken", "_first"
_REASONS = {
    "bad_encoding": "a text of the row is not what the database says that it is",
    "missing_key": "the row has no key",
    "duplicate_key": "the key stands already on another row of the same result",
    "repeated_row": "the key stands already, with the same content",
}


def read_sql(source: SqlSource, files: Sequence[SourceFile]) -> Iterator[Chunk]:
    """Read base and deltas: later rows supersede earlier ones, withdrawn ones are gone.

    Of rows with the same key one is kept, always the same one in whatever order they came.
    """
    known = row_files((file.name, file.path) for file in files)
    for file in known:
        if file.what != WITHDRAWN:
            yield from _chunks(source, known, file)


def _chunks(source: SqlSource, files: list[RowFile], file: RowFile) -> Iterator[Chunk]:
    rows = current(files, file, file.scan().with_row_index(LINE, offset=1))
    rules = _broken(rows.select(KEY, DIGEST, RULE, LINE))
    told = rows.join(rules, on=LINE, how="left", maintain_order="left")
    for frame in told.collect_batches(chunk_size=_ROWS, maintain_order=True):
        sound = frame.filter(pl.col(_BROKEN).is_null()).drop(*ADDED, _BROKEN, _FIRST)
        bad = frame.filter(pl.col(_BROKEN).is_not_null()).select(LINE, DIGEST, _BROKEN, _FIRST)
        found = [_bad_row(source, file.name, row) for row in bad.iter_rows()]
        yield Chunk(file.name, sound.with_columns(pl.col(LINE).cast(pl.UInt64)), found)


def _broken(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The lines that can be no row, by rule, and for a repeated key the line that is kept."""
    unusable = rows.filter(pl.col(RULE).is_not_null() | pl.col(KEY).is_null()).select(
        LINE,
        pl.coalesce(RULE, pl.lit("missing_key")).alias(_BROKEN),
        pl.lit(None, pl.get_index_type()).alias(_FIRST),
    )
    usable = rows.filter(pl.col(RULE).is_null() & pl.col(KEY).is_not_null())
    twice = usable.group_by(KEY).len().filter(pl.col("len") > 1).select(KEY)
    same = pl.col(DIGEST) == pl.col(DIGEST).first()
    rule = pl.when(same).then(pl.lit("repeated_row")).otherwise(pl.lit("duplicate_key"))
    repeated = (
        usable.join(twice, on=KEY, how="semi")
        .sort(KEY, DIGEST, LINE)
        .select(
            LINE,
            rule.over(KEY).alias(_BROKEN),
            pl.col(LINE).first().over(KEY).alias(_FIRST),
        )
        .filter(pl.col(LINE) != pl.col(_FIRST))
    )
    return pl.concat([unusable, repeated]).collect().lazy()


def _bad_row(source: SqlSource, file: str, row: tuple[int, bytes, str, int | None]) -> BadRow:
    line, digest, rule, first = row
    evidence = {"field": source.key} if first is None else {"first": f"{file}#{first}"}
    shown = {} if rule == "bad_encoding" else evidence
    return BadRow(file, line, rule, _REASONS[rule], shown, digest.hex())
