"""Parquet files."""

from collections.abc import Iterator

import polars as pl
from polars import selectors

from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.chunk import LINE, Chunk, values_digest
from dataset_pipeline.stages.readers.flaws import Flaw
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile

_ROWS = 50_000
_DAYS = (-719_162, 2_932_896)  # the years 1 to 9999, which is all that a time can be written in
_SECONDS = (_DAYS[0] * 86_400, (_DAYS[1] + 1) * 86_400 - 1)
_UNITS = {"ms": 10**3, "us": 10**6, "ns": 10**9}


def parquet_chunks(file: SourceFile) -> Iterator[Chunk]:
    """Read one file; a row's number stands for its line."""
    try:
        rows = pl.scan_parquet(file.path, glob=False)
        if LINE in rows.collect_schema():
            reason = f"a column is called {LINE}, a name that is used here; rename it"
            raise Flaw("reserved_column", reason)
        numbered = rows.with_row_index(LINE, offset=1)
        for frame in numbered.collect_batches(chunk_size=_ROWS, maintain_order=True):
            yield _chunk(file.name, frame.with_columns(pl.col(LINE).cast(pl.UInt64)))
    except Flaw as flaw:
        yield _unread(file, flaw)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        reason = "the file is not Parquet, or it is damaged"
        yield _unread(file, Flaw("unreadable_file", reason))


def _unread(file: SourceFile, flaw: Flaw) -> Chunk:
    bad = flaw.rest(file.name, 0, sha256_file(file.path))
    return Chunk(file.name, pl.DataFrame(schema={LINE: pl.UInt64}), [bad])


def _chunk(name: str, frame: pl.DataFrame) -> Chunk:
    """Rows as a chunk; one with a time that nobody can write down is unusable."""
    kinds = {n: kind for n, kind in frame.schema.items() if isinstance(kind, pl.Date | pl.Datetime)}
    named = [pl.when(_beyond(n, kind)).then(pl.lit(n)) for n, kind in kinds.items()]
    fields = frame.select(pl.coalesce([*named, pl.lit(None, pl.String)]).alias("field"))["field"]
    if fields.null_count() == len(fields):
        return Chunk(name, frame)
    odd = frame.filter(fields.is_not_null()).with_columns(selectors.temporal().to_physical())
    bad = [
        _bad_row(name, field, row)
        for field, row in zip(fields.drop_nulls(), odd.iter_rows(named=True), strict=True)
    ]
    return Chunk(name, frame.filter(fields.is_null()), bad)


def _beyond(name: str, kind: pl.DataType) -> pl.Expr:
    """Whether a value is a day or a time before the year 1, or after the year 9999."""
    value = pl.col(name).to_physical()
    if not isinstance(kind, pl.Datetime):
        return ~value.is_between(*_DAYS)
    return ~(value // _UNITS[kind.time_unit]).is_between(*_SECONDS)


def _bad_row(file: str, field: str, row: dict[str, object]) -> BadRow:
    reason = "expected a time of the years 1 to 9999"
    content = values_digest({name: value for name, value in row.items() if name != LINE})
    return BadRow(file, int(str(row[LINE])), "bad_time", reason, {"field": field}, content)
