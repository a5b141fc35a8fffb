"""Readers take any bytes: no crash, every row told once, and nothing lost in silence."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import (
    CsvSource,
    EventTime,
    Fields,
    FileSource,
    JsonlSource,
    MarkdownSource,
    ParquetSource,
    Rights,
    Source,
    Turns,
)
from dataset_pipeline.laws import rows_conserved
from dataset_pipeline.stages.annotation_files import Declared, annotation_file
from dataset_pipeline.stages.distillate_files import distillate_file
from dataset_pipeline.stages.raw_source import raw_source
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.stages.result import StageResult

SECRET = "anna@example.org"
FIELDS = Fields(key="id", prompt="text", label="topic", attributes={"region": "region"})
KINDS = {
    "jsonl": JsonlSource,
    "csv": CsvSource,
    "markdown": MarkdownSource,
    "parquet": ParquetSource,
}
# Beginnings that lead further into a reader than random bytes do.
HEADS = {
    "jsonl": [b"", b'{"id": "1", "text": ', b'{"id": 1, "text": "a"}\n', b"\xef\xbb\xbf{"],
    "csv": [b"", b"id,text,topic,region\n", b'id,text,topic,region\n1,"', b"id,id,text\n"],
    "markdown": [b"", b"---\n", b"---\nid: 1\ntext: ", b"---\nid: [", b"---\ntext: !!int "],
    "parquet": [b"", b"PAR1"],
}


def source(kind: str, fields: Fields = FIELDS, **form: str) -> Source:
    base = FileSource(
        description="d", system="s", owner="o", path="*", fields=fields,
        rights=Rights(basis="own_work", training="allowed", evidence="ours"),
    )  # fmt: skip
    made: Source = KINDS[kind](kind=kind, **{**vars(base), **form})
    return made


def read(folder: Path, kind: str, data: bytes, fields: Fields = FIELDS, **form: str) -> StageResult:
    path = folder / "file"
    path.write_bytes(data)
    return raw_source("s", source(kind, fields, **form), "batch", [SourceFile("file", path)])


def outcome(result: StageResult) -> tuple[list[str], list[tuple[str, int]]]:
    """Prompts of what is kept, (rule, line) of what is not; rows conserved, no text shown."""
    kept, excluded = result.kept.collect(), result.excluded.collect()
    assert rows_conserved(int(result.metrics["rows"]), kept.height, excluded.height).holds
    assert SECRET not in excluded.write_json()
    lines = [int(ref.rpartition("#")[2]) for ref in excluded["source_ref"].to_list()]
    return kept["prompt"].to_list(), list(zip(excluded["rule"].to_list(), lines, strict=True))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    kind = draw(st.sampled_from(sorted(HEADS)))
    return kind, draw(st.sampled_from(HEADS[kind])) + draw(st.binary(max_size=60))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("readers")


@settings(max_examples=400)
@given(files())
@example(("jsonl", b"[" * 100_000))
@example(("markdown", b"---\nid: " + b"[" * 5_000 + b"\n---\n"))
@example(("markdown", b"---\nid: !!timestamp x\n---\n"))
@example(("csv", b"id,text\n1," + b"a" * 200_000))
def test_any_bytes_are_read_or_told(folder: Path, file: tuple[str, bytes]) -> None:
    outcome(read(folder, *file))


@settings(max_examples=150)
@given(st.sampled_from(HEADS["csv"]), st.text(max_size=60), st.sampled_from(["utf-16", "cp1251"]))
def test_other_encodings_are_read_or_told(
    folder: Path, head: bytes, text: str, encoding: str
) -> None:
    data = (head.decode() + text).encode(encoding, "replace")
    outcome(read(folder, "csv", data, encoding=encoding))


@settings(max_examples=150)
@given(
    st.sampled_from([b"", b"source,key,annotator,label,uncertain,guideline,annotated_at\n"]),
    st.lists(
        st.sampled_from([b"s", b"1", b"a", b"yes", b"v1", b"true", b",", b"\n", b'"', b"\xff"])
    ),
)
def test_any_annotations_are_read_or_told(folder: Path, head: bytes, cells: list[bytes]) -> None:
    path = folder / "annotations"
    path.write_bytes(head + b"".join(cells))
    declared = Declared({"v1": "0" * 64}, ["yes", "no"], ["s"])
    found = annotation_file("a", "labels", SourceFile("a", path), declared)
    kept, out = found.kept.collect(), found.excluded.collect()
    assert rows_conserved(int(found.metrics["rows"]), kept.height, out.height).holds


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["id", "output", "input", "model", "inputs", "label"]),
    st.recursive(st.one_of(st.none(), st.text(max_size=4), st.integers(), st.floats()),
                 lambda inner: st.lists(inner, max_size=2), max_leaves=3)))  # fmt: skip
@example({"id": "1", "output": "x", "model": {"n": 2**60}})
@example({"id": "1", "output": "\ud800"})
def test_any_distillate_is_read_or_told(folder: Path, row: dict[str, object]) -> None:
    path = folder / "distillates"
    path.write_text(json.dumps(row) + "\n{broken\n", "utf-8")
    found = distillate_file("d", "batch", SourceFile("d", path))
    kept, out = found.kept.collect(), found.excluded.collect()
    assert rows_conserved(int(found.metrics["rows"]), kept.height, out.height).holds
    assert found.metrics["rows"] == 2


# ----------------------------------------------------------------------------- JSON Lines

GOOD = '{"id": "1", "text": "a"}\n'


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{", "broken_json"),
        ('\ufeff{"id": "2", "text": "a mark in the middle of the file"}', "broken_json"),
        ('{"id": "2", "text": NaN}', "broken_json"),
        ('{"id": "2", "text": -Infinity}', "broken_json"),
        ('{"id": "2", "id": "3", "text": "b"}', "broken_json"),
        ('{"id": %s, "text": "b"}' % ("9" * 5000), "broken_json"),
        ("[" * 100_000, "broken_json"),
        ("[1]", "not_an_object"),
        ("null", "not_an_object"),
        ('{"id": "2", "text": "a\x00b"}', "nul_bytes"),
        ('{"id": "2", "text": "a\\u0000b"}', "nul_bytes"),
        ('{"id": "2", "text": "\\ud83d"}', "bad_encoding"),
        ('{"id": "\\udc00", "text": "b"}', "bad_encoding"),
        ('{"id": "2", "text": "b", "region": "\\ud83d"}', "bad_encoding"),
        ('{"id": "2", "text": ["anna@example.org"]}', "wrong_type"),
        ('{"id": "2", "text": true}', "wrong_type"),
        ('{"id": "2", "text": 1e999}', "wrong_type"),
        ('{"id": {}, "text": "b"}', "wrong_type"),
        ('{"id": "2", "text": null}', "missing_text"),
        ('{"id": "2", "text": " \\u00a0\\n"}', "missing_text"),
        ('{"id": " ", "text": "b"}', "missing_key"),
        ('{"text": "anna@example.org"}', "missing_key"),
        ('{"id": "1", "text": "b"}', "duplicate_key"),
        ('{"id": "1", "text": "a"}', "repeated_row"),
    ],
)
def test_a_broken_line_is_told_and_its_neighbours_are_read(
    folder: Path, line: str, rule: str
) -> None:
    data = GOOD + line + "\n\n" + GOOD.replace("1", "9")
    assert outcome(read(folder, "jsonl", data.encode())) == (["a", "a"], [(rule, 2)])


def test_a_mark_at_the_beginning_and_big_numbers_are_read(folder: Path) -> None:
    data = f'\ufeff{{"id": {10**30}, "text": 1.5}}'
    assert outcome(read(folder, "jsonl", data.encode())) == (["1.5"], [])


def test_an_empty_file_is_told(folder: Path) -> None:
    for kind in ("jsonl", "csv", "markdown"):
        assert outcome(read(folder, kind, b""))[1] == [("empty_file", 1)]
    assert outcome(read(folder, "parquet", b""))[1] == [("unreadable_file", 0)]


TURNS = Fields(key="id", turns=Turns(column="turns", roles={"customer": "user"}))


@pytest.mark.parametrize(
    ("turns", "rule"),
    [
        (None, "missing_text"),
        ([], "missing_text"),
        ([{"role": "assistant", "content": "Hello"}], "missing_text"),
        ([{"role": "customer", "content": None}], "missing_text"),
        ([{"role": "customer", "content": ""}], "missing_text"),
        ("customer: hello", "wrong_type"),
        (["hello"], "wrong_type"),
        ([{"content": "hello"}], "unknown_role"),
        ([{"role": "customer", "content": {}}], "wrong_type"),
        ([{"role": SECRET, "content": "a"}, {"role": "customer", "content": "b"}], "unknown_role"),
    ],
)
def test_a_broken_conversation_is_told(folder: Path, turns: object, rule: str) -> None:
    data = json.dumps({"id": "1", "turns": turns}).encode()
    assert outcome(read(folder, "jsonl", data, TURNS)) == ([], [(rule, 1)])


def test_an_unknown_role_is_shown_by_its_turn(folder: Path) -> None:
    turns = [{"role": role, "content": "a"} for role in ("customer", "assistant", SECRET, SECRET)]
    data = json.dumps({"id": "1", "turns": turns}).encode()
    (evidence,) = read(folder, "jsonl", data, TURNS).excluded.collect()["evidence"]
    assert json.loads(evidence) == {"field": "turns", "allowed": 4, "turn": 3}


def test_the_last_customer_turn_is_the_prompt(folder: Path) -> None:
    said = [("customer", "a"), ("assistant", "b"), ("customer", "c"), ("assistant", "d")]
    row = {"id": "1", "turns": [{"role": role, "content": text} for role, text in said]}
    (record,) = read(folder, "jsonl", json.dumps(row).encode(), TURNS).kept.collect().to_dicts()
    assert (record["prompt"], record["completion"]) == ("c", "d")
    assert record["context"] == [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
    ]


def test_blank_fields_are_no_fields(folder: Path) -> None:
    fields = Fields(key="id", prompt="text", completion="answer", label="topic")
    data = b'{"id": "1", "text": "a", "answer": " ", "topic": ""}'
    (record,) = read(folder, "jsonl", data, fields).kept.collect().to_dicts()
    assert (record["completion"], record["label"]) == (None, None)


@pytest.mark.parametrize(
    ("at", "required", "rules"),
    [
        ("2026-01-02T03:04:05Z", True, []),
        ("2026-01-02", True, []),
        ("", True, ["missing_time"]),
        (None, True, ["missing_time"]),
        (None, False, []),
        ("last Friday", False, ["bad_time"]),
        (1767225600, True, ["bad_time"]),
        ("0001-01-01T00:00:00+14:00", True, ["bad_time"]),
    ],
)
def test_times(folder: Path, at: object, required: bool, rules: list[str]) -> None:
    time = EventTime(column="at", timezone="Asia/Almaty", required=required)
    fields = Fields(key="id", prompt="text", event_time=time)
    data = json.dumps({"id": "1", "text": "a", "at": at}).encode()
    assert [rule for rule, _ in outcome(read(folder, "jsonl", data, fields))[1]] == rules


# ------------------------------------------------------------------------------------ CSV

HEADER = "id,text,topic,region\n"


@pytest.mark.parametrize(
    ("rows", "kept", "told"),
    [
        ("1,a,b,c\n2,a,b\n3,a,b,c\n", 2, [("too_few_columns", 3)]),
        ("1,a,b,c\n2,a,b,c,d\n", 1, [("too_many_columns", 3)]),
        ('1,"a\nb",b,c\n2,a,b\n', 1, [("too_few_columns", 4)]),
        ('1,a"b,b,c\n', 1, []),
        ('1,"a"b,b,c\n2,a,b,c\n', 1, [("broken_quoting", 2)]),
        ('1,a,b,c\n2,"a,b,c\n3,a,b,c\n', 1, [("broken_quoting", 3)]),
        ("1,\ufeffa,b,c\n", 1, []),
        ("1,a\x00,b,c\n", 0, [("nul_bytes", 2)]),
        ("\n\n1,a,b,c\n", 1, []),
    ],
)
def test_csv(folder: Path, rows: str, kept: int, told: list[tuple[str, int]]) -> None:
    prompts, found = outcome(read(folder, "csv", (HEADER + rows).encode()))
    assert (len(prompts), found) == (kept, told)


def test_an_unclosed_quote_tells_how_much_is_lost(folder: Path) -> None:
    data = HEADER + '1,"a,b,c\n' + "2,a,b,c\n" * 50
    excluded = read(folder, "csv", data.encode()).excluded.collect()
    evidence = json.loads(excluded["evidence"][0])
    assert (excluded["source_ref"][0], evidence["to_line"]) == ("file#2", 52)


def test_a_byte_that_is_not_in_the_encoding_takes_its_row_only(folder: Path) -> None:
    data = HEADER.encode() + b"1,\xff,b,c\n2,a,b,c\n"
    assert outcome(read(folder, "csv", data)) == (["a"], [("bad_encoding", 2)])


def test_a_column_that_stands_twice_stops_the_file(folder: Path) -> None:
    assert outcome(read(folder, "csv", b"id,text,text\n1,a,b\n"))[1] == [("duplicate_column", 1)]
    assert outcome(read(folder, "csv", b"id,text,,\n1,a,b,c\n"))[0] == ["a"]


def test_a_mark_at_the_beginning_of_a_csv_is_no_part_of_the_header(folder: Path) -> None:
    assert outcome(read(folder, "csv", b"\xef\xbb\xbfid,text\n1,a\n")) == (["a"], [])


# ------------------------------------------------------------------------------- Markdown


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("# No head", "no_front_matter"),
        ("---\nid: 1\ntext: a", "no_front_matter"),
        ("---\nid: [\n---\n", "broken_front_matter"),
        ("---\n- a\n---\n", "broken_front_matter"),
        ("---\njust words\n---\n", "broken_front_matter"),
        ("---\nid: 2026-13-45\n---\n", "broken_front_matter"),
        ("---\nid: !!timestamp x\n---\n", "broken_front_matter"),
        ("---\nid: !!python/name:os.system x\n---\n", "broken_front_matter"),
        ("---\nid: 1\ntext: [a]\n---\n", "wrong_type"),
        ("---\nid: 1\ntext: a\x00\n---\n", "nul_bytes"),
    ],
)
def test_a_broken_article_is_told(folder: Path, text: str, rule: str) -> None:
    assert outcome(read(folder, "markdown", text.encode())) == ([], [(rule, 1)])


def test_an_article_is_read(folder: Path) -> None:
    fields = Fields(key="id", prompt="title", completion="body")
    data = "\ufeff---\r\nid: 7\r\ntitle: A title\r\n---\r\n\r\nText\n---\nmore\n".encode()
    (record,) = read(folder, "markdown", data, fields).kept.collect().to_dicts()
    assert (record["prompt"], record["completion"]) == ("A title", "Text\n---\nmore")


# -------------------------------------------------------------------------------- Parquet


def test_parquet_of_other_types_is_told(folder: Path) -> None:
    path = folder / "typed.parquet"
    frame = pl.DataFrame({"id": [1, 2], "text": [[b"a"], None]})
    frame.write_parquet(path)
    assert outcome(read(folder, "parquet", path.read_bytes()))[1] == [
        ("wrong_type", 1),
        ("missing_text", 2),
    ]


def test_damaged_parquet_is_told(folder: Path) -> None:
    path = folder / "sound.parquet"
    pl.DataFrame({"id": ["1"] * 100, "text": ["a"] * 100}).write_parquet(path)
    sound = path.read_bytes()
    for at in range(0, len(sound), 7):
        damaged = bytearray(sound)
        damaged[at] ^= 0xFF
        outcome(read(folder, "parquet", bytes(damaged)))
    assert outcome(read(folder, "parquet", sound[:-9]))[1] == [("unreadable_file", 0)]
