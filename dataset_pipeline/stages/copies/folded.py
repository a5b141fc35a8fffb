"""Texts by their places; those that are not in hand are made when they are asked for."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import polars as pl

from dataset_pipeline.stages.copies.sketches import Positions
from dataset_pipeline.stages.texts import comparison_text


class Texts(Protocol):
    """As a series of texts is: so many, and some of them by their positions."""

    def __len__(self) -> int: ...

    def gather(self, indices: Positions, /) -> pl.Series:
        """The texts at these positions, in this order."""


@dataclass(frozen=True)
class Folded:
    """Texts as they are compared.

    ``known``: null where a text is not in hand; it is folded again from those ``columns`` of
    ``records``, of the record that ``ids`` names for it.
    """

    known: pl.Series
    ids: pl.Series
    records: pl.LazyFrame
    columns: list[str]

    def __len__(self) -> int:
        return len(self.known)

    def gather(self, indices: Positions, /) -> pl.Series:
        """The texts at these positions, in this order."""
        found = self.known.gather(indices)
        lacking = found.is_null()
        if not lacking.any():
            return found
        rows = self._raw[self._rows[indices[lacking.to_numpy()]]]
        return found.scatter(lacking.arg_true(), rows.select(comparison_text(self.columns)))

    @cached_property
    def _raw(self) -> pl.DataFrame:
        return self.records.select("record_id", *self.columns).collect()

    @cached_property
    def _rows(self) -> Positions:
        """In which row of ``_raw`` the record of each text stands."""
        rows = self._raw.select("record_id").with_row_index("row").cast({"row": pl.Int64})
        named = self.ids.alias("record_id").to_frame()
        joined = named.join(rows, on="record_id", how="left", maintain_order="left")
        return joined["row"].to_numpy()


@dataclass(frozen=True)
class Some:
    """Some of the texts, by their places among all."""

    texts: Texts
    places: Positions

    def __len__(self) -> int:
        return len(self.places)

    def gather(self, indices: Positions, /) -> pl.Series:
        """The texts at these positions among these, in this order."""
        return self.texts.gather(self.places[indices])
