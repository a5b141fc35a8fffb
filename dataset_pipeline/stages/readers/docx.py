"""Word documents: one file a record, paragraphs and tables in their order."""

import io
from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config import DocxSource
from dataset_pipeline.stages.readers.flaws import unreadable_unless
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import one_record, place
from dataset_pipeline.stages.readers.zipped import check_office

_KIND = "a Word document (.docx)"
# Inserted text counts and deleted text does not; of a drawing's two forms one counts.
_RUNS = ".//w:r[not(ancestor::*[local-name()='Fallback'])]"
_SAID = f"{_RUNS}/w:t | {_RUNS}/w:tab | {_RUNS}/w:br | {_RUNS}/w:cr"


def read_docx(source: DocxSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: ``title``, ``body``, ``path`` and ``name``; a table's row is a line."""
    yield one_record(source, file, lambda data: {**place(file), **_values(data)})


def _values(data: bytes) -> dict[str, str | None]:
    from docx import Document

    check_office(data, _KIND)
    with unreadable_unless(_KIND):
        document = Document(io.BytesIO(data))
        lines = [line for line in _lines(document.element.body) if line.strip()]
        title = document.core_properties.title or _heading(document)
    return {"title": title or None, "body": "\n".join(lines)}


def _heading(document: Any) -> str | None:
    styled = (p for p in document.paragraphs if p.style and p.style.name in ("Title", "Heading 1"))
    return next((p.text.strip() for p in styled if p.text.strip()), None)


def _lines(element: Any) -> Iterator[str]:
    """The text of what stands in an element: paragraphs, tables, and what may be around them."""
    for child in element.iterchildren("{*}*"):
        kind = child.tag.rpartition("}")[2]
        if kind == "p":
            yield "".join(_said(node) for node in child.xpath(_SAID)).strip()
        elif kind == "tbl":
            yield from (_cells(row) for row in child.xpath("./w:tr"))
        elif kind in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _lines(child)


def _cells(row: Any) -> str:
    return " | ".join(" ".join(filter(None, _lines(cell))) for cell in row.xpath("./w:tc"))


def _said(node: Any) -> str:
    kind = node.tag.rpartition("}")[2]
    return (node.text or "") if kind == "t" else "\t" if kind == "tab" else "\n"
