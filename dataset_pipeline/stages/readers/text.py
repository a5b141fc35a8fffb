"""Plain text: one file a record."""

from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config import TextSource
from dataset_pipeline.stages.readers.encodings import decoded
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import one_record, place


def read_text(source: TextSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: ``body``, as it stands there, ``path`` and ``name``."""

    def values(data: bytes) -> dict[str, Any]:
        return {**place(file), "body": decoded(data, source.encoding)}

    yield one_record(source, file, values)
