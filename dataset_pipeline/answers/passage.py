"""What a stage did to a record that it kept: names of columns and counts by rule, never a value."""

from typing import Any

import polars as pl

from dataset_pipeline.store.snapshots import Snapshot

# Tables in which a stage counts what it did to each record, and the column that they count by.
_COUNTED = {"changes": "rule", "findings": "entity", "stayed": "entity"}


def changed_columns(before: Snapshot, after: Snapshot, record_id: str) -> list[str]:
    """The columns of a record that have another value after a stage, in the order of the record.

    One that the record did not have before counts where something stands in it now.
    """
    old, new = _row(before, record_id), _row(after, record_id)
    empty: tuple[Any, ...] = (None, [])
    return [
        name
        for name, value in new.items()
        if name != "record_digest" and (value != old[name] if name in old else value not in empty)
    ]


def counted(snapshot: Snapshot, record_id: str) -> dict[str, dict[str, int]]:
    """Table -> rule or kind -> count, of what the stage's tables count for a record.

    ``changes``: texts that a rule changed; ``findings``: values that were replaced; ``stayed``:
    values that the policy keeps.
    """
    found: dict[str, dict[str, int]] = {}
    for name, key in _COUNTED.items():
        if name in snapshot.manifest["tables"]:
            mine = snapshot.table(name).filter(pl.col("record_id") == record_id)
            rows = mine.group_by(key).agg(pl.col("count").sum()).sort(key).collect().rows()
            found |= {name: dict(rows)} if rows else {}
    return found


def _row(snapshot: Snapshot, record_id: str) -> dict[str, Any]:
    mine = snapshot.records.filter(pl.col("record_id") == record_id).head(1)
    return next(mine.collect().iter_rows(named=True), {})
