"""The rows of a query: all of them the first time, later those that are new or changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.collect.database import Database, reading
from dataset_pipeline.collect.found import Before, Found
from dataset_pipeline.collect.rows import Parts, write_keys, write_parts
from dataset_pipeline.config import SqlSource
from dataset_pipeline.config_problems.places import is_reading
from dataset_pipeline.deltas import (
    ADDED,
    BASE,
    CHANGED,
    DIGEST,
    KEY,
    WITHDRAWN,
    RowFile,
    file_name,
    row_files,
    state,
)
from dataset_pipeline.digests import digest_of, sha256_hex
from dataset_pipeline.errors import CollectError
from dataset_pipeline.store.batches import BatchFile, BatchStore

MOST_STEPS = 30  # after so many deltas a change brings a new base
_RESERVED = {*ADDED, "_line", "_broken", "_first"}  # what reading them back adds


@dataclass(frozen=True)
class _Change:
    """What differs from the collection before: rows to write, keys that are gone."""

    rows: pl.LazyFrame
    gone: pl.DataFrame
    keys: int


def collect_sql(batches: BatchStore, source: SqlSource, before: Before) -> Found:
    """Read the query in one transaction; keep what differs from the collection before."""
    if not is_reading(source.query):
        raise CollectError("the query is neither SELECT nor WITH; only such are run")
    asked = digest_of([source.query, source.key, source.watermark])
    fits = before.batch is not None and before.markers.get("query") == asked
    known = list(before.batch.files) if before.batch and fits else []
    with batches.workspace() as folder, reading(source.connection, source.query) as database:
        query = _Query(batches, source, database, folder)
        query.check_columns()
        highest = database.highest(source.watermark) if source.watermark else None
        since = _since(before.markers) if known and source.watermark else None
        files = query.collected(known, since)
    markers: dict[str, Any] = {"query": asked}
    if source.watermark:
        markers["watermark"] = _marker(highest)
    return Found(files, markers)


class _Query:
    def __init__(
        self, batches: BatchStore, source: SqlSource, database: Database, folder: Path
    ) -> None:
        self._batches, self._source = batches, source
        self._database, self._folder = database, folder
        self._columns = database.columns()
        self._origin = {
            "query_sha256": sha256_hex(source.query.encode()),
            "connection": source.connection,
        }

    def check_columns(self) -> None:
        """The columns that the configuration names are there, each once."""
        for name in (self._source.key, self._source.watermark):
            if name is not None and name not in self._columns:
                raise CollectError(f"the query's result has no column {name!r}")
        if len(set(self._columns)) < len(self._columns):
            raise CollectError("a column's name stands twice in the query's result; rename one")
        if taken := sorted(_RESERVED.intersection(self._columns)):
            raise CollectError(f"rename the query's column {taken[0]!r}; the name is used here")

    def collected(self, known: list[BatchFile], since: Any) -> list[BatchFile]:
        """The batch's files: those that are known, and what is new."""
        files = row_files((file.name, file.copy) for file in known)
        steps = files[-1].step if files else 0
        change = self._since(files, since) if since is not None else None
        if change and change.keys and steps >= MOST_STEPS:
            change = None  # a new base needs every row
        if change is None:
            parts = self._read("all")
            change = _compared(state(files), parts.scan()) if files else None
            if change is None or (change.keys and steps >= MOST_STEPS):
                return [self._written(parts.scan(), 0, BASE)]
        return [*known, *self._delta(change, steps + 1)]

    def _since(self, files: list[RowFile], since: Any) -> _Change | None:
        """The change, from rows at or above the watermark; None where these do not tell it all."""
        rows = self._read("since", column=self._source.watermark, since=since).scan()
        listed = write_keys(self._database.keys(self._source.key), self._folder / "keys")
        old = state(files).collect().lazy()
        other = rows.join(old, on=[KEY, DIGEST], how="anti", nulls_equal=True)
        keys = other.select(KEY).unique().collect().lazy()
        changed = rows.join(keys, on=KEY, how="semi", nulls_equal=True)
        kept = old.select(KEY).join(keys, on=KEY, how="anti", nulls_equal=True)
        expected = _counted(pl.concat([kept, changed.select(KEY)]))
        found = _counted(listed)
        gone = _without(expected, found, [KEY])
        stay = expected.join(gone.lazy(), on=KEY, how="anti", nulls_equal=True)
        explained = _without(found, stay, [KEY, "len"]).is_empty()
        if not explained:
            return None
        return _Change(changed, gone, gone.height + keys.collect().height)

    def _read(self, name: str, **since: Any) -> Parts:
        rows = self._database.rows(**since)
        return write_parts(rows, self._columns, self._source.key, self._folder / name)

    def _delta(self, change: _Change, step: int) -> list[BatchFile]:
        if not change.keys:
            return []
        written = []
        if change.keys > change.gone.height:
            written.append(self._written(change.rows, step, CHANGED))
        if change.gone.height:
            written.append(self._written(change.gone.lazy(), step, WITHDRAWN))
        return written

    def _written(self, frame: pl.LazyFrame, step: int, what: str) -> BatchFile:
        name = file_name(step, what)
        path = self._folder / name
        frame.sink_parquet(path, compression="zstd", maintain_order=True)
        return self._batches.take_file(path, name, self._origin)


def _compared(old: pl.LazyFrame, rows: pl.LazyFrame) -> _Change:
    """A key changed when its rows, by their digests, are not those of before."""
    alike = [KEY, DIGEST]
    before = old.group_by(alike).len().collect().lazy()
    after = rows.group_by(alike).len().collect().lazy()
    every = [*alike, "len"]
    differing = pl.concat([_without(before, after, every), _without(after, before, every)])
    keys = differing.select(KEY).unique()
    gone = _without(keys.lazy(), after, [KEY]).sort(KEY)
    changed = rows.join(keys.lazy(), on=KEY, how="semi", nulls_equal=True)
    return _Change(changed, gone, keys.height)


def _counted(keys: pl.LazyFrame) -> pl.LazyFrame:
    return keys.group_by(KEY).len().collect().lazy()


def _without(left: pl.LazyFrame, right: pl.LazyFrame, on: list[str]) -> pl.DataFrame:
    return left.join(right, on=on, how="anti", nulls_equal=True).select(on).collect()


def _marker(value: Any) -> dict[str, Any] | None:
    """The highest value, so that it can be asked for again as what it was."""
    if isinstance(value, datetime):
        return {"type": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"type": "date", "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {"type": "decimal", "value": str(value)}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"type": type(value).__name__, "value": repr(value)}
    return {"type": "str", "value": value} if isinstance(value, str) else None


_READ_BACK: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "int": int,
    "float": float,
    "str": str,
}


def _since(markers: Mapping[str, Any]) -> Any:
    marker = markers.get("watermark")
    return _READ_BACK[marker["type"]](marker["value"]) if marker else None
