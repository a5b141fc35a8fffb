"""Identity and digests of records: what they depend on, what they ignore, and fixed values."""

import hashlib
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
    record_ids,
    row_digests,
    sha256_of,
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
GOLDEN_ROW = "c5ff55cdd0b9b6dae26b26482a5158e6a48aa0c936bd7a5d0f437e541ce197dc"
GOLDEN_TABLE = "86e4eefe5ab13c85adcaeea0cdba1e6902da5775d86995628d8bba39c63d5d50"


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


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["b" * 64, "a" * 64, "b" * 64],
        ["f" * 15 + "b" + "0" * 48, "f" * 15 + "a" + "0" * 48, "0" * 64],  # two begin alike
    ],
)
def test_a_tables_digest_is_that_of_its_sorted_rows(rows: list[str]) -> None:
    wanted = hashlib.sha256("".join(sorted(rows)).encode()).hexdigest()
    assert table_digest(pl.Series("record_digest", rows, pl.String)) == wanted


@pytest.mark.parametrize("column", sorted(RECORD_SCHEMA))
def test_every_column_but_the_coordinates_counts(column: str) -> None:
    others = {
        "origin": "original",
        "parents": ["a", "b"],
        "generation": 1,
        "event_time": datetime(2026, 1, 2, 3, 4, 5, 679, tzinfo=UTC),
        "context": [{"role": "assistant", "content": "Сәлем"}],
        "attributes": [],
        "attachments": [{"name": "a.png", "sha256": None, "media_type": None, "bytes": 1}],
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


@given(st.lists(st.text(max_size=20), max_size=5))
def test_hashes_and_ids_of_columns_are_those_of_single_values(texts: list[str]) -> None:
    frame = pl.DataFrame({"text": [*texts, None]}, schema={"text": pl.String})
    hashed = frame.select(sha256_of(pl.col("text")))["text"].to_list()
    assert hashed == [*(hashlib.sha256(text.encode()).hexdigest() for text in texts), None]
    ids = frame.select(record_ids("quelle é", pl.col("text")))["record_id"].to_list()
    assert ids == [*(record_id("quelle é", text) for text in texts), None]
