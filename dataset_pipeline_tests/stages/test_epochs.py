"""Times that are numbers: of every kind of source, exact to the microsecond."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataset_pipeline.config import EPOCHS, EventTime
from dataset_pipeline.stages.raw_source import raw_source
from dataset_pipeline.stages.times import times
from dataset_pipeline_tests.stages.readers.making import collected, source, xlsx

FORMS = sorted(EPOCHS)
START = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "Asia/Almaty"])
NUMBERS = st.decimals(-(10**12), 10**12, places=8)


def spec(form: str | None, **more: Any) -> EventTime:
    return EventTime(column="at", format=form, **more)


def expected(number: Decimal, form: str) -> datetime | None:
    """What Python's integers and decimals say."""
    micros = int((number * EPOCHS[form]).quantize(Decimal(1), ROUND_HALF_EVEN))
    try:
        return START + timedelta(microseconds=micros)
    except OverflowError:
        return None


@given(st.lists(NUMBERS, max_size=6), st.sampled_from(FORMS), ZONES)
@example([Decimal("1700000000.1234565"), Decimal("-0.5"), Decimal(0)], "epoch_s", "UTC")
@example([Decimal(253402300799), Decimal(253402300800)], "epoch_s", "UTC")
@example([Decimal(-62135596800), Decimal(-62135596801)], "epoch_s", "UTC")
def test_digits_are_what_decimals_say(numbers: list[Decimal], form: str, zone: str) -> None:
    texts = pl.Series([format(number, "f") for number in numbers], dtype=pl.String)
    found = times(texts, spec(form, timezone=zone)).to_list()
    assert found == [expected(number, form) for number in numbers]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=6), st.sampled_from(FORMS))
@example([2**63 - 1, -(2**63)], "epoch_s")
@example([1_700_000_000_123], "epoch_ms")
def test_integers_are_what_their_digits_are(numbers: list[int], form: str) -> None:
    column = pl.Series(numbers, dtype=pl.Int64)
    assert times(column, spec(form)).to_list() == [expected(Decimal(n), form) for n in numbers]


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), max_size=6))  # noqa: DTZ001
def test_seconds_as_floats_keep_their_microseconds(moments: list[datetime]) -> None:
    aware = [moment.replace(tzinfo=UTC) for moment in moments]
    seconds = pl.Series([(moment - START).total_seconds() for moment in aware], dtype=pl.Float64)
    assert times(seconds, spec("epoch_s")).to_list() == aware


@pytest.mark.parametrize("kind", [pl.Int32, pl.UInt32, pl.UInt64, pl.Int128, pl.Decimal(20, 3)])
def test_every_numeric_type_is_read(kind: Any) -> None:
    column = pl.Series([1_700_000_000, None]).cast(kind)
    found = expected(Decimal(1_700_000_000), "epoch_s")
    assert times(column, spec("epoch_s")).to_list() == [found, None]


@pytest.mark.parametrize(
    "values",
    [
        [
            "1e9",
            "1 1",
            " ",
            "1_0",
            "soon",
            "2026-05-01T00:00:00Z",
            "\uff11",
            "9" * 400,
            ".5",
            "1.",
            "--1",
        ],
        [float("nan"), float("inf"), -float("inf"), 1e300, 1e13, -1e12],
        [2**100, -(2**100), 10**14],
        [True],
    ],
    ids=["texts", "floats", "integers", "booleans"],
)
def test_what_is_no_time_is_none(values: list[Any]) -> None:
    column = pl.Series(values, dtype=pl.Int128) if values[0] == 2**100 else pl.Series(values)
    assert times(column, spec("epoch_s")).to_list() == [None] * len(values)


def test_digits_without_a_form_are_no_time_of_the_middle_ages() -> None:
    texts = pl.Series(["1712010112345", "20260501"])
    assert times(texts, spec(None)).to_list() == [None, datetime(2026, 5, 1, tzinfo=UTC)]


@pytest.mark.parametrize("kind", [pl.Int64, pl.Float64])
def test_numbers_are_read_by_directives_as_their_digits(kind: Any) -> None:
    column = pl.Series([20260501, None, 7], dtype=kind)
    assert times(column, spec("%Y%m%d")).to_list() == [datetime(2026, 5, 1, tzinfo=UTC), None, None]


# ----------------------------------------------------------------------------- kinds of sources

MOMENTS = [1_700_000_000.25, -1.5, 1e13]
Written = Callable[[list[float]], bytes]


def _lines(quoted: bool) -> Written:
    def written(moments: list[float]) -> bytes:
        rows = [
            {"id": str(n), "text": "x", "at": str(at) if quoted else at}
            for n, at in enumerate(moments)
        ]
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    return written


def _csv(moments: list[float]) -> bytes:
    return "".join(["id,text,at\n", *(f"{n},x,{at}\n" for n, at in enumerate(moments))]).encode()


def _parquet(kind: Any) -> Written:
    def written(moments: list[float]) -> bytes:
        at = pl.Series(moments).cast(kind)
        ids = [str(n) for n in range(len(moments))]
        data = io.BytesIO()
        pl.DataFrame({"id": ids, "text": "x", "at": at}).write_parquet(data)
        return data.getvalue()

    return written


def _excel(moments: list[float]) -> bytes:
    return xlsx(["id", "text", "at"], *([str(n), "x", at] for n, at in enumerate(moments)))


KINDS: dict[str, tuple[str, Written]] = {
    "jsonl": ("jsonl", _lines(quoted=False)),
    "jsonl, quoted": ("jsonl", _lines(quoted=True)),
    "csv": ("csv", _csv),
    "parquet": ("parquet", _parquet(pl.Float64)),
    "parquet, text": ("parquet", _parquet(pl.String)),
    "parquet, decimals": ("parquet", _parquet(pl.Decimal(24, 3))),
    "excel": ("excel", _excel),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_source_reads_them(tmp_path: Path, name: str) -> None:
    kind, written = KINDS[name]
    fields = {"key": "id", "prompt": "text", "event_time": {"column": "at", "format": "epoch_s"}}
    contract = {"columns": {"at": {"type": "time"}}}
    made = source(kind, fields=fields, contract=contract)
    result = raw_source("s", made, "0" * 64, collected(tmp_path, {"a": written(MOMENTS)}))
    records, bad = result.kept.collect(), result.excluded.collect()
    found = [START + timedelta(seconds=at) for at in MOMENTS[:2]]
    assert records["event_time"].to_list() == found
    assert bad["rule"].to_list() == ["bad_time"]
    assert "epoch_s" in bad["reason"][0]
    assert result.profile["breaches"] == {"at": {"type": 1}}
