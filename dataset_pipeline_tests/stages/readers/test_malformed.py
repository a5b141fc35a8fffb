"""Malformed input of every kind: told by its rule, never a crash, and no word of it shown."""

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from dataset_pipeline.stages.quarantine import files_unread
from dataset_pipeline.stages.raw_source import raw_source
from dataset_pipeline.stages.readers.kinds import read_rows
from dataset_pipeline.stages.readers.rows import BadRow
from dataset_pipeline_tests.stages.readers.making import (
    collected,
    docx,
    pdf,
    source,
    xlsx,
    zipped,
)

SECRET = "anna@example.org"
S = SECRET.encode()
HEADER, GOOD = b"id,text\n", b"1,hello\n"
FIELDS = {"key": "id", "prompt": "text"}
FIELDS_OF = {
    "chat": {"turns": {"column": "turns", "others": "user"}},
    "docx": {"key": "path", "prompt": "body"},
    "email": {"prompt": "body"},
    "files": {"key": "path", "prompt": "text"},
    "html": {"key": "path", "prompt": "body"},
    "pdf": {"key": "path", "prompt": "body"},
    "text": {"key": "path", "prompt": "body"},
}


@dataclass(frozen=True)
class Case:
    """A defect: the rows that are kept, and the rules of those that are not."""

    kind: str
    defect: str
    data: bytes
    rules: list[str]
    kept: int = 0
    name: str = "a.bin"
    form: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}: {self.defect}"


def encrypted_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(SECRET))))
    writer.encrypt(user_password="secret", algorithm="AES-256")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def csv(defect: str, body: bytes, rules: list[str], kept: int = 1, **more: Any) -> Case:
    return Case("csv", defect, HEADER + GOOD + body, rules, kept, **more)


def jsonl(defect: str, line: bytes, rule: str) -> Case:
    return Case("jsonl", defect, b'{"id": 1, "text": "a"}\n' + line + b"\n", [rule], 1)


