"""Documents: text, web pages, PDF, Word and workbooks, as people hand them in."""

import gzip
import io
import logging
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader, PdfWriter

from dataset_pipeline.stages.readers.flaws import Flaw, unreadable_unless
from dataset_pipeline.stages.readers.rows import Row
from dataset_pipeline_tests.stages.readers.making import (
    docx,
    pdf,
    read,
    rules,
    source,
    values,
    xlsx,
)


def one(folder: Path, kind: str, data: bytes, name: str = "docs/a.bin", **more: Any) -> Any:
    (found,) = values(read(folder, source(kind, **more), {name: data}))
    assert (found.pop("path"), found.pop("name")) == (name, name.rpartition("/")[2])
    return found


# ----------------------------------------------------------------------------------------- text


def test_a_text_is_read_as_it_stands(tmp_path: Path) -> None:
    found = one(tmp_path, "text", "\ufeff Возврат\r\n\nчерез 14 дней\n".encode())
    assert found == {"body": " Возврат\r\n\nчерез 14 дней\n"}


def test_a_text_in_another_encoding(tmp_path: Path) -> None:
    text = "Возврат оформляется через 14 дней после покупки."
    assert one(tmp_path, "text", text.encode("cp1251"), encoding="cp1251") == {"body": text}
    assert one(tmp_path, "text", text.encode("cp1251"), encoding="detect") == {"body": text}


# --------------------------------------------------------------------------------------- markdown


def test_an_article_in_another_encoding(tmp_path: Path) -> None:
    data = "---\ntitle: Возврат\n1: x\nname: its own\n---\nТекст\n".encode("cp1251")
    (found,) = values(read(tmp_path, source("markdown", encoding="cp1251"), {"b/a.md": data}))
    said = {"title": "Возврат", "1": "x", "name": "its own", "body": "Текст"}
    assert found == {**said, "path": "b/a.md"}


# ----------------------------------------------------------------------------------------- pages

PAGE = """<!doctype html><html><head><title> How to
 return </title><meta charset="{charset}"><style>p {{ color: red }}</style></head><body>
<nav><a>Home</a></nav><h1>Возврат</h1><p>Send it <b>ba</b>ck within<br>14
days &amp; wait.</p><script>track()</script><noscript>No script</noscript>
<ul><li>one</li><li>two</li></ul><table><tr><td>EU</td><td>5 €</td></tr></table>
<pre>if late:
    refund()</pre><p hidden>hidden</p><div style="color: red; display: none">hidden</div>
<template>hidden</template></body></html>"""
SEEN = "Возврат\nSend it back within\n14 days & wait.\none\ntwo\nEU 5 €\nif late:\n    refund()"


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("windows-1251", "cp1251"),
        ("no-such", "utf-8"),
        ("utf-8", "utf-16"),
        ("windows-1251", "utf-8-sig"),
        ("windows-1251", "utf-8"),  # saved anew by a program that left the tag as it was
    ],
)
def test_what_people_see_of_a_page(tmp_path: Path, charset: str, encoding: str) -> None:
    found = one(tmp_path, "html", PAGE.format(charset=charset).encode(encoding))
    assert found == {"title": "How to return", "body": SEEN}


def test_a_page_that_lies_about_its_encoding(tmp_path: Path) -> None:
    page = PAGE.format(charset="utf-8").encode("cp1251")
    assert one(tmp_path, "html", page)["body"] == SEEN
    assert one(tmp_path, "html", page, encoding="cp1251")["body"] == SEEN


def test_a_page_without_a_title_is_named_by_its_heading(tmp_path: Path) -> None:
    assert one(tmp_path, "html", b"<h1>Returns</h1>x") == {"title": "Returns", "body": "Returns\nx"}
    assert one(tmp_path, "html", b"just words") == {"title": None, "body": "just words"}


def test_a_page_that_is_nested_without_end_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, source("html"), {"a.html": b"<div>" * 100_000})
    assert rules(found) == [("nested_too_deeply", 1)]
    many = b"<div><p>a<p>b</div>" * 20_000
    assert len(one(tmp_path, "html", many)["body"].split("\n")) == 40_000


# ------------------------------------------------------------------------------------------- PDF


def test_pages_of_a_pdf(tmp_path: Path) -> None:
    found = one(tmp_path, "pdf", pdf("Returns take 14 days", "", "Ask us", title="Returns"))
    assert found == {"title": "Returns", "pages": 3, "body": "Returns take 14 days\n\nAsk us"}


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Returns take 14 days"))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def test_a_pdf_that_opens_without_a_password_is_read(tmp_path: Path) -> None:
    assert one(tmp_path, "pdf", encrypted(""))["body"] == "Returns take 14 days"
    found = read(tmp_path, source("pdf"), {"a.pdf": encrypted("secret")})
    assert rules(found) == [("encrypted", 1)]


def test_the_library_says_nothing_of_what_it_reads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("pypdf").setLevel(logging.NOTSET)
    damaged = pdf("Returns take 14 days").replace(b"startxref\n", b"startxref\n9")
    assert one(tmp_path, "pdf", damaged)["body"] == "Returns take 14 days"
    assert caplog.records == []


# ------------------------------------------------------------------------------------------ Word


