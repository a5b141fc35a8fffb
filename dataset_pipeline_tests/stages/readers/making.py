"""Files of every kind, made small by hand or by the real libraries, and read."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from pydantic import TypeAdapter

from dataset_pipeline.config import Rights, Source
from dataset_pipeline.stages.readers.kinds import read_rows
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)
_RIGHTS = Rights(basis="own_work", training="allowed", evidence="ours")
_OOXML = "http://schemas.openxmlformats.org"


def source(kind: str, **more: Any) -> Source:
    said = {"kind": kind, "description": "d", "system": "s", "owner": "o", "path": "*"}
    return _SOURCE.validate_python({**said, "rights": _RIGHTS, **more})


def collected(folder: Path, files: Mapping[str, bytes]) -> list[SourceFile]:
    """Files as a collection leaves them: under names of their own, without suffixes."""
    found = []
    for number, (name, data) in enumerate(files.items()):
        path = folder / f"{number:02}"
        path.write_bytes(data)
        found.append(SourceFile(name, path))
    return found


def read(folder: Path, made: Source, files: Mapping[str, bytes]) -> list[Row | BadRow]:
    return list(read_rows(made, collected(folder, files)))


def values(rows: Sequence[Row | BadRow]) -> list[dict[str, Any]]:
    """What the rows hold; none of them is bad."""
    assert [row.rule for row in rows if isinstance(row, BadRow)] == []
    return [dict(row.values) for row in rows if isinstance(row, Row)]


def rules(rows: Sequence[Row | BadRow]) -> list[tuple[str, int]]:
    return [(row.rule, row.line) for row in rows if isinstance(row, BadRow)]


def xlsx(*rows: Sequence[Any], sheets: Sequence[str] = ("Tickets",), first: int = 1) -> bytes:
    """A workbook; a cell ``(number, style)`` is a date (1) or a time (2)."""
    body = "".join(
        f'<row r="{number}">{"".join(_cell(number, at, cell) for at, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=first)
    )
    main = f'xmlns="{_OOXML}/spreadsheetml/2006/main"'
    named = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1)
    )
    related = "".join(
        f'<Relationship Id="r{at}" Type="{_OOXML}/officeDocument/2006/relationships/worksheet" '
        f'Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    parts = {
        "_rels/.rels": _relationships(
            f'<Relationship Id="r1" Type="{_OOXML}/officeDocument/2006/relationships/'
            'officeDocument" Target="xl/workbook.xml"/>'
        ),
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{_OOXML}/officeDocument/2006/relationships">'
        f"<sheets>{named}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relationships(
            f'{related}<Relationship Id="s" Type="{_OOXML}/officeDocument/2006/relationships/'
            'styles" Target="styles.xml"/>'
        ),
        "xl/styles.xml": f'<styleSheet {main}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for at in range(1, len(sheets) + 1):
        kept = body if at == 1 else ""
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f"<worksheet {main}><sheetData>{kept}</sheetData></worksheet>"
        )
    return zipped({name: f'<?xml version="1.0"?>{part}' for name, part in parts.items()})


def zipped(parts: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return data.getvalue()


def _relationships(inside: str) -> str:
    return f'<Relationships xmlns="{_OOXML}/package/2006/relationships">{inside}</Relationships>'


def _cell(row: int, at: int, cell: Any) -> str:
    place = f'r="{chr(65 + at)}{row}"'
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c {place} t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, tuple):
        return f'<c {place} s="{cell[1]}"><v>{cell[0]}</v></c>'
    if isinstance(cell, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f"<c {place}><v>{cell}</v></c>"


def pdf(*pages: str, title: str | None = None) -> bytes:
    """A PDF with a line of text a page, and a table of where its objects stand."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, text in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
        fonts = "/Resources << /Font << /F1 3 0 R >> >>"
        where = f"/MediaBox [0 0 612 792] /Contents {5 + 2 * at} 0 R"
        objects += [
            f"<< /Type /Page /Parent 2 0 R {where} {fonts} >>",
            f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        ]
    objects.append(f"<< /Title ({title}) >>" if title else "<< >>")
    data, places = b"%PDF-1.4\n", []
    for number, inside in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{inside}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
    return data + f"{end}startxref\n{len(data)}\n%%EOF\n".encode()


def docx(*paragraphs: str, title: str = "") -> bytes:
    document = Document()
    document.core_properties.title = title
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()
