"""A source held against its contract: each promise broken on purpose, told in counts alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Contract
from dataset_pipeline.errors import ConfigError
from dataset_pipeline.stages.profile import drifted, refused
from dataset_pipeline.stages.raw_source import raw_source, raw_stream, source_policy
from dataset_pipeline.stages.readers import chunk, jsonl
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline_tests.stages.readers.making import source as make_source

SECRET = "zanzibar"  # stands in every value that breaks a promise
Rows = Sequence[Mapping[str, Any]]
Result = Callable[..., StageResult]


def jsonl_bytes(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def csv_bytes(rows: Rows) -> bytes:
    return pl.DataFrame(rows, infer_schema_length=None).write_csv().encode()


@pytest.fixture
def read(tmp_path: Path) -> Result:
    def told(kind: str, files: Sequence[Rows | bytes], contract: Any, **more: Any) -> StageResult:
        fields = more.pop("fields", {"key": "id", "prompt": "text"})
        made = make_source(kind, fields=fields, contract=contract, **more)
        found = []
        for number, rows in enumerate(files):
            path = tmp_path / f"{number}"
            if isinstance(rows, bytes):
                path.write_bytes(rows)
            elif kind == "parquet":
                pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
            else:
                path.write_bytes(csv_bytes(rows) if kind == "csv" else jsonl_bytes(rows))
            found.append(SourceFile(f"{number}.{kind}", path))
        return raw_source("rows", made, "0" * 64, found)

    return told


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{number}", "text": f"row number {number}", **more}


SOUND = [row(1, value="abc"), row(2, value="abd"), row(3, value="abe")]
# A promise, a value that keeps it and one that breaks it, as text; and which check tells.
PROMISES = [
    ({"type": "integer"}, "-12", f"12{SECRET}", "type"),
    ({"type": "integer"}, "+7", "7.5", "type"),
    ({"type": "number"}, "-1.5e3", SECRET, "type"),
    ({"type": "number"}, "12", "nan", "type"),
    ({"type": "boolean"}, "True", SECRET, "type"),
    ({"type": "date"}, "2024-02-29", "2023-02-29", "type"),
    ({"type": "date"}, "2024-02-29", "29.02.2024", "type"),
    ({"type": "time"}, "2024-02-29T10:00:00+05:00", f"2024-02-29T25:00:00{SECRET}", "type"),
    ({"type": "time"}, "2024-02-29 10:00:00", SECRET, "type"),
    ({"nullable": False}, SECRET, "  ", "nullable"),
    ({"allowed": ["a", "b"]}, "b", SECRET, "allowed"),
    ({"matches": "[a-y]+"}, "abc", SECRET, "matches"),
    ({"matches": "ab|cd"}, "cd", "abd", "matches"),
    ({"type": "number", "minimum": 2}, "2", "1.9", "minimum"),
    ({"type": "integer", "maximum": 2}, "2", "3", "maximum"),
    ({"max_characters": 7}, "сәлем!!", SECRET, "max_characters"),
]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize(("promise", "kept", "broken", "check"), PROMISES)
def test_each_promise(
    read: Result, kind: str, promise: dict[str, Any], kept: str, broken: str, check: str
) -> None:
    contract = {"columns": {"value": promise}}
    values = [kept, broken, kept, broken, kept]
    rows = [row(number, value=value) for number, value in enumerate(values)]
    result = read(kind, [rows], contract)
    assert result.profile["breaches"] == {"value": {check: 2}}
    assert result.kept.collect().height == 5, "a promise is no filter"
    sound = read(kind, [[row(1, value=kept), row(2, value=kept)]], contract)
    assert sound.profile["breaches"] == {}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_what_may_be_missing_breaks_nothing(read: Result, kind: str) -> None:
    promises = {"type": "integer", "minimum": 1, "matches": "[0-9]", "unique": True}
    rows = [row(1, value="1"), row(2, value=None), row(3, value=None), row(4, value="2")]
    result = read(kind, [rows], {"columns": {"value": promises}})
    assert result.profile["breaches"] == {}
    assert result.profile["missing"]["value"] == 0.5


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_several_promises_are_counted_each(read: Result, kind: str) -> None:
    promises = {"type": "integer", "maximum": 5, "max_characters": 2, "nullable": False}
    values = ["1", "9", "100", SECRET, None]
    rows = [row(number, value=value) for number, value in enumerate(values)]
    result = read(kind, [rows], {"columns": {"value": promises, "id": {"matches": "r[0-3]"}}})
    assert result.profile["breaches"] == {
        "id": {"matches": 1},
        "value": {"max_characters": 2, "maximum": 2, "nullable": 1, "type": 1},
    }


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_unique_over_files(read: Result, kind: str) -> None:
    first = [row(1, value="a"), row(2, value="b"), row(3, value="b")]
    second = [row(4, value="a"), row(5, value="c"), row(6, value=None), row(7, value=None)]
    result = read(kind, [first, second], {"columns": {"value": {"unique": True}}})
    assert result.profile["breaches"] == {"value": {"unique": 2}}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_column_that_is_not_there(read: Result, kind: str) -> None:
    columns = {"absent": {"nullable": False}, "other": {"required": False, "nullable": False}}
    result = read(kind, [SOUND], {"columns": columns})
    assert result.profile["breaches"] == {"absent": {"required": 3}}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_one_file_has_not(read: Result, kind: str) -> None:
    files = [SOUND, [row(4), row(5)]]
    result = read(kind, files, {"columns": {"value": {"nullable": False}}})
    assert result.profile["breaches"] == {"value": {"required": 2}}
    assert result.profile["missing"]["value"] == 0.4


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_only_these_columns(read: Result, kind: str) -> None:
    contract = {"columns": {"id": {}, "text": {}, "value": {}}, "only_these_columns": True}
    assert read(kind, [SOUND], contract).profile["breaches"] == {}
    more = [row(4, value="x", extra="y")]
    result = read(kind, [SOUND, more], contract)
    assert result.profile["breaches"] == {"extra": {"only_these_columns": 1}}


def test_a_header_that_is_none_is_not_told(read: Result) -> None:
    """Without a header line, the first row's values stand for names."""
    contract = {"columns": {"id": {}, "text": {}}, "only_these_columns": True}
    told = read("csv", [f"r1,{SECRET} asks\nr2,again\n".encode()], contract).profile
    assert SECRET not in json.dumps(told)
    assert told["breaches"]["id"] == {"required": 1}
    assert len(told["breaches"]) == 4
    mail = read("csv", [f"id,text,{SECRET}@example.com\nr1,a,b\n".encode()], contract).profile
    assert SECRET not in json.dumps(mail)


