"""Delimited text: encodings and delimiters found, archives unpacked, memory bounded."""

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from dataset_pipeline.stages.readers.csv import read_csv
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline_tests.stages.readers.making import read, rules, source, values

TEXT = "id;frage\n1;Wie spät ist es in Köln?\n2;Größe geändert, bitte prüfen\n"
SPANISH = "id;frage\n1;José pidió la devolución en España\n"
RUSSIAN = "id,text\n1,Здравствуйте, где мой заказ?\n".replace(", ", "; ")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "utf-8"),
        (TEXT, "utf-8-sig"),
        (TEXT, "utf-16"),
        (TEXT, "utf-32"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (TEXT, "cp1252"),
        (SPANISH, "cp1252"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, text: str, encoding: str) -> None:
    made = source("csv", encoding="detect", delimiter="detect")
    found = values(read(tmp_path, made, {"a.csv": text.encode(encoding)}))
    mark = "," if text is RUSSIAN else ";"
    header, *lines = [line.split(mark) for line in text.splitlines()]
    assert found == [dict(zip(header, line, strict=True)) for line in lines]


@pytest.mark.parametrize("text", ["Всё хорошо", "Größe"])
def test_one_broken_byte_does_not_make_a_file_another_encoding(tmp_path: Path, text: str) -> None:
    data = ("id,text\n" + f"1,{text}\n" * 5).encode() + b"2,\xff\n"
    found = read(tmp_path, source("csv", encoding="detect"), {"a.csv": data})
    assert values(found[:5])[0]["text"] == text
    assert rules(found) == [("bad_encoding", 7)]


def test_bytes_that_an_encoding_lacks_do_not_make_a_file_another_one(tmp_path: Path) -> None:
    data = RUSSIAN.encode("cp1251") * 10 + b"2,\x98\n"  # the one byte that cp1251 lacks
    found = read(tmp_path, source("csv", encoding="detect"), {"a.csv": data})
    assert values(found[:1])[0]["text"] == "Здравствуйте; где мой заказ?"
    assert rules(found) == [("bad_encoding", 21)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "text"], ["1", f'"one, two; three | four\t{delimiter} five"'], ["2", "1,5"]]
    rows[2][1] = rows[2][1].replace(delimiter, ".")
    data = "\n".join(delimiter.join(row) for row in rows).encode()
    found = values(read(tmp_path, source("csv", delimiter="detect"), {"a.csv": data}))
    assert [row["id"] for row in found] == ["1", "2"]


def test_one_column_has_no_delimiter(tmp_path: Path) -> None:
    found = read(tmp_path, source("csv", delimiter="detect"), {"a.csv": b"text\nhello\n"})
    assert values(found) == [{"text": "hello"}]


def test_tabs_are_read_as_such(tmp_path: Path) -> None:
    found = read(tmp_path, source("tsv"), {"a.tsv": b"id\ttext\n1\ta,b\n"})
    assert values(found) == [{"id": "1", "text": "a,b"}]


LINES = b"".join(b"%d,question %d\n" % (n, n) for n in range(50_000))
PLAIN = b"id,text\n" + LINES


