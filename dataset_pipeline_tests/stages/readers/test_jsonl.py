"""Whole blocks and single lines are read alike."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import JsonlForm, Turns
from dataset_pipeline.stages.readers import jsonl
from dataset_pipeline.stages.readers.chunk import LINE, Wanted
from dataset_pipeline.stages.readers.jsonl import jsonl_chunks
from dataset_pipeline.stages.readers.rows import SourceFile

NAMES = Wanted(("id", "text", 'a "b"\\'), Turns(column="turns", role="from", content="said"))
TEXTS = Wanted(("id", "text"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["true", "[x]", "{}", "\ud800", "\x00", "1e5", "-0.0", '"id":', "é"])
)
TURNS = st.lists(
    st.dictionaries(st.sampled_from(["from", "said", "at"]), SCALARS, max_size=3) | SCALARS,
    max_size=3,
)
VALUES = SCALARS | TURNS | st.dictionaries(st.sampled_from(["id", "x"]), SCALARS, max_size=2)
OBJECTS = st.dictionaries(st.sampled_from(["id", "text", "turns", "other", 'a "b"\\']), VALUES)
ODD = [
    *(b"", b" ", b"5", b"[]", b"null", b'{"id": 1, "id": 2}', b'{"x": 1, "x": 2}', b"{", b"\xff"),
    *(b'{"id" :1 , "id": null}', b'{"id": NaN}', b'{"id": "a"} x', b'{"id": 1}\r', b"\x00"),
    *(b'{"id": "1"}{"id": "2"}', b'{"text": "\\ud83d\\ude00"}', b'{"id": 1e400}', b'{"id": 01}'),
    *(b'{"id": 123456789012345678901234567890}', b'{"\\u0069d": "escaped name"}'),
    *(b'{"id": "1", "\\u0069d": "2"}', b'{"id": 1.10}', b'{"id": 1E5}', b'{"id": 0.00001}'),
]
LINES = (
    OBJECTS.map(lambda value: json.dumps(value).encode())
    | OBJECTS.map(lambda v: json.dumps(v, ensure_ascii=False).encode(errors="surrogatepass"))
    | st.sampled_from(ODD)
)


def read(
    folder: Path, data: bytes, *, slowly: bool, names: Wanted = NAMES
) -> tuple[list[Any], list[Any]]:
    path = folder / "file"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "_SAMPLE", 1)
        if slowly:
            patch.setattr(jsonl, "_parsed", lambda *_: None)
            patch.setattr(jsonl, "_mirror", lambda *_: None)
        chunks = list(jsonl_chunks(JsonlForm(), SourceFile("file.jsonl", path), names))
    rows = [row for chunk in chunks for row in chunk.frame.select(LINE, *names.schema).rows()]
    bad = [(b.line, b.rule, b.reason, b.evidence, b.content) for c in chunks for b in c.bad]
    return rows, sorted(bad, key=lambda row: row[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jsonl")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(LINES, min_size=1, max_size=12))
@example(lines=[b'{"id": true}', b'{"id": "true"}'])
@example(lines=[b'{"turns": [null]}'])
@example(lines=[b'{"id": {"id": "1"}}', b'{"id": "{}"}'])
@example(
    lines=[b'{"turns": [{"from": 1, "said": "x"}]}', b'{"turns": [{"from": "a", "said": {}}]}']
)
@example(lines=[b'{"t\\u0065xt": "a"}', b'{"text": "a", "text": "b"}'])
def test_blocks_and_lines_agree(folder: Path, lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    assert read(folder, data, slowly=False) == read(folder, data, slowly=True)


def test_sound_lines_are_read_as_a_block(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("read line by line")

    monkeypatch.setattr(jsonl, "_rows", slow)
    data = b'{"id": 1, "text": "a"}\n' * 50 + b'{"id": true, "text": "b"}\n'
    rows, bad = read(folder, data, slowly=False)
    assert len(rows) == 50
    assert [row[:2] for row in bad] == [(51, "wrong_type")]


def test_a_line_that_is_too_long_is_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "_BLOCK", 16)
    monkeypatch.setattr(jsonl, "_MAX_LINE", 64)
    data = b'{"id": 1}\n{"id": "' + b"x" * 500 + b'"}\n{"id": 2}\n'
    rows, bad = read(folder, data, slowly=False)
    assert [row[1] for row in rows] == ["1", "2"]
    assert [row[:2] for row in bad] == [(2, "oversized_field")]


def test_lines_keep_their_numbers_over_blocks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "_BLOCK", 40)
    lines = [b'{"id": %d}' % number for number in range(1, 60)] + [b"", b"{", b'{"id": 62}']
    rows, bad = read(folder, b"\xef\xbb\xbf" + b"\n".join(lines), slowly=False)
    assert [(row[0], row[1]) for row in rows] == [(n, str(n)) for n in [*range(1, 60), 62]]
    assert [row[:2] for row in bad] == [(61, "broken_json")]


COMPACT = [
    *(
        b'{"id":"1","text":"a"}',
        b'{"id":"2","text":"b"}',
        b'{"id":"3","text":"\\n\\""}',
        b'{"id":"4"}',
    ),
    *(b'{"id":"5","text":"c","text":"d"}', b'{"text":"a","id":"6"}', b'{"id":7,"text":"a"}', b""),
    *(b'{"id":"8","text":null}', b'{"id":"9","text":true}', b'{"id":"10","text":"\\u0000"}', b"{}"),
    *(b'{"id":"11","text":"\\ud800"}', b'{"id":"12", "text":"a"}', b'{"id":"13","text":"\xff"}'),
    *(b'{"id":"14","text":{"a":1}}', b'{"id":"15","text":"a","x":1}', b'{"id":"16","text":"true"}'),
]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(COMPACT), min_size=1, max_size=4))
def test_lines_as_polars_writes_them_agree_with_single_ones(
    folder: Path, lines: list[bytes]
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    quickly = read(folder, data, slowly=False, names=TEXTS)
    assert quickly == read(folder, data, slowly=True, names=TEXTS)


@pytest.mark.parametrize("line", COMPACT)
def test_an_odd_line_among_regular_ones_is_read_exactly(folder: Path, line: bytes) -> None:
    data = b"\n".join([COMPACT[0], COMPACT[1], line, COMPACT[0], b""])
    quickly = read(folder, data, slowly=False, names=TEXTS)
    assert quickly == read(folder, data, slowly=True, names=TEXTS)


def test_lines_as_polars_writes_them_are_not_searched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "_parsed", lambda *_: pytest.fail("searched"))
    monkeypatch.setattr(jsonl, "_rows", lambda *_: pytest.fail("read line by line"))
    data = b'{"id":"1","n":1,"text":"a"}\n{"id":"2","n":2,"text":"\\n"}\n'
    rows, bad = read(folder, data, slowly=False, names=TEXTS)
    assert (rows, bad) == ([(1, "1", "a"), (2, "2", "\n")], [])
