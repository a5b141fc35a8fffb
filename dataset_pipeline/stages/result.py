"""What every stage returns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl


@dataclass(frozen=True)
class StageResult:
    """The outcome of a stage.

    ``kept`` holds records (``RECORD_SCHEMA``), ``excluded`` exclusions (``EXCLUSION_SCHEMA``),
    ``metrics`` figures for people and gates, ``tables`` further evidence by name. ``profile``: what
    a batch looks like, where its source has a contract. ``changed``: the ids of the records kept
    that are not as they came in; None where all may be others. ``noted``: what the stage wants to
    have in hand the next time (``Before``); no part of the result.
    """

    kept: pl.LazyFrame
    excluded: pl.LazyFrame
    metrics: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    changed: pl.Series | None = None
    noted: Mapping[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Before:
    """What a stage noted the last time, and how what comes in differs since then.

    ``fresh``: ids of records that came since; ``gone``: of those that went. A record that was
    changed is in both.
    """

    fresh: pl.Series
    gone: pl.Series
    noted: Mapping[str, pl.DataFrame]

    def still(self, table: str, *columns: str) -> pl.DataFrame:
        """A noted table, of the rows whose records (named in ``columns``) are as they were."""
        rows = self.noted[table]
        for column in columns or ("record_id",):
            rows = rows.filter(~pl.col(column).is_in(self.gone.implode()))
        return rows


@dataclass(frozen=True)
class Whole:
    """What a stage tells of all its records together: metrics, and tables that no record gives."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """The outcome of a stage whose records may not fit into memory.

    ``parts`` yields the records kept, part by part, with their ``record_digest``; ``rest``, called
    when all parts have been taken, tells everything else (its ``kept`` is empty).
    """

    parts: Iterator[pl.DataFrame]
    rest: Callable[[], StageResult]
