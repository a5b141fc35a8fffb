"""What a collection changed among a source's records, once they were read."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dataset_pipeline.collect.collector import Collection
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

_LOOKED_AT = ("record_id", "record_digest")


def settle(
    store: Store,
    collection: Collection,
    snapshot: Snapshot,
    reading: str,
    profile: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Compare with the snapshot of the collection before; write down counts and withdrawals.

    ``reading`` names how rows become records: where that changed in between, ids may differ
    though the source does not, and nothing is said. ``profile``: what the batch looks like, for
    the collections to come. Gives the collection's entry with ``rows`` and, where there is a
    profile, ``profile_before``: that of the batch before. The comparison never enters a snapshot.
    """
    batch, entry = collection.batch, collection.entry
    last = store.collections.last_counted(batch.dataset, batch.source_id)
    rows = {"kept": snapshot.rows("records"), "quarantined": snapshot.rows("excluded")}
    store.batches.count_rows(batch.digest, rows)
    if last is None:
        counts: Mapping[str, int] = {**_none(), "new": rows["kept"]}
    elif last["snapshot"] == snapshot.digest:
        counts = {**_none(), "unchanged": rows["kept"]}
    elif last["reading"] == reading and store.snapshots.has(last["snapshot"]):
        before = store.snapshots.open(last["snapshot"])
        counts = _compared(before, snapshot)
        if counts["withdrawn"]:
            _withdraw(store, collection, last["batch"], before, snapshot)
    else:  # read in another way, or the snapshot of before was removed: nobody can tell
        counts = {}
    facts = {
        "snapshot": snapshot.digest,
        "batch": batch.digest,
        "reading": reading,
        "rows": {**rows, **counts},
    }
    known: dict[str, Any] = {}
    if profile:
        facts["profile"] = store.collections.keep_markers(profile)
        before_this = (batch.dataset, batch.source_id, batch.digest)
        known["profile_before"] = store.collections.profile_before(*before_this)
    store.collections.counted(batch.dataset, batch.source_id, entry["collection"], **facts)
    return {**entry, **facts, **known}


def _none() -> dict[str, int]:
    return dict.fromkeys(("new", "changed", "withdrawn", "unchanged"), 0)


def _compared(before: Snapshot, after: Snapshot) -> dict[str, int]:
    old, new = (item.records.select(_LOOKED_AT) for item in (before, after))
    joined = old.join(new, on="record_id", how="full", suffix="_now")
    same = pl.col("record_digest") == pl.col("record_digest_now")
    counted = joined.select(
        new=pl.col("record_id").is_null().sum(),
        changed=(~same).sum(),
        withdrawn=pl.col("record_id_now").is_null().sum(),
        unchanged=same.sum(),
    ).collect()
    return {name: int(count) for name, count in counted.row(0, named=True).items()}


def _withdraw(
    store: Store, collection: Collection, last_batch: str, before: Snapshot, after: Snapshot
) -> None:
    batch, now = collection.batch, after.records.select("record_id")
    gone = before.records.select("record_id").join(now, on="record_id", how="anti").collect()
    record_ids = gone["record_id"].sort().to_list()
    store.collections.withdraw(
        batch.dataset, batch.source_id, record_ids, batch=last_batch, at=collection.entry["at"]
    )
