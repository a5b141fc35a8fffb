"""Parquet files."""

from collections.abc import Iterator

import polars as pl

from dataset_pipeline.config import ParquetSource
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

_ROWS = 10_000


def read_parquet(_source: ParquetSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file; its row number stands for the line."""
    try:
        frame = pl.read_parquet(file.path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        yield BadRow(file.name, 0, "unreadable_file", "the file is not Parquet, or it is damaged")
        return
    for number, row in enumerate(frame.iter_rows(named=True, buffer_size=_ROWS), start=1):
        yield Row(file.name, number, row)