LONG = b"".join(b"%d,a question of some length\n" % n for n in range(1000))
WHATSAPP, SLACK = {"format": "whatsapp"}, {"format": "slack"}
TELEGRAM, MESSAGES = {"format": "telegram"}, {"format": "messages"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + S * 100
FROM = b"From x Fri May  1 10:00:00 2026\n"
SAID = json.dumps([{"role": "user", "content": SECRET}]).encode()

TABLE = [
    # ------------------------------------------------------------------------------------ csv, tsv
    Case("csv", "empty file", b"", ["empty_file"]),
    Case("csv", "only a header", HEADER, []),
    Case("csv", "a column twice", b"id,text,text\n1,a," + S, ["duplicate_column"]),
    Case("csv", "UTF-16 where UTF-8 is declared", f"id,text\n1,{SECRET}\n".encode("utf-16"),
         ["bad_encoding"]),
    Case("csv", "UTF-16 with a mark", "id,text\n1,a\n".encode("utf-16"), [], 1,
         form={"encoding": "detect"}),
    Case("csv", "UTF-16 that ends in half a character",
         f"id,text\n1,a\n2,{SECRET}".encode("utf-16")[:-1], ["bad_encoding"], 1,
         form={"encoding": "utf-16"}),
    Case("csv", "binary", b"\x7fELF\x00\x01" + S, ["nul_bytes"]),
    csv("too few columns", S + b"\n3,c\n", ["too_few_columns"], 2),
    csv("too many columns", b"2,b," + S + b"\n", ["too_many_columns"]),
    csv("a byte that is not in the encoding", b"2,\xff" + S + b"\n3,c\n", ["bad_encoding"], 2),
    csv("NUL bytes", b"2," + S + b"\x00\n", ["nul_bytes"]),
    csv("a quote that is never closed", b'2,"' + S + b"\n3,c\n", ["broken_quoting"]),
    csv("a quote that is closed too early", b'2,"a"' + S + b"\n3,c\n", ["broken_quoting"], 2),
    csv("an oversized field", b"2," + S * 10 + b"\n", ["oversized_field"],
        form={"max_field_bytes": 100}),
    csv("mixed line ends", b"2,b\r\n3,c\r4,d\n5\r\n", ["too_few_columns"], 4),
    csv("the key stands already, with other text", b"1," + S + b"\n", ["duplicate_key"]),
    csv("the same row again", GOOD, ["repeated_row"]),
    csv("no key", b" ," + S + b"\n", ["missing_key"]),
    csv("no text", S + b",\n", ["missing_text"]),
    Case("csv", "a truncated archive", gzip.compress(HEADER + LONG)[:-8], ["damaged_archive"],
         1000, "a.csv.gz"),
    Case("csv", "an archive that is broken inside",
         gzip.compress(HEADER)[:10] + b"\xff" * 20, ["damaged_archive"], 0, "a.csv.gz"),
    Case("csv", "no archive at all", S, ["damaged_archive"], 0, "a.csv.gz"),
    Case("csv", "an archive with a tail", gzip.compress(HEADER + GOOD) + S, ["damaged_archive"],
         1, "a.csv.gz"),
    Case("csv", "a damaged archive (zstd)",
         zstandard.ZstdCompressor().compress(HEADER + LONG)[:-9] + b"x" * 9,
         ["damaged_archive"], 0, "a.csv.zst"),
    Case("csv", "an empty archive", b"", ["damaged_archive"], 0, "a.csv.zst"),
    Case("tsv", "commas instead of tabs", HEADER + GOOD, ["missing_key"]),
    # ----------------------------------------------------------------------------------- JSON Lines
    Case("jsonl", "empty file", b"", ["empty_file"]),
    jsonl("broken JSON", b'{"id": 2, "text": "' + S, "broken_json"),
    jsonl("NaN", b'{"id": 2, "text": NaN}', "broken_json"),
    jsonl("a name twice", b'{"id": 2, "text": "a", "text": "%s"}' % S, "broken_json"),
    jsonl("deep nesting", b'{"id": 2, "text": ' + b"[" * 100_000, "broken_json"),
    jsonl("no object", b'["%s"]' % S, "not_an_object"),
    jsonl("wrong type", b'{"id": 2, "text": ["%s"]}' % S, "wrong_type"),
    jsonl("half of a surrogate pair", b'{"id": 2, "text": "\\ud83d %s"}' % S, "bad_encoding"),
    jsonl("a byte that is not in the encoding", b'{"id": 2, "text": "\xff"}', "bad_encoding"),
    jsonl("NUL in an escape", b'{"id": 2, "text": "\\u0000 %s"}' % S, "nul_bytes"),
    # ----------------------------------------------------------------------------------------- JSON
    Case("json", "cut off", b'[{"id": 1, "text": "a"}, {"id": 2, "text": "' + S, ["broken_json"],
         1),
    Case("json", "NaN and a name twice",
         b'[{"id": NaN}, {"id": 1, "text": "a"}, {"id": 2, "id": "%s"}]' % S,
         ["broken_json", "broken_json"], 1),
    Case("json", "another shape", b'{"data": "%s"}' % S, ["wrong_shape"],
         form={"records": "data"}),
    Case("json", "deep nesting", b"[" * 100_000 + S, ["broken_json"]),
    Case("json", "bad encoding", b'[{"id": 1, "text": "\xff"}]', ["bad_encoding"]),
    # ------------------------------------------------------------------------------------ documents
    Case("text", "bad encoding", b"\xff" + S, ["bad_encoding"]),
    Case("text", "only white space", b" \n\n", ["empty_file"]),
    Case("text", "NUL bytes", S + b"\x00", ["nul_bytes"]),
    Case("text", "oversized", S * 10, ["oversized_field"], form={"max_field_bytes": 100}),
    Case("text", "a truncated archive", gzip.compress(S * 10)[:-5], ["damaged_archive"],
         name="a.txt.gz"),
    Case("markdown", "no front matter", S, ["no_front_matter"]),
    Case("markdown", "broken front matter", b"---\nid: [%s\n---\nx" % S, ["broken_front_matter"]),
    Case("markdown", "front matter that unfolds without end",
         b"---\na0: &a0 [%s]\n" % S + b"".join(
             b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 30)
         ) + b"---\nx", ["broken_front_matter"]),
    Case("html", "binary", b"\x00\x01\x02" + S, ["nul_bytes"]),
    Case("html", "nested without end", b"<div>" * 100_000 + S, ["nested_too_deeply"]),
    Case("html", "nothing to see", b"<script>%s</script>" % S, ["missing_text"]),
    Case("pdf", "no PDF", S, ["unreadable_file"]),
    Case("pdf", "damaged", pdf(SECRET)[:200], ["unreadable_file"]),
    Case("pdf", "encrypted", encrypted_pdf(), ["encrypted"]),
    Case("pdf", "no text layer", pdf("", "", title=SECRET), ["no_text_layer"]),
    Case("docx", "no archive", S, ["unreadable_file"]),
    Case("docx", "another archive", zipped({"a.txt": SECRET}), ["unreadable_file"]),
    Case("docx", "an archive that is cut off", docx(SECRET)[:-50], ["unreadable_file"]),
    Case("docx", "encrypted", OLE, ["unreadable_file"]),
    Case("excel", "no workbook", S, ["unreadable_file"]),
    Case("excel", "encrypted", OLE, ["unreadable_file"]),
    Case("excel", "no such sheet", xlsx(["id"], [SECRET]), ["missing_sheet"],
         form={"sheet": "Answers"}),
    Case("excel", "a column twice", xlsx(["id", "id"], [1, SECRET]), ["duplicate_column"]),
    Case("excel", "only a header", xlsx(["id", "text"]), []),
    Case("excel", "wrong type", xlsx(["id", "text"], [1, True], [2, None]),
         ["missing_text", "wrong_type"]),
    # ---------------------------------------------------------------------------------------- mails
    Case("email", "no mail", S + b"\n", ["broken_mail"]),
    Case("email", "base64 that is none",
         b"From: %s\nContent-Transfer-Encoding: base64\n\nabc!!" % S, ["broken_mime"]),
    Case("email", "parts without an end", b"From: %s\nContent-Type: multipart/mixed\n\nx" % S,
         ["broken_mime"]),
    Case("email", "no words", b"From: %s\n\n" % S, ["missing_text"]),
    Case("email", "an archive with garbage",
         S + b"\xff\n\n" + FROM + b"Subject: a\n\nhello\n\n" + FROM + S + b"\n",
         ["broken_mail", "broken_mail"], 1, "in.mbox"),
    # ---------------------------------------------------------------------------------------- chats
    Case("chat", "no export of Slack", b'{"a": 1}', ["wrong_shape"], form=SLACK),
    Case("chat", "Slack: a message without a time",
         b'[{"text": "%s"}, {"ts": "1", "text": "a"}]' % S, ["wrong_shape"], 1, form=SLACK),
    Case("chat", "no export of Telegram", b'["%s"]' % S, ["wrong_shape"], form=TELEGRAM),
    Case("chat", "Telegram: a text that is none",
         b'{"messages": [{"text": {"a": "%s"}}]}' % S, ["wrong_type"], form=TELEGRAM),
    Case("chat", "no export of WhatsApp", S, ["wrong_shape"], form=WHATSAPP),
    Case("chat", "WhatsApp in another encoding", b"31.12.23, 21:15 - A: \xff" + S,
         ["bad_encoding"], form=WHATSAPP),
    Case("chat", "messages: no list", b'{"messages": "%s"}' % S, ["wrong_shape"], form=MESSAGES),
    Case("chat", "messages: half of it", SAID[:-2], ["broken_json"], form=MESSAGES),
    Case("chat", "messages: an oversized one", SAID, ["oversized_field"],
         form={**MESSAGES, "max_field_bytes": 10}),
    # ---------------------------------------------------------------------------------------- files
    Case("files", "a text in another encoding", b"\xff" + S, ["bad_encoding"], name="a.txt"),
    Case("parquet", "no Parquet", S, ["unreadable_file"]),
]  # fmt: skip


