"""JSON files: rows wherever they stand, and one that is broken takes no other along."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.stages.readers.rows import BadRow, Row
from dataset_pipeline_tests.stages.readers.making import read, rules, source, values

ROWS = [{"id": 1, "text": "Привет"}, {"id": 2, "text": "b", "tags": ["x", {"y": None}]}]


@pytest.mark.parametrize(
    ("document", "records"),
    [
        (ROWS, None),
        ({"data": ROWS}, "data"),
        ({"meta": {"data": 1}, "export": {"n": [1], "tickets": ROWS, "end": {}}}, "export.tickets"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_rows_are_found(tmp_path: Path, document: Any, records: str | None, encoding: str) -> None:
    data = json.dumps(document, ensure_ascii=False, indent=1).encode(encoding)
    found = read(tmp_path, source("json", records=records), {"a.json": data})
    assert values(found) == ROWS
    assert [row.line for row in found] == [1, 2]


def test_an_object_by_itself_is_a_row(tmp_path: Path) -> None:
    files = {"a.json": b'{"id": 1}', "b.json.gz": gzip.compress(b' {"id": 2}\n')}
    found = read(tmp_path, source("json"), files)
    assert [(row.file, row.line) for row in found] == [("a.json", 1), ("b.json.gz", 1)]
    assert values(found) == [{"id": 1}, {"id": 2}]


def test_no_rows_are_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path, source("json"), {"a.json": b"[ ]"}) == []


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ('{"id": NaN}', "broken_json"),
        ('{"id": [{"a": -Infinity}]}', "broken_json"),
        ('{"id": 2, "id": 3}', "broken_json"),
        ('{"id": 2, "in": {"a": 1, "a": 1}}', "broken_json"),
        ('{"id": %s}' % ("9" * 5000), "broken_json"),
        ("[1]", "not_an_object"),
        ("null", "not_an_object"),
        ('{"id": "\\ud83d"}', "bad_encoding"),
        ('{"\\ud83d": 1}', "bad_encoding"),
        ('{"id": "a\\u0000"}', "nul_bytes"),
        ('{"id": ["%s"]}' % ("a" * 1001), "oversized_field"),
    ],
)
def test_a_row_that_is_broken_is_told_alone(tmp_path: Path, row: str, rule: str) -> None:
    data = f'{{"x": [{{"id": 1}}, {row}, {{"id": 3}}]}}'.encode()
    found = read(tmp_path, source("json", records="x", max_field_bytes=1000), {"a.json": data})
    assert rules(found) == [(rule, 2)]
    assert [row.values for row in found if isinstance(row, Row)] == [{"id": 1}, {"id": 3}]
    assert found[1].content == hashlib.sha256(row.encode()).hexdigest()


@pytest.mark.parametrize(
    ("document", "records", "good", "rule"),
    [
        ('[{"id": 1}, {"id": 2}, {"id"', None, 2, "broken_json"),
        ('[{"id": 1}, {"id": 2},]', None, 2, "broken_json"),
        ('[{"id": 1}] [{"id": 2}]', None, 1, "broken_json"),
        ('[{"id": 1}', None, 1, "broken_json"),
        ('[{"id": 1}, ' + "[" * 100_000, None, 1, "broken_json"),
        ('{"a": [{"id": 1}], "a": [{"id": 2}]}', "a", 1, "broken_json"),
        ('{"a": [{"id": 1}], "b": nope}', "a", 1, "broken_json"),
        ('{"a": [{"id": 1}]', "a", 1, "broken_json"),
        ('{"a": {"b": 1}}', "a.b", 0, "wrong_shape"),
        ('{"a": {"b": 1}}', "a.c", 0, "wrong_shape"),
        ('[{"id": 1}]', "a", 0, "wrong_shape"),
        ('"just a text"', None, 0, "wrong_shape"),
        ("just a text", None, 0, "broken_json"),
    ],
)
def test_rows_before_a_break_are_kept(
    tmp_path: Path, document: str, records: str | None, good: int, rule: str
) -> None:
    found = read(tmp_path, source("json", records=records), {"a.json": document.encode()})
    assert len([row for row in found if isinstance(row, Row)]) == good
    assert rules(found) == [(rule, good + 1)]
    (bad,) = (row for row in found if isinstance(row, BadRow))
    assert bad.content == hashlib.sha256(document.encode()).hexdigest()
