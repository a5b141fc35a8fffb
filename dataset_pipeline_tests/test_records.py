"""Identity and digests of records: what they depend on, what they ignore, and fixed values."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from dataset_pipeline.records import (
    COORDINATES,
    RECORD_SCHEMA,
    canonical_rows,
    record_id,
    row_digests,
    table_digest,
)
from dataset_pipeline_tests.stages.frames import record_frames

AWKWARD = '"\\/\b\f\n\r\t\x00\x01\x1f\x7f\x85\u2028\u2029\ufeff\uffff\U0001f600\U0010ffff é e\u0301'
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

GOLDEN: dict[str, Any] = {
    "record_id": record_id("helpdesk", "HD-1"),
    "source_id": "helpdesk",
    "batch_id": "0" * 64,
    "source_ref": "sources/helpdesk/2026-01.jsonl#7",
    "origin": "transformed",
    "parents": ["b", "a"],
    "generation": 0,
    "group_id": "group",
    "event_time": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    "prompt": 'Где "посылка"? 📦\n\\',
    "context": [{"role": "user", "content": "Сәлем"}],
    "completion": None,
    "rejected": None,
    "label": "delivery",
    "language": "ru",
    "attributes": [{"key": "channel", "value": "web"}],
    "split": "test",
}
# Changing any of these changes the name of every snapshot ever made: raise the format instead.
GOLDEN_ID = "668e59c6c5ad6336263b0b4c8f80249d"
GOLDEN_ROW = "edc31094fbc26c944e19d5fb25fd0177781bcadc0fdbd8e1223b89e2e3de0926"
GOLDEN_TABLE = "0f13f9073b54686a80231fdb21a6e8c2064cbaa29978157dbb77e5614584f3d2"


def golden() -> pl.DataFrame:
    return pl.DataFrame([GOLDEN], schema=RECORD_SCHEMA)


def expected(row: dict[str, Any]) -> bytes:
    """The row by the reference library for RFC 8785."""
    time = row["event_time"]
    return rfc8785.dumps(
        {**row, "event_time": time and time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    )


@given(record_frames())
def test_canonical_rows_are_those_of_the_reference_library(frame: pl.DataFrame) -> None:
    assert canonical_rows(frame) == [expected(row) for row in frame.iter_rows(named=True)]


@given(any_text)
@example(AWKWARD)
@example('"')
def test_any_text_is_canonical(text: str) -> None:
    frame = pl.DataFrame({"b": [text], "a": [[{"role": text, "content": text}]]})
    wanted = rfc8785.dumps({"a": [{"content": text, "role": text}], "b": text})
    assert canonical_rows(frame) == [wanted]


def test_golden_digests() -> None:
    assert GOLDEN["record_id"] == GOLDEN_ID
    (row,) = row_digests(golden())
    assert row == GOLDEN_ROW
    second = golden().with_columns(pl.lit("x").alias("prompt"))
    assert table_digest(row_digests(pl.concat([golden(), second]))) == GOLDEN_TABLE


@given(record_frames(), st.randoms())
def test_a_table_is_the_same_in_any_order(frame: pl.DataFrame, random: Any) -> None:
    order = list(range(frame.height))
    random.shuffle(order)
    assert table_digest(row_digests(frame[order])) == table_digest(row_digests(frame))


@pytest.mark.parametrize("column", sorted(RECORD_SCHEMA))
def test_every_column_but_the_coordinates_counts(column: str) -> None:
    others = {
        "origin": "original",
        "parents": ["a", "b"],
        "generation": 1,
        "event_time": datetime(2026, 1, 2, 3, 4, 5, 679, tzinfo=UTC),
        "context": [{"role": "assistant", "content": "Сәлем"}],
        "attributes": [],
        "split": "train",
    }
    changed = pl.DataFrame([{**GOLDEN, column: others.get(column, "other")}], schema=RECORD_SCHEMA)
    same = row_digests(changed)[0] == row_digests(golden())[0]
    assert same is (column in COORDINATES)


def test_null_and_empty_differ() -> None:
    empty = golden().with_columns(pl.lit("").alias("completion"))
    assert row_digests(empty)[0] != row_digests(golden())[0]


@given(any_text, any_text, any_text, any_text)
def test_ids_are_the_same_for_the_same_source_and_key_only(a: str, b: str, c: str, d: str) -> None:
    assert (record_id(a, b) == record_id(c, d)) is ((a, b) == (c, d))


def test_lengths_keep_source_and_key_apart() -> None:
    assert record_id("ab", "c") != record_id("a", "bc")
