"""Times that are numbers, counted from 1970: exactly, as decimals, to the microsecond."""

from decimal import Decimal

import polars as pl

from dataset_pipeline.records import RECORD_SCHEMA

_UTC = RECORD_SCHEMA["event_time"]
_EXACT = pl.Decimal(38, 9)
_MOST = 1e19  # of any unit; beyond it lies no year that can be written
_YEARS = (-62_135_596_800_000_000, 253_402_300_799_999_999)  # 1 to 9999, in microseconds
_DIGITS = r"^[+-]?[0-9]{1,19}(?:\.[0-9]+)?$"


def epoch_times(values: pl.Series, unit: Decimal) -> pl.Series:
    """Times in UTC of numbers or texts of digits; null where a value is none, or too large.

    ``unit``: the microseconds of one. What is finer is rounded, the half to the even one.
    """
    micros = (_decimals(values) * unit).round().cast(pl.Int64, strict=False)
    # Of years that nobody can write Polars makes a time that it panics on.
    return micros.set(~micros.is_between(*_YEARS), None).cast(_UTC).rename("")


def _decimals(values: pl.Series) -> pl.Series:
    if not values.dtype.is_numeric():
        digits = values.str.strip_chars()  # a database pads what is CHAR
        return digits.set(~digits.str.contains(_DIGITS), None).cast(_EXACT, strict=False)
    within = values.set(~values.cast(pl.Float64).is_between(-_MOST, _MOST), None)
    if not within.dtype.is_float():
        return within.cast(_EXACT, strict=False)
    whole = within.floor()  # apart, for a large float loses microseconds on its way to a decimal
    return whole.cast(pl.Int64, strict=False).cast(_EXACT) + (within - whole).cast(_EXACT)