def outcome(folder: Path, case: Case) -> tuple[int, list[str]]:
    """How many records a batch gives, and the rules of its quarantined rows."""
    fields = FIELDS_OF.get(case.kind, FIELDS)
    made = source(case.kind, fields=fields, **case.form)
    result = raw_source("s", made, "0" * 64, collected(folder, {case.name: case.data}))
    kept, excluded = result.kept.collect(), result.excluded.collect()
    assert result.metrics["rows"] == kept.height + excluded.height
    assert SECRET not in excluded.write_json()
    return kept.height, sorted(excluded["rule"].to_list())


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_defect_is_told_by_its_rule(
    tmp_path: Path, case: Case, capfd: pytest.CaptureFixture[str]
) -> None:
    assert outcome(tmp_path, case) == (case.kept, sorted(case.rules))
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("case", [c for c in TABLE if c.kind not in ("parquet", "jsonl")], ids=str)
def test_a_bad_row_is_named_by_its_content(tmp_path: Path, case: Case) -> None:
    found = list(read_rows(source(case.kind, **case.form), collected(
        tmp_path, {case.name: case.data}
    )))  # fmt: skip
    bad = [row for row in found if isinstance(row, BadRow)]
    assert all(row.content and len(row.content) == 64 for row in bad)
    assert not [row for row in bad if SECRET in f"{row.reason}{row.evidence}"]
    assert max(Counter(row.ref for row in found).values(), default=0) <= 1


