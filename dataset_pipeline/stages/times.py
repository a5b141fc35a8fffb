"""Times as sources write them, in UTC: by Polars where it can, else value by value.

Times that are numbers are read in ``epochs.py``.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from dataset_pipeline.config import EPOCHS, EventTime
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.stages.epochs import epoch_times

_UTC = RECORD_SCHEMA["event_time"]
_ISO = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?$"
_MANY_DIGITS = re.compile(r"\d{9,}")


def times(values: pl.Series, spec: EventTime) -> pl.Series:
    """Times in UTC; null where a value is none, or is written in another way."""
    values = _in_writing(values, spec)
    kind = values.dtype
    if isinstance(kind, pl.Date):
        values, kind = values.cast(pl.Datetime("us")), pl.Datetime("us")
    if isinstance(kind, pl.Datetime):
        zoned = values if kind.time_zone else _zoned(values.cast(pl.Datetime("us")), spec.timezone)
        return _writable(zoned.dt.convert_time_zone("UTC").cast(_UTC))
    unit = EPOCHS.get(spec.format or "")
    if unit and (kind.is_numeric() or isinstance(kind, pl.String)):
        return epoch_times(values, unit)
    if not isinstance(kind, pl.String):
        return pl.Series(values=[None] * len(values), dtype=_UTC)
    quick = _utc_times(values) if spec.format is None else None
    if quick is None:
        quick = _quick_times(values, spec)
    left = (quick.is_null() & values.is_not_null()).arg_true()
    if left.is_empty():
        return quick
    texts = values.gather(left).unique()
    slow = {text: _one_time(text, spec) for text in texts.to_list()}
    found = [slow[text] for text in values.gather(left).to_list()]
    return quick.scatter(left, pl.Series(found, dtype=_UTC))


def _in_writing(values: pl.Series, spec: EventTime) -> pl.Series:
    """Numbers as the digits that a form speaks of: 20260501 is a day by ``%Y%m%d``."""
    if not values.dtype.is_numeric() or spec.format is None or spec.format in EPOCHS:
        return values
    return values.cast(pl.String).str.strip_suffix(".0")


def _utc_times(values: pl.Series) -> pl.Series | None:
    """Times when all are written as most programs write them; else None."""
    found = values.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False)
    if found.null_count() > values.null_count():
        return None
    return found.dt.replace_time_zone("UTC")


def _quick_times(values: pl.Series, spec: EventTime) -> pl.Series:
    text = pl.col("text")
    if spec.format is None:
        plain = pl.when(text.str.contains(_ISO)).then(text.str.replace(" ", "T", literal=True))
        aware = plain.str.contains(r"(?:Z|[+-]\d\d:\d\d)$")
        zoned = (
            pl.when(aware)
            .then(plain)
            .str.to_datetime(
                "%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False
            )
        )
        naive = (
            pl.when(~aware)
            .then(plain)
            .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
        )
    elif re.search(r"%[^YmdHMSyBbjIp%]", spec.format):
        return pl.Series(values=[None] * len(values), dtype=_UTC)
    else:
        zoned = pl.lit(None, _UTC)
        naive = text.str.to_datetime(spec.format, time_unit="us", strict=False)
        if "%y" in spec.format:  # Python takes 69 for 1969, as POSIX does, and Polars for 2069
            naive = pl.when(naive.dt.year() != 2069).then(naive)
    both = values.alias("text").to_frame().select(zoned.alias("zoned"), naive.alias("naive"))
    local = _zoned(both["naive"], spec.timezone).dt.convert_time_zone("UTC")
    return _writable(both["zoned"].zip_with(both["zoned"].is_not_null(), local))


def _writable(found: pl.Series) -> pl.Series:
    """Without times that are none in UTC: the last evening of the year 9999, say."""
    return found.set(~found.dt.year().is_between(1, 9999), None)


def _zoned(naive: pl.Series, zone: str) -> pl.Series:
    """Times of a place: of an hour that comes twice the first; null for one that never comes."""
    return naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")


def _one_time(text: str, spec: EventTime) -> datetime | None:
    if spec.format is None and _MANY_DIGITS.fullmatch(text):
        return None  # milliseconds since 1970, say, where Python may see a day of the year 1712
    try:
        value = (
            datetime.strptime(text, spec.format)  # noqa: DTZ007  the zone comes below
            if spec.format
            else datetime.fromisoformat(text)
        )
        zoned = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(spec.timezone))
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
