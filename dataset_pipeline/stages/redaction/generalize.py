"""A city for an address, an age band or a month for a date: what may be known of a value."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dataset_pipeline.config.redacted import Generalized

_MONTHS = (
    "jan|янв|қаң", "feb|фев|ақп", "mar|мар|нау", "apr|апр|сәу", "may|май|мая|мам", "jun|июн|мау",
    "jul|июл|шіл", "aug|авг|там", "sep|сен|қыр", "oct|окт|қаз", "nov|ноя|қар", "dec|дек|жел",
)  # fmt: skip
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d{2})[./-](\d{1,2})[./-](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2((?:19|20)\d{2})(?!\d)")
_NAMED = re.compile(
    r"(?i)(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s.]+(?:of )?([^\W\d_]{3,})[\s.,]+((?:19|20)\d{2})(?!\d)"
)
_NAMED_FIRST = re.compile(
    r"(?i)([^\W\d_]{3,})[\s.]+(\d{1,2})(?:st|nd|rd|th)?[\s.,]+((?:19|20)\d{2})(?!\d)"
)


def generalized(row: Mapping[str, Any], rules: Generalized) -> str | None:
    """What stands for a value (``entity``, ``value``, ``event_time``); None: its marker alone.

    A date that can be read in two ways is generalized only where both come to the same.
    """
    rule = rules.rules[row["entity"]]
    if rule == "city":
        return _city(row["value"], rules.cities)
    read = dates_in(row["value"])
    told: set[str | None] = set()
    if rule == "month":
        told = {f"{day:%Y-%m}" for day in read}
    else:
        happened: datetime | None = row["event_time"]
        on = rules.age_on or (happened.date() if happened else None)
        if on:
            told = {_band(born, on, rules.age_band_years) for born in read}
    return told.pop() if len(told) == 1 else None


def _city(value: str, cities: list[str]) -> str | None:
    """The one city that the address names."""
    named = {city for city in cities if re.search(rf"(?i)\b{re.escape(city)}\b", value)}
    return named.pop() if len(named) == 1 else None


def _band(born: date, on: date, years: int) -> str | None:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if not 0 <= age <= 130:
        return None
    low = age // years * years
    return f"{low}-{low + years - 1}"


def dates_in(value: str) -> set[date]:
    """The days that a text may mean: one, or two where day and month can be taken for another."""
    found: set[date] = set()
    for year, month, day in _YEAR_FIRST.findall(value):
        found |= _day(year, month, day)
    for first, separator, second, year in _YEAR_LAST.findall(value):
        found |= _day(year, second, first)
        if separator != ".":  # with points the day always comes first
            found |= _day(year, first, second)
    for day, name, year in _NAMED.findall(value):
        found |= _day(year, _month(name), day)
    for name, day, year in _NAMED_FIRST.findall(value):
        found |= _day(year, _month(name), day)
    return found


def _month(name: str) -> int:
    starts = name.lower()
    return next((n for n, p in enumerate(_MONTHS, 1) if re.match(p, starts)), 0)


def _day(year: str | int, month: str | int, day: str | int) -> set[date]:
    try:
        return {date(int(year), int(month), int(day))}
    except ValueError:
        return set()
