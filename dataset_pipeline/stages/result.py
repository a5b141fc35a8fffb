"""What every stage returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class StageResult:
    """The outcome of a stage.

    ``kept`` holds records (``RECORD_SCHEMA``), ``excluded`` exclusions (``EXCLUSION_SCHEMA``),
    ``metrics`` figures for people and gates, ``tables`` further evidence by name.
    """

    kept: pl.LazyFrame
    excluded: pl.LazyFrame
    metrics: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
