"""What a source promises about its columns, checked at each collection.

A contract speaks of the source's own columns, and of the rows that could be read. It is a promise
and no filter: rows that break it stay records, and are counted.
"""

from typing import Annotated, Literal

from pydantic import Field

from dataset_pipeline.config.base import Column, Share, Strict

Figure = Annotated[float, Field(allow_inf_nan=False)]


class ColumnPromise(Strict):
    """What holds for every row's value in one column of the source.

    ``type``: each value is one, or is text that reads as one (CSV and JSON have nothing else): a
    number with a point, true or false, a date like 2026-05-01, a time as ``fields.event_time``
    writes it or in ISO 8601. ``required``: the column is there. ``nullable``: a row may have no
    value, or a blank one; what else is promised, is promised of values. ``unique``: no value
    stands twice in a batch. ``allowed``, ``matches`` (a regular expression for the whole value)
    and ``max_characters`` speak of the value as text, ``minimum`` and ``maximum`` of numbers.
    """

    type: Literal["text", "integer", "number", "boolean", "date", "time"] | None = None
    required: bool = True
    nullable: bool = True
    unique: bool = False
    allowed: list[str] | None = Field(default=None, min_length=1)
    matches: str | None = None
    minimum: Figure | None = None
    maximum: Figure | None = None
    max_characters: int | None = Field(default=None, ge=1)


class Freshness(Strict):
    """The newest event is not older than so many days, on the day of collection."""

    max_age_days: Figure = Field(gt=0)


class Drift(Strict):
    """How far a batch may be from the one before it: differences of shares, each 0 to 1.

    ``categories`` names columns with few values, whose shares are compared (total variation).
    """

    null_share: Share = 0.1
    category_share: Share = 0.2
    categories: list[Column] = []


class Contract(Strict):
    """A source's contract. ``on_breach``: whether a breach stops the run or warns.

    ``only_these_columns``: the source has no column that ``columns`` does not name; for kinds
    whose rows share a header (CSV, TSV, Excel, Parquet, SQL). Drift only warns; of the other kinds
    it knows the columns that are mapped or named here, and such a one is there when it has a value.
    """

    columns: dict[Column, ColumnPromise] = {}
    only_these_columns: bool = False
    freshness: Freshness | None = None
    drift: Drift = Drift()
    on_breach: Literal["stop", "warn"] = "stop"
