"""Parquet files."""

from collections.abc import Iterator

import polars as pl

from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.chunk import LINE, Chunk
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile

_ROWS = 50_000


def parquet_chunks(file: SourceFile) -> Iterator[Chunk]:
    """Read one file; a row's number stands for its line."""
    try:
        rows = pl.scan_parquet(file.path, glob=False).with_row_index(LINE, offset=1)
        for frame in rows.collect_batches(chunk_size=_ROWS, maintain_order=True):
            yield Chunk(file.name, frame.with_columns(pl.col(LINE).cast(pl.UInt64)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        reason = "the file is not Parquet, or it is damaged"
        bad = BadRow(file.name, 0, "unreadable_file", reason, content=sha256_file(file.path))
        yield Chunk(file.name, pl.DataFrame(schema={LINE: pl.UInt64}), [bad])