def test_typed_columns(read: Result) -> None:
    day = date(2026, 5, 1)
    frame = pl.DataFrame(
        {
            "id": ["a", "b", "c"],
            "text": ["one", "two", "three"],
            "whole": [1, 2, None],
            "float": [1.0, 2.5, float("nan")],
            "flag": [True, False, None],
            "day": [day, None, day],
            "moment": [datetime(2026, 5, 1, tzinfo=UTC)] * 3,
            "list": [["x"], None, ["y"]],
        }
    )
    rows = frame.to_dicts()
    kept = {
        "whole": {"type": "integer", "minimum": 1, "maximum": 2, "allowed": None},
        "flag": {"type": "boolean", "allowed": ["true", "false"]},
        "day": {"type": "date", "matches": "2026-05-01"},
        "moment": {"type": "time"},
        "text": {"type": "text"},
        "list": {"required": True},
    }
    assert read("parquet", [rows], {"columns": kept}).profile["breaches"] == {}
    broken = {
        "whole": {"type": "text", "minimum": 2},
        "float": {"type": "integer", "maximum": 2},
        "flag": {"type": "number"},
        "day": {"type": "time", "matches": "2025.*"},
        "moment": {"type": "date"},
        "text": {"type": "integer"},
        "list": {"nullable": False, "max_characters": 3, "type": "text", "allowed": ["x"]},
    }
    assert read("parquet", [rows], {"columns": broken}).profile["breaches"] == {
        "day": {"matches": 2},
        "flag": {"type": 2},
        "float": {"maximum": 1, "type": 2},
        "list": {"allowed": 2, "nullable": 1, "type": 2},
        "moment": {"type": 3},
        "text": {"type": 3},
        "whole": {"minimum": 1, "type": 2},
    }


def test_times_as_the_source_writes_them(read: Result) -> None:
    at = {"column": "at", "format": "%d.%m.%Y %H:%M", "required": False}
    rows = [row(1, at="01.05.2026 10:00"), row(2, at="2026-05-01T10:00:00Z"), row(3, at="1.5.26")]
    fields = {"key": "id", "prompt": "text", "event_time": at}
    for kind in ("time", "date"):
        found = read("csv", [rows], {"columns": {"at": {"type": kind}}}, fields=fields).profile
        assert found["breaches"] == {"at": {"type": 2}}
        assert found["newest_event"] == "2026-05-01T10:00:00+00:00"


