"""PDF files: one file a record, by their text layer."""

import io
import logging
from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config import PdfSource
from dataset_pipeline.stages.readers.flaws import Flaw, unreadable_unless
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import one_record, place


def read_pdf(source: PdfSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: ``title``, ``body``, ``pages`` (how many), ``path`` and ``name``."""
    yield one_record(source, file, lambda data: {**place(file), **_values(data)})


def _values(data: bytes) -> dict[str, Any]:
    from pypdf import PdfReader

    # The library says what it stumbles over, in the file's own words.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    with unreadable_unless("a PDF"):
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Flaw("encrypted", "the PDF opens with a password only")
        pages = [page.extract_text() for page in reader.pages]
        title = reader.metadata.title if reader.metadata else None
    body = "\n\n".join(page.strip() for page in pages if page.strip())
    if not body:
        reason = "the PDF holds no text; scanned pages need character recognition first"
        raise Flaw("no_text_layer", reason, pages=len(pages))
    return {"title": _sound(title), "body": _sound(body), "pages": len(pages)}


def _sound(text: Any) -> str | None:
    """Text without the halves of characters that broken fonts give."""
    if not isinstance(text, str) or not text.strip():
        return None
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
