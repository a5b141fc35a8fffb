"""Holds what a source brings against its contract: counts by column and promise, no values."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from dataset_pipeline.config import Contract, Source
from dataset_pipeline.stages.profile import BatchProfile, told_names
from dataset_pipeline.stages.promises import Promises, as_text
from dataset_pipeline.stages.readers.chunk import LINE, Chunk, wanted

VERSION = "1"
_WITH_HEADER = ("csv", "tsv", "excel")
_TYPED = ("parquet", "sql")


def columns_asked(contract: Contract | None) -> list[str]:
    """The columns that a contract wants to see, beside those that are mapped."""
    return [*contract.columns, *contract.drift.categories] if contract else []


def reading_part(contract: Contract) -> dict[str, Any]:
    """What of a contract decides how a batch is looked at; limits are held against it later."""
    plain = contract.plain()
    looked_at = {"categories": plain["drift"]["categories"], "version": VERSION}
    return {key: plain[key] for key in ("columns", "only_these_columns")} | looked_at


class Watch:
    """Looks at the chunks of a batch as they pass. Nothing is kept of them but counts.

    For a column that is ``unique`` that is a hash of eight bytes a row.
    """

    def __init__(self, source: Source, contract: Contract) -> None:
        self._source, self._contract = source, contract
        names = wanted(source.fields, *columns_asked(contract)).schema
        self._asked = sorted(names)
        self._profile = BatchProfile(contract.drift.categories)
        self._breaches: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._hashes: defaultdict[str, list[pl.Series]] = defaultdict(list)
        self._promises = Promises(contract.columns, source.fields.event_time)
        self._newest: datetime | None = None

    def look(self, chunk: Chunk) -> None:
        """Hold the rows of a chunk against the contract, those that become no record as well."""
        frame = chunk.frame.drop(LINE)
        if not frame.height:
            return
        columns = self._columns(chunk)
        values = frame.select(as_text(frame[name]) for name in frame.columns)
        told = told_names(columns, self._asked)
        self._profile.add(values.rename(told, strict=False), told.values())
        there = [name for name in frame.columns if name in told]
        self._count(self._promises.broken(frame.select(there), values))
        self._count(self._of_columns(told, frame.height))
        for name in there:
            if name in self._contract.columns and self._contract.columns[name].unique:
                self._hashes[name].append(values[name].drop_nulls().hash())

    def kept(self, records: pl.DataFrame) -> None:
        """Take note of the newest event among records that were kept."""
        newest = records["event_time"].max()
        if isinstance(newest, datetime):
            self._newest = max(newest, self._newest or newest)

    def told(self) -> dict[str, Any]:
        """The batch's profile, what of the contract it breaks, and its newest event."""
        profile = self._profile.told(None if self._has_header else self._asked)
        newest = self._newest.astimezone(UTC).isoformat() if self._newest else None
        return {**profile, "breaches": self._all_breaches(), "newest_event": newest}

    @property
    def _has_header(self) -> bool:
        return self._source.kind in (*_WITH_HEADER, *_TYPED)

    def _columns(self, chunk: Chunk) -> list[str]:
        """The columns of a chunk's file, or, where rows have names of their own, those asked."""
        if self._source.kind in _WITH_HEADER:
            return [name for name in chunk.columns or () if name]
        return [name for name in chunk.frame.columns if name != LINE]

    def _of_columns(self, told: Mapping[str, str], rows: int) -> dict[str, dict[str, int]]:
        """Columns that should be there and are not, or the other way round."""
        promised = self._contract.columns
        absent = [name for name, p in promised.items() if p.required and name not in told]
        found = {name: {"required": rows} for name in absent}
        if self._contract.only_these_columns:
            others = [shown for name, shown in told.items() if name not in promised]
            found |= {name: {"only_these_columns": rows} for name in others}
        return found

    def _count(self, breaches: Mapping[str, Mapping[str, int]]) -> None:
        for name, rows in breaches.items():
            self._breaches[name].update(rows)

    def _all_breaches(self) -> dict[str, dict[str, int]]:
        found = {name: dict(rows) for name, rows in self._breaches.items()}
        for name, parts in self._hashes.items():
            hashes = pl.concat(parts)
            if repeated := len(hashes) - hashes.n_unique():
                found.setdefault(name, {})["unique"] = repeated
        if not self._has_header and self._profile.rows:
            self._absent(found)
        return {name: dict(sorted(rows.items())) for name, rows in sorted(found.items()) if rows}

    def _absent(self, found: dict[str, dict[str, int]]) -> None:
        """A column in which no row has a value is not there, where rows have names of their own."""
        for name, promise in self._contract.columns.items():
            if not self._profile.filled[name]:
                found[name] = {"required": self._profile.rows} if promise.required else {}
