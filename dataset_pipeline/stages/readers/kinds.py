"""Which reader reads which kind of source; each is imported only when it is used."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dataset_pipeline.config import FilesSource, Source
from dataset_pipeline.errors import PipelineError
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

Reader = Callable[[Any, SourceFile], Iterator[Row | BadRow]]

# A reader's module in this package; its function has the kind's name.
ROW_READERS = {
    "chat": "chat",
    "csv": "csv",
    "docx": "docx",
    "email": "email",
    "excel": "excel",
    "html": "html",
    "json": "json",
    "jsonl": "jsonl",
    "markdown": "markdown",
    "pdf": "pdf",
    "text": "text",
    "tsv": "csv",
}
# Libraries that are not installed by default, and in which extra they are.
_LIBRARIES = {
    "docx": ("docx",),
    "email": ("selectolax",),
    "excel": ("fastexcel",),
    "files": ("PIL", "mutagen"),
    "html": ("selectolax",),
    "pdf": ("pypdf",),
}


class MissingLibraryError(PipelineError):
    """A kind of source needs libraries that are not installed."""


def read_rows(source: Source, files: Sequence[SourceFile]) -> Iterator[Row | BadRow]:
    """Every row of a batch, in the order of its files."""
    _require(source.kind)
    if isinstance(source, FilesSource):
        from dataset_pipeline.stages.readers.files import read_files

        yield from read_files(source, files)
        return
    reader = reader_of(source.kind)
    for file in files:
        yield from reader(source, file)


def reader_of(kind: str) -> Reader:
    """The function that reads one file of a kind."""
    module = import_module(f"{__package__}.{ROW_READERS[kind]}")
    reader: Reader = getattr(module, f"read_{kind}")
    return reader


def _require(kind: str) -> None:
    missing = [name for name in _LIBRARIES.get(kind, ()) if find_spec(name) is None]
    if missing:
        raise MissingLibraryError(
            f"sources of kind {kind} need {', '.join(missing)}, which is not installed: "
            "pip install 'dataset-pipeline[documents]'"
        )
