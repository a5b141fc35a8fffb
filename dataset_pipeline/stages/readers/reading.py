"""A batch as chunks, whatever its kind."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from dataset_pipeline.config import (
    EmailSource,
    FilesSource,
    JsonlSource,
    ParquetSource,
    Source,
    SqlSource,
)
from dataset_pipeline.stages.readers.chunk import Chunk, Wanted, framed
from dataset_pipeline.stages.readers.jsonl import jsonl_chunks
from dataset_pipeline.stages.readers.parquet import parquet_chunks
from dataset_pipeline.stages.readers.rows import SourceFile

_AHEAD = 2


def read_chunks(source: Source, files: Sequence[SourceFile], names: Wanted) -> Iterator[Chunk]:
    """All rows of a batch; some chunks are read while the caller works on one."""
    chunks = _chunks(source, files, names)
    with ThreadPoolExecutor(1) as reader:
        coming = deque(reader.submit(next, chunks, None) for _ in range(_AHEAD))
        while (chunk := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, chunks, None))
            yield chunk


def _chunks(source: Source, files: Sequence[SourceFile], names: Wanted) -> Iterator[Chunk]:
    """Columns at a time where the format allows, else row by row."""
    if isinstance(source, SqlSource):
        from dataset_pipeline.stages.readers.sql import read_sql

        yield from read_sql(source, files)
    elif isinstance(source, JsonlSource):
        for file in files:
            yield from jsonl_chunks(source, file, names)
    elif isinstance(source, ParquetSource):
        for file in files:
            yield from parquet_chunks(file)
    else:
        from dataset_pipeline.stages.readers.kinds import read_rows

        described = isinstance(source, EmailSource | FilesSource)
        yield from framed(read_rows(source, files), replace(names, described=described))
