"""Files of any kind, catalogued: what they are, how large, and the text beside them."""

from collections.abc import Iterator, Sequence
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Any

from dataset_pipeline.config import FilesSource
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.encodings import decoded
from dataset_pipeline.stages.readers.flaws import Flaw, check
from dataset_pipeline.stages.readers.media import Media, media
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import place, whole

_TEXT = ".txt"
_OTHER = "application/octet-stream"
# The machine's own table of types would make the answer depend on the machine.
_TYPES = MimeTypes()
_OFFICE = "application/vnd.openxmlformats-officedocument."
for _suffix, _type in {
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".epub": "application/epub+zip",
    ".md": "text/markdown",
    ".heic": "image/heic",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".m4a": "audio/mp4",
    ".mkv": "video/x-matroska",
}.items():
    _TYPES.add_type(_type, _suffix)


def read_files(source: FilesSource, files: Sequence[SourceFile]) -> Iterator[Row | BadRow]:
    """One row a file, whatever it holds: a picture that is broken only has no dimensions.

    A text file beside another file of the same name is that file's ``text``, and no row; a text
    file by itself is a row, with its own text.
    """
    stems = {_stem(file) for file in files if not _is_text(file)}
    texts = {_stem(file): file for file in files if _is_text(file)}
    for file in files:
        if not (_is_text(file) and _stem(file) in stems):
            yield _row(source, file, texts.get(_stem(file)))


def _row(source: FilesSource, file: SourceFile, beside: SourceFile | None) -> Row | BadRow:
    digest = sha256_file(file.path)
    values = {**place(file), **_catalogued(file), "sha256": digest}
    itself = {name: values[name] for name in ("sha256", "media_type", "bytes")}
    values["attachments"] = [{"name": file.name, **itself}]
    try:
        values["text"] = decoded(whole(beside), "utf-8") if beside else None
        check(values, source.max_field_bytes)
    except Flaw as flaw:
        told = Flaw(flaw.rule, f"the text of the file: {flaw.reason}", **flaw.evidence)
        return told.row(file.name, 1, digest)
    return Row(file.name, 1, values, digest)


def _catalogued(file: SourceFile) -> dict[str, Any]:
    by_name = _TYPES.guess_type(file.name)[0]
    found = media(file.path, by_name) or Media(by_name or _OTHER)
    return {
        "media_type": found.type,
        "bytes": file.path.stat().st_size,
        "width": found.width,
        "height": found.height,
        "seconds": found.seconds,
    }


def _is_text(file: SourceFile) -> bool:
    return PurePosixPath(file.name).suffix.lower() == _TEXT


def _stem(file: SourceFile) -> str:
    return str(PurePosixPath(file.name).with_suffix(""))