def test_a_column_that_is_only_promised_makes_no_row_unusable(read: Result) -> None:
    """Whatever stands in it; and quick and exact reading of JSON agree."""
    odd = [True, {"a": [1]}, [1, 2], 1e5, "1e5", "12", None, "a\\ud800b", 1.5, "x"]
    rows = [row(number, flag=value) for number, value in enumerate(odd)]
    allowed = ['{"a": [1]}', "[1, 2]", "true", "100000", "1e5"]
    promise = {"type": "number", "allowed": allowed}
    contract = {"columns": {"flag": promise}, "drift": {"categories": ["flag"]}}
    quick = read("jsonl", [rows], contract)
    exact = read("json", [json.dumps(rows).encode()], contract)
    assert quick.kept.collect().height == exact.kept.collect().height == len(rows)
    assert quick.excluded.collect().height == 0
    assert quick.profile["breaches"] == exact.profile["breaches"]
    assert quick.profile["breaches"] == {"flag": {"allowed": 4, "type": 5}}
    same = ("missing", "rows", "columns", "categories")
    assert [quick.profile[k] for k in same] == [exact.profile[k] for k in same]
    unasked = read("jsonl", [rows], None)
    assert unasked.kept.collect().equals(quick.kept.collect())
    assert unasked.profile == {}


def test_whole_numbers_of_json_are_whole_however_they_are_written(read: Result) -> None:
    rows = [row(1, flag=100000), row(2, flag=1e5), row(3, flag=2e22), row(4, flag=0.5)]
    written = jsonl_bytes(rows).replace(b"100000.0", b"1e5")
    contract = {"columns": {"flag": {"type": "integer"}}}
    assert read("jsonl", [written], contract).profile["breaches"] == {"flag": {"type": 1}}


@pytest.mark.parametrize(
    "odd", ['"flag": "a", "flag": "b"', '"flag": "a\\ud800"', f'"flag": "{"x" * 300}"']
)
def test_what_is_wrong_with_a_column_that_is_only_promised(read: Result, odd: str) -> None:
    """No matter whether the lines beside it are read one by one."""
    line = f'{{"id": "r0", "text": "a", {odd}}}\n'.encode()
    twice = b'{"id": "r8", "id": "r9", "text": "b", "flag": "a"}\n'
    for more in (b"", twice, b"{\n"):
        data = line + jsonl_bytes([row(1, flag="a")]) + more
        contract = {"columns": {"flag": {"nullable": False}}}
        result = read("jsonl", [data], contract, max_field_bytes=200)
        assert result.kept.collect().height == 2
        assert result.excluded.collect().height == bool(more)
        assert result.profile["breaches"] == {}


def test_the_newest_event_of_all_files(read: Result) -> None:
    fields = {"key": "id", "prompt": "text", "event_time": {"column": "at"}}
    days = ["2026-04-02", "2026-04-30", "2026-04-01"]
    files = [[row(n, at=f"{day}T00:00:00Z")] for n, day in enumerate(days)]
    found = read("jsonl", files, {}, fields=fields).profile["newest_event"]
    assert found == "2026-04-30T00:00:00+00:00"


