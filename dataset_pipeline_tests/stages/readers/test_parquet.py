"""Parquet: typed columns that hold what a record cannot, row by row."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.stages.raw_source import raw_source
from dataset_pipeline_tests.stages.readers.making import collected, source

FIELDS = {"key": "id", "prompt": "text"}
TURNS = {"key": "id", "turns": {"column": "turns", "others": "user"}}


def read(
    folder: Path, columns: dict[str, Any], fields: dict[str, Any], **form: Any
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The records, and where which rule quarantined a row."""
    data = io.BytesIO()
    pl.DataFrame(columns).write_parquet(data)
    made = source("parquet", fields=fields, **form)
    result = raw_source("s", made, "0" * 64, collected(folder, {"a.parquet": data.getvalue()}))
    kept, excluded = result.kept.collect(), result.excluded.collect()
    assert result.metrics["rows"] == kept.height + excluded.height
    return kept.to_dicts(), list(excluded.select("source_ref", "rule").iter_rows())


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([10**17, 0]).cast(pl.Datetime("ms")),
        pl.Series([253_402_300_800_000_000, 0]).cast(pl.Datetime("us")),
        pl.Series([-62_135_596_800_001, 0]).cast(pl.Datetime("ms", "UTC")),
        pl.Series([3_000_000, 0]).cast(pl.Date),
    ],
    ids=["milliseconds", "microseconds", "before the year 1", "days"],
)
@pytest.mark.parametrize("mapped", [True, False])
def test_a_time_that_nobody_can_write_takes_its_row_only(
    tmp_path: Path, times: pl.Series, mapped: bool
) -> None:
    fields = {**FIELDS, "event_time": {"column": "time"}} if mapped else FIELDS
    kept, bad = read(tmp_path, {"id": [1, 2], "text": ["a", "b"], "time": times}, fields)
    assert [record["prompt"] for record in kept] == ["b"]
    assert bad == [("a.parquet#1", "bad_time")]


def test_the_last_day_of_all_is_a_time_where_it_is_one_in_utc(tmp_path: Path) -> None:
    last = {"id": [1], "text": ["a"], "time": [datetime(9999, 12, 31, 23, 59)]}  # noqa: DTZ001
    for zone, expected in (("Asia/Almaty", 1), ("America/New_York", 0)):
        time = {"column": "time", "timezone": zone}
        kept, bad = read(tmp_path, last, {**FIELDS, "event_time": time})
        assert (len(kept), len(bad)) == (expected, 1 - expected)
    (record,) = read(tmp_path, last, {**FIELDS, "event_time": {"column": "time"}})[0]
    assert record["event_time"] == datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


def test_a_field_or_turn_that_is_too_large_takes_its_row_only(tmp_path: Path) -> None:
    said = [[{"role": "user", "content": text}] for text in ("x" * 101, "short")]
    columns = {"id": [1, 2], "text": ["x" * 101, "short"], "turns": said}
    for fields in (FIELDS, TURNS):
        kept, bad = read(tmp_path, columns, fields, max_field_bytes=100)
        assert [record["prompt"] for record in kept] == ["short"]
        assert bad == [("a.parquet#1", "oversized_field")]


@pytest.mark.parametrize(
    ("said", "prompts", "rules"),
    [
        (['[{"role": "user", "content": "hi"}]', None], [], ["missing_text", "wrong_type"]),
        ([["hi"], None], [], ["missing_text", "wrong_type"]),
        ([[{"role": "a", "content": {"text": "hi"}}], None], [], ["missing_text", "wrong_type"]),
        ([[{"content": "hi", "more": 1}], None], ["hi"], ["missing_text"]),
        ([[{"role": 7, "content": 1.5}], []], ["1.5"], ["missing_text"]),
    ],
)
def test_a_conversation_is_a_list_of_turns(
    tmp_path: Path, said: list[Any], prompts: list[str], rules: list[str]
) -> None:
    kept, bad = read(tmp_path, {"id": [1, 2], "turns": said}, TURNS)
    assert [record["prompt"] for record in kept] == prompts
    assert sorted(rule for _, rule in bad) == rules


def test_a_file_without_the_column_of_turns_has_no_conversations(tmp_path: Path) -> None:
    assert read(tmp_path, {"id": [1]}, TURNS) == ([], [("a.parquet#1", "missing_text")])


def test_a_column_whose_name_is_used_here_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": [1], "text": ["a"], "_line": [1]}, FIELDS)
    assert found == ([], [("a.parquet#0", "reserved_column")])


def test_a_function_that_is_not_for_a_columns_type_gives_no_text(tmp_path: Path) -> None:
    fields = {"key": "id", "prompt": {"sql": "sqrt(text)"}}
    assert read(tmp_path, {"id": [1], "text": ["a"]}, fields) == (
        [],
        [("a.parquet#1", "missing_text")],
    )