def test_paragraphs_and_tables_in_their_order(tmp_path: Path) -> None:
    document = Document()
    document.add_heading("Возврат", 1)
    document.add_paragraph("Send it\tback.")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["Country", "Price", "EU", "5 €"], strict=True):
        cell.text = text
    inner = table.cell(1, 1).add_table(rows=1, cols=1)
    inner.cell(0, 0).text = "or 6 €"
    document.add_paragraph("Ask us.")
    data = io.BytesIO()
    document.save(data)
    found = one(tmp_path, "docx", data.getvalue())
    lines = ["Возврат", "Send it\tback.", "Country | Price", "EU | 5 € or 6 €", "Ask us."]
    assert found == {"title": "Возврат", "body": "\n".join(lines)}


def test_inserted_text_counts_and_deleted_text_does_not(tmp_path: Path) -> None:
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = Document()
    document.element.body.insert(0, parse_xml(
        f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>kept</w:t></w:r>"
        "<w:ins w:id='1' w:author='a'><w:r><w:t xml:space='preserve'> new</w:t></w:r></w:ins>"
        "<w:del w:id='2' w:author='a'><w:r><w:delText> old</w:delText></w:r></w:del>"
        "</w:p></w:sdtContent></w:sdt>"
    ))  # fmt: skip
    data = io.BytesIO()
    document.save(data)
    assert one(tmp_path, "docx", data.getvalue())["body"] == "kept new"


def test_the_title_of_a_document(tmp_path: Path) -> None:
    assert one(tmp_path, "docx", docx("a", title="Returns"))["title"] == "Returns"
    assert one(tmp_path, "docx", docx("a"))["title"] is None


# ----------------------------------------------------------------------------------------- Excel

HEADER = ["id", "text", "day", "at", "score", "mixed", None]
TICKETS = [
    [1, "Где заказ?", (45292, 1), (45292.5, 2), 1.5, 7, "unnamed"],
    [None] * 7,
    [2, None, (45293, 1), (45293, 2), 2, "a", None],
]


@pytest.mark.parametrize("first", [1, 4])
def test_a_workbook(tmp_path: Path, first: int) -> None:
    found = read(tmp_path, source("excel"), {"a.xlsx": xlsx(HEADER, *TICKETS, first=first)})
    assert [row.line for row in found] == [first + 1, first + 3]
    assert values(found) == [
        {"id": 1, "text": "Где заказ?", "day": date(2024, 1, 1),
         "at": datetime(2024, 1, 1, 12), "score": 1.5, "mixed": "7"},  # noqa: DTZ001
        {"id": 2, "text": None, "day": date(2024, 1, 2),
         "at": date(2024, 1, 2), "score": 2, "mixed": "a"},
    ]  # fmt: skip
    assert [type(row.values["id"]) for row in found if isinstance(row, Row)] == [int, int]


def test_the_sheet_that_is_named(tmp_path: Path) -> None:
    data = xlsx(HEADER, *TICKETS, sheets=["Tickets", "Empty"])
    assert len(read(tmp_path, source("excel", sheet="Tickets"), {"a.xlsx": data})) == 2
    found = read(tmp_path, source("excel", sheet="Empty"), {"a.xlsx": data})
    assert rules(found) == [("empty_file", 1)]
    found = read(tmp_path, source("excel", sheet="Answers"), {"a.xlsx": data})
    assert rules(found) == [("missing_sheet", 1)]


def test_a_cell_that_is_too_large_takes_its_row_only(tmp_path: Path) -> None:
    data = xlsx(["id", "text"], [1, "a"], [2, "b" * 11], [3, "c"])
    found = read(tmp_path, source("excel", max_field_bytes=10), {"a.xlsx": data})
    assert rules(found) == [("oversized_field", 3)]
    assert len(found) == 3


def test_a_lone_cell_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    import zipfile

    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    made = zipfile.ZipFile(io.BytesIO(xlsx(["id"], [1])))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in made.namelist():
            archive.writestr(name, made.read(name).replace(b"</sheetData>", far.encode()))
    found = read(tmp_path, source("excel"), {"a.xlsx": data.getvalue()})
    assert rules(found) == [("oversized_file", 1)]


# ---------------------------------------------------------------------------------------- limits


def test_a_library_that_panics_is_told_as_one_that_fails() -> None:
    class PanicException(BaseException):
        pass

    with pytest.raises(Flaw), unreadable_unless("a workbook"):
        raise PanicException
    with pytest.raises(KeyboardInterrupt), unreadable_unless("a workbook"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["docx", "excel"])
def test_an_archive_that_unfolds_without_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    data = docx("x") if kind == "docx" else xlsx(["id"], [1])
    monkeypatch.setattr("dataset_pipeline.stages.readers.zipped._MAX_UNPACKED", 1000)
    assert rules(read(tmp_path, source(kind), {"a": data})) == [("oversized_file", 1)]


def test_a_file_that_does_not_fit_into_memory_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset_pipeline.stages.readers.whole.MAX_FILE", 1000)
    found = read(tmp_path, source("text"), {"a.txt.gz": gzip.compress(b"x" * 1001)})
    assert rules(found) == [("oversized_file", 1)]
    assert len(one(tmp_path, "text", b"x" * 1000)["body"]) == 1000