# Of what is lost of these files only that it is more than a row is known.
UNREAD = [
    Case("csv", "a cut archive", gzip.compress(HEADER + LONG)[:-20], [], name="a.csv.gz"),
    Case("csv", "a header with one name twice", b"id,id\n" + LONG, []),
    Case("csv", "no such encoding from here on", HEADER + GOOD + b"\xff", [],
         form={"encoding": "utf-16"}),
    Case("tsv", "a cut archive", zstandard.compress(b"id\ttext\n" + LONG)[:-20], [],
         name="a.tsv.zst"),
    Case("jsonl", "a cut archive", gzip.compress(b'{"id": 1, "text": "a"}\n' * 99)[:-5], [],
         name="a.jsonl.gz"),
    Case("json", "half of it", b'[{"id": 1, "text": "a"}, {"id"', []),
    Case("json", "a cut archive", gzip.compress(b'[{"id": 1}]')[:-5], [], name="a.json.gz"),
    Case("json", "another shape", b'{"data": 1}', [], form={"records": "rows"}),
    Case("excel", "a cut workbook", xlsx(["id", "text"], [1, "a"])[:-50], []),
    Case("email", "a cut archive", gzip.compress(FROM + b"To: a@b\n\nx\n" * 50)[:-5], [],
         name="a.mbox.gz"),
    Case("chat", "messages: half of it", SAID[:-2], [], form=MESSAGES),
    Case("parquet", "no Parquet", S, []),
]  # fmt: skip
READ = [
    Case("csv", "empty", b"", []),
    Case("csv", "an open quote", HEADER + b'1,"a\n', []),
    Case("jsonl", "empty", b"", []),
    Case("jsonl", "a broken line", b'{"id": 1', []),
    Case("json", "a row that is none", b'[{"id": NaN}]', []),
    Case("email", "an empty archive", b" \n", [], name="a.mbox"),
    Case("pdf", "damaged", pdf(SECRET)[:200], []),
    Case("text", "a cut archive", gzip.compress(S * 10)[:-5], [], name="a.txt.gz"),
    Case("chat", "no export of WhatsApp", S, [], form=WHATSAPP),
]


@pytest.mark.parametrize(("case", "unread"), [
    *((case, 1) for case in UNREAD), *((case, 0) for case in READ),
], ids=str)  # fmt: skip
def test_a_file_that_was_not_read_to_its_end_is_marked(
    tmp_path: Path, case: Case, unread: int
) -> None:
    fields = FIELDS_OF.get(case.kind, FIELDS)
    made = source(case.kind, fields=fields, **case.form)
    result = raw_source("s", made, "0" * 64, collected(tmp_path, {case.name: case.data}))
    assert result.excluded.collect().height
    assert files_unread(result.excluded).collect().height == unread