def test_archives_are_unpacked(tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress
    files = {
        "a.csv.gz": gzip.compress(PLAIN),
        "b.CSV.GZ": gzip.compress(b"id,text\n") + gzip.compress(LINES),
        "c.csv.zst": packed(PLAIN),
        "d.csv.zst": packed(b"id,text\n") + packed(LINES),
    }
    for name, data in files.items():
        found = values(read(tmp_path, source("csv"), {name: data}))
        assert (len(found), found[-1]["id"]) == (50_000, "49999"), name


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_an_archive_that_ends_too_early_is_told_after_its_good_rows(
    tmp_path: Path, suffix: str
) -> None:
    whole = gzip.compress(PLAIN) if suffix == "gz" else zstandard.ZstdCompressor().compress(PLAIN)
    data = whole[: len(whole) // 2]
    found = read(tmp_path, source("csv"), {f"a.csv.{suffix}": data})
    *good, bad = found
    assert len(values(good)) > 1000
    assert isinstance(bad, BadRow)
    assert (bad.rule, bad.line) == ("damaged_archive", len(good) + 2)
    assert bad.content == hashlib.sha256(data).hexdigest()
    assert [row["id"] for row in values(good)] == [str(n) for n in range(len(good))]


def test_a_bad_row_is_named_by_its_bytes(tmp_path: Path) -> None:
    found = read(tmp_path, source("csv"), {"a.csv": b'id,text\n1\n2,\xff\n3,"a"b\n4,c\n'})
    contents = [row.content for row in found if isinstance(row, BadRow)]
    lines = (b"1\n", b"2,\xff\n", b'3,"a"b\n')
    assert contents == [hashlib.sha256(line).hexdigest() for line in lines]


def test_a_field_that_is_too_large_takes_its_row_only(tmp_path: Path) -> None:
    data = f"id,text\n1,{'я' * 60}\n2,{'a' * 100}\n3,{'a' * 101}\n4,a\n".encode()
    found = read(tmp_path, source("csv", max_field_bytes=100), {"a.csv": data})
    assert rules(found) == [("oversized_field", 2), ("oversized_field", 4)]
    assert [row.values["id"] for row in found if isinstance(row, Row)] == ["2", "4"]


@pytest.mark.parametrize(
    ("inside", "rule", "after"),
    [
        ("x" * 9_000_000, "oversized_field", ["3"]),
        ('"' + "x,y\n" * 2_000_000 + '"', "oversized_field", ["3"]),
        ('"' + "x,y\n" * 2_000_000 + '"z', "broken_quoting", ["3"]),
        ('"' + "x,y\n" * 2_000_000, "broken_quoting", []),
    ],
)
def test_a_row_that_has_no_end_is_passed_over(
    tmp_path: Path, inside: str, rule: str, after: list[str]
) -> None:
    data = f"id,text\n1,a\n2,{inside}\n3,c\n".encode()
    made = source("csv", max_field_bytes=1000)
    found = read(tmp_path, made, {"a.csv": data})
    assert rules(found) == [(rule, 3)]
    assert [row.values["id"] for row in found if isinstance(row, Row)] == ["1", *after]


@pytest.mark.parametrize(
    ("body", "behind"),
    [
        ('2,"a\n3,b\n4,c\n', 2),
        ('2,"a\n3,b\n4,"c"\n5,d\n', 2),
        ('2,"a\nsaid ""b"" there\nof "c" and\n', None),
        ('2,"' + "x,y\n" * 2_000_000, 1_999_999),
    ],
)
def test_rows_that_a_quote_took_along_are_counted(
    tmp_path: Path, body: str, behind: int | None
) -> None:
    made = source("csv", max_field_bytes=1000)
    found = read(tmp_path, made, {"a.csv": f"id,text\n1,a\n{body}".encode()})
    (told,) = [row.evidence for row in found if isinstance(row, BadRow)]
    assert told.get("rows_behind") == behind


def test_a_broken_header_is_not_passed_over(tmp_path: Path) -> None:
    for header, rule in ((b'id,"a"b', "broken_quoting"), (b"id,\xff", "bad_encoding")):
        found = read(tmp_path, source("csv"), {"a.csv": header + b"\n1,a\n"})
        assert rules(found) == [(rule, 1)]
        assert len(found) == 1


@pytest.mark.parametrize("filler", ["x", "a line of text " * 20 + "\\n"])
def test_memory_does_not_grow_with_a_line(tmp_path: Path, filler: str) -> None:
    """300 MB in one field, read in a process that may take a part of that only."""
    path = tmp_path / "large.csv"
    code = f"""
import resource
from pathlib import Path
from dataset_pipeline.config import CsvForm
from dataset_pipeline.stages.readers.csv import read_csv
from dataset_pipeline.stages.readers.rows import SourceFile
path = Path({str(path)!r})
with path.open("w") as file:
    file.write('id,text\\n1,a\\n2,"')
    for _ in range(300):
        file.write("{filler}" * ((1 << 20) // len("{filler}")))
    file.write('"\\n3,c\\n')
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print([row.line for row in read_csv(CsvForm(), SourceFile("a.csv", path))][:2])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines, grown = done.stdout.splitlines()
    assert lines == "[2, 3]"
    assert int(grown) < 200
    path.unlink()


def test_the_form_alone_suffices(tmp_path: Path) -> None:
    from dataset_pipeline.config import CsvForm

    path = tmp_path / "a"
    path.write_bytes(b"id,text\n1,a\n")
    assert len(list(read_csv(CsvForm(), SourceFile("a.csv", path)))) == 1