def test_many_chunks_say_what_one_says(read: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of values that stand twice on both sides of a chunk's end."""
    rows = [
        row(n, value=str(n % 211), topic=f"t{n % 7}", flag=n % 3 == 0 or None) for n in range(900)
    ]
    contract = {
        "columns": {
            "value": {"unique": True, "type": "integer", "maximum": 200},
            "topic": {"allowed": ["t1", "t2"], "matches": "t[0-5]"},
            "id": {"unique": True},
        },
        "drift": {"categories": ["topic"]},
    }
    expected = {
        "topic": {"allowed": 642, "matches": 128},
        "value": {"maximum": 40, "unique": 689},
    }
    kinds = ("jsonl", "csv", "parquet")
    whole = {kind: read(kind, [rows], contract).profile for kind in kinds}
    monkeypatch.setattr(jsonl, "_BLOCK", 1000)
    monkeypatch.setattr(chunk, "_ROWS", 17)
    for kind in kinds:
        parts = [rows[:50], rows[50:51], rows[51:]]
        assert whole[kind]["breaches"] == expected
        assert read(kind, parts, contract).profile == whole[kind]


def test_nothing_of_a_row_is_told(read: Result, capsys: pytest.CaptureFixture[str]) -> None:
    promises = {
        "type": "integer", "allowed": ["a"], "matches": "b", "max_characters": 1, "unique": True,
    }  # fmt: skip
    rows = [row(number, value=f"{SECRET} {number}") for number in range(30)]
    contract = {"columns": {"value": promises}, "drift": {"categories": ["value", "text"]}}
    told = read("jsonl", [rows], contract).profile
    assert set(told["breaches"]["value"]) == {"type", "allowed", "matches", "max_characters"}
    assert SECRET not in json.dumps(told)
    assert "row number" not in json.dumps(told)
    assert SECRET not in "".join(capsys.readouterr())


def test_a_pattern_that_polars_does_not_know(tmp_path: Path) -> None:
    contract = {"columns": {"value": {"matches": r"(?=a)b"}}}
    made = make_source("jsonl", fields={"prompt": "text"}, contract=contract)
    with pytest.raises(ConfigError, match=r"contract.columns.value.matches"):
        raw_stream("rows", made, "0" * 64, [])


# -------------------------------------------------------------------------------------- profiles


def profiles(read: Result, before: Rows, now: Rows, contract: dict[str, Any]) -> list[str]:
    old, new = (read("csv", [rows], contract).profile for rows in (before, now))
    found = json.loads(json.dumps(old)), json.loads(json.dumps(new))
    return drifted(*found, Contract.model_validate(contract))


def topics(*counts: int) -> list[dict[str, Any]]:
    names = [f"t{number}" for number, count in enumerate(counts) for _ in range(count)]
    return [row(number, topic=name) for number, name in enumerate(names)]


def test_drift_of_columns(read: Result) -> None:
    before, now = [row(1, old="a", same="b")], [row(1, new="a", same="b")]
    assert profiles(read, before, now, {}) == ["column new appeared", "column old vanished"]
    assert profiles(read, now, now, {}) == []


def test_drift_of_missing_values(read: Result) -> None:
    def rows(missing: int) -> Rows:
        return [row(n, value=None if n < missing else "a") for n in range(10)]

    contract = {"columns": {"value": {}}, "drift": {"null_share": 0.3}}
    assert profiles(read, rows(1), rows(4), contract) == []
    told = "value: the share of rows without a value went from 10.0% to 50.0%"
    assert profiles(read, rows(1), rows(5), contract) == [told]
    assert profiles(read, rows(5), rows(1), contract) != []


def test_drift_of_categories(read: Result) -> None:
    drift = {"categories": ["topic"], "category_share": 0.25}
    contract: dict[str, Any] = {"drift": drift}
    assert profiles(read, topics(5, 5), topics(10, 10), contract) == []
    assert profiles(read, topics(10, 10), topics(15, 5), contract) == []
    told = "topic: total variation of its shares is 0.300, over 0.25"
    assert profiles(read, topics(10, 10), topics(16, 4), contract) == [told]
    assert profiles(read, topics(10, 10), topics(5, 5, 10), contract) != []
    named = {**contract, "columns": {"topic": {"allowed": ["t0", "t1"]}}}
    assert profiles(read, topics(10, 10), topics(16, 4), named)[0].startswith(f"{told} (most: t"), (
        "a value may be told where the contract names it"
    )


def test_columns_of_json_are_those_looked_for(read: Result) -> None:
    now = read("jsonl", [[row(1, value="a", new="b")]], {"columns": {"value": {}}}).profile
    before = read("jsonl", [[row(1, value=None)]], {"columns": {"value": {}}}).profile
    elsewhere = read("jsonl", [[row(1, value="a")]], {}).profile
    assert now["columns"] == ["id", "text", "value"]
    assert drifted(before, now, Contract())[0] == "column value appeared"
    assert drifted(now, before, Contract())[0] == "column value vanished"
    assert drifted(elsewhere, now, Contract()) == [], "nobody looked for it then"


def test_a_category_has_few_short_values(read: Result) -> None:
    contract = {"drift": {"categories": ["topic"]}}
    sixty = read("csv", [topics(*range(1, 61))], contract).profile
    shares = sixty["categories"]["topic"]
    assert len(shares) == 51
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert shares["others"] == pytest.approx(sum(range(1, 11)) / sum(range(1, 61)), abs=1e-6)
    assert refused(sixty) == []
    many = read("csv", [topics(*[1] * 600), topics(*[0] * 600, *[1] * 600)], contract).profile
    assert refused(many) == ["topic is no category: it has more than 1000 different values"]
    assert many["categories"]["topic"] == {}
    long = read("csv", [[row(1, topic="x" * 101)]], contract).profile
    assert refused(long) == ["topic is no category: it has values of more than 100 characters"]


def test_what_makes_a_source_be_read_again() -> None:
    def policy(contract: Any) -> str:
        fields = {"key": "id", "prompt": "text", "event_time": {"column": "at"}}
        return source_policy("rows", make_source("jsonl", fields=fields, contract=contract))

    base: dict[str, Any] = {"columns": {"value": {"type": "integer"}}}
    limits = {"freshness": {"max_age_days": 3.0}, "drift": {"null_share": 0.5}, "on_breach": "warn"}
    assert policy(base) == policy({**base, **limits}), "limits are held against what is known"
    assert policy(base) != policy({"columns": {"value": {"type": "number"}}})
    assert policy(base) != policy({**base, "drift": {"categories": ["value"]}})
    assert policy(base) != policy(None)