# ---------------------------------------------------------------------------- anything at all

MAIL = (
    b"From: a@b\nDate: Fri, 1 May 2026 10:00:00 +0500\nSubject: =?utf-8?B?0JA=?=\n"
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nbody\n--x--\n"
)
BASES: dict[str, list[tuple[bytes, dict[str, Any]]]] = {
    "csv": [(HEADER + GOOD + b'2,"a ""b""\nc"\n', {"encoding": "detect", "delimiter": "detect"})],
    "tsv": [(b"id\ttext\n1\ta\n", {})],
    "jsonl": [(b'{"id": 1, "text": "a\\u00e9"}\n{"id": 2}\n', {})],
    "json": [(b'{"a": {"b": [{"id": 1, "text": "x"}, {"id": 2}]}}', {"records": "a.b"}),
             (b'[{"id": 1.5e3, "t": null}, [], {}]', {})],
    "text": [("Где заказ?".encode(), {"encoding": "detect"})],
    "markdown": [(b"---\nid: 1\ntext: a\n---\nbody\n", {})],
    "html": [(b"<title>a</title><meta charset=cp1251><p>b<table><td>c<pre>\n d</pre>", {})],
    "email": [(MAIL, {}),
              (FROM + b"To: a@b\n\nx\n\n" + FROM + b"To: c@d\n\ny\n", {})],
    "chat": [(b'[{"ts": "1.5", "user": "U1", "text": "<@U1> a", "thread_ts": "1.5"}]', SLACK),
             (b'{"id": 1, "messages": [{"date": "2026-05-01", "text": ["a", {"text": "b"}]}]}',
              TELEGRAM),
             (b"31.12.23, 21:15 - A: x\ny\n[1/1/24, 9:15:00 PM] B: z\n", WHATSAPP),
             (b'[{"id": 1, "messages": [{"role": "user", "content": "a"}]}]', MESSAGES)],
    "pdf": [(pdf("a", title="b"), {})],
    "docx": [(docx("a"), {})],
    "excel": [(xlsx(["id", "text"], [1, "a"]), {})],
    "files": [(b"\x89PNG\r\n\x1a\n", {})],
}  # fmt: skip
NAMES = {"email": ["a.eml", "a.mbox"], "chat": ["c/a.json", "a.jsonl"], "files": ["a.txt", "a.b"]}


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> tuple[str, bytes, dict[str, Any]]:
    """A good file with some bytes changed, cut out or put in; or bytes and nothing else."""
    base, form = draw(st.sampled_from(BASES[kind]))
    data = bytearray(draw(st.sampled_from([base, b"", base[: len(base) // 2]])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 3))
        data[at : at + length] = draw(st.binary(max_size=6))
    name = draw(st.sampled_from(NAMES.get(kind, ["a.bin"])))
    packed = draw(st.sampled_from(["", "", "", ".gz", ".zst"]))
    if packed == ".gz" and draw(st.booleans()):
        data = bytearray(gzip.compress(bytes(data)))
    return name + packed, bytes(data), form


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("mutated")


@pytest.mark.parametrize("kind", BASES)
@settings(max_examples=120)
@given(data=st.data())
def test_any_bytes_are_read_or_told(folder: Path, kind: str, data: st.DataObject) -> None:
    name, raw, form = data.draw(mutated(kind))
    fields = FIELDS_OF.get(kind, FIELDS)
    files = collected(folder, {name: raw})
    found = list(read_rows(source(kind, **form), files))
    assert max(Counter(row.ref for row in found).values(), default=0) <= 1
    result = raw_source("s", source(kind, fields=fields, **form), "0" * 64, files)
    kept, excluded = result.kept.collect().height, result.excluded.collect().height
    assert len(found) == int(result.metrics["rows"]) == kept + excluded
