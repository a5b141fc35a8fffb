"""Files that are one record each."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from dataset_pipeline.config import SourceBase
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.compressed import DamagedArchive, open_binary
from dataset_pipeline.stages.readers.flaws import Flaw, check
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

MAX_FILE = 1 << 30


def whole(file: SourceFile) -> bytes:
    """All of a file, unpacked; a flaw where it is empty, damaged, or too much for memory."""
    try:
        with open_binary(file) as stream:
            data = stream.read(MAX_FILE + 1)
    except DamagedArchive:
        raise Flaw("damaged_archive", "the compressed file ends too early or is broken") from None
    if not data.strip():
        raise Flaw("empty_file", "the file is empty")
    if len(data) > MAX_FILE:
        raise Flaw("oversized_file", "the file is over 1 GiB; split it", limit=MAX_FILE)
    return data


def one_record(
    source: SourceBase, file: SourceFile, values: Callable[[bytes], Mapping[str, Any]]
) -> Row | BadRow:
    """A file as one row, with the values that are found in its bytes."""
    try:
        row = Row(file.name, 1, values(whole(file)))
        check(row.values, source.max_field_bytes)
    except Flaw as flaw:
        return flaw.row(file.name, 1, sha256_file(file.path))
    return row


def place(file: SourceFile) -> dict[str, str]:
    """Fields that every document has: its ``path``, and the ``name`` that is the last part."""
    return {"path": file.name, "name": PurePosixPath(file.name).name}
