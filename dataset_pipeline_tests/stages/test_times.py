# ruff: noqa: DTZ001  times without a zone are what is read here
"""Times by whole columns are those that Python reads one by one."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataset_pipeline.config import EventTime
from dataset_pipeline.stages.times import _one_time, times

ZONES = st.sampled_from(["UTC", "Asia/Almaty", "Europe/Berlin", "America/New_York"])
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1))
WRITTEN = MOMENTS.flatmap(
    lambda moment: st.sampled_from(
        [
            moment.isoformat(),
            moment.isoformat(" ", "seconds"),
            moment.isoformat(timespec="milliseconds") + "Z",
            moment.isoformat(timespec="seconds") + "+05:30",
            moment.date().isoformat(),
            moment.strftime("%d.%m.%Y %H:%M"),
            moment.strftime("%Y%m%dT%H%M%S"),
        ]
    )
)
ODD = st.sampled_from(
    [
        *("", " ", "soon", "2026-03-08 02:30:00", "2026-02-30T00:00:00Z", "2026-01-02T24:00:00"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00", "2026-03-29T02:30:00"),
        *("2026-10-25T02:30:00", "2026-1-2", "2026-01-02T03:04", "2026-01-02t03:04:05z"),
        *("2026-01-02T03:04:05.1234567Z", "２０２６-01-02"),
    ]
)
FORMS = st.sampled_from(["%d/%m/%y %H:%M:%S", "%Y-%m-%d %I:%M %p", "%d %b %Y", "%f %Y"])


@given(
    st.lists(WRITTEN | ODD | st.none(), max_size=8),
    ZONES,
    st.sampled_from([None, "%d.%m.%Y %H:%M"]),
)
@example(["2026-03-29T02:30:00"], "Europe/Berlin", None)
@example(["2026-10-25T02:30:00"], "Europe/Berlin", None)
def test_columns_and_single_values_agree(
    texts: list[str | None], zone: str, form: str | None
) -> None:
    spec = EventTime(column="at", timezone=zone, format=form)
    expected = [None if text is None else _one_time(text, spec) for text in texts]
    assert times(pl.Series(texts, dtype=pl.String), spec).to_list() == expected


@given(MOMENTS, ZONES, FORMS)
@example(datetime(2069, 1, 1), "UTC", "%d/%m/%y %H:%M:%S")
def test_forms_mean_what_python_says(moment: datetime, zone: str, form: str) -> None:
    spec = EventTime(column="at", timezone=zone, format=form)
    text = moment.strftime(form)
    assert times(pl.Series([text]), spec).to_list() == [_one_time(text, spec)]


def test_typed_columns() -> None:
    spec = EventTime(column="at", timezone="Asia/Almaty")
    naive = times(pl.Series([datetime(2026, 1, 2, 5), None]), spec)
    assert naive.to_list() == [datetime(2026, 1, 2, 0, tzinfo=UTC), None]
    days = times(pl.Series([date(2026, 1, 2)]), spec)
    assert days.to_list() == [datetime(2026, 1, 1, 19, tzinfo=UTC)]
    aware = times(pl.Series([datetime(2026, 1, 2, tzinfo=UTC)]), spec)
    assert aware.to_list() == [datetime(2026, 1, 2, tzinfo=UTC)]
    assert times(pl.Series([5]), spec).to_list() == [None]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_units(unit: str) -> None:
    moments = [datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=n) for n in range(3)]
    column = pl.Series(moments, dtype=pl.Datetime(unit, "UTC"))  # type: ignore[arg-type]
    found = times(column, EventTime(column="at")).to_list()
    assert [after - before for before, after in pairwise(found)] == [timedelta(seconds=1)] * 2
