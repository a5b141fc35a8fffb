"""What a collection changed among a source's records, once they were read."""

from collections.abc import Mapping
from typing import Any

from dataset_pipeline.collect.collector import Collection
from dataset_pipeline.store.increments import Changes, changes, comparable
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store


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
    elif last["reading"] == reading and (before := _before(store, last["snapshot"], snapshot)):
        since = changes(before, snapshot, ("record_id",))
        counts = _compared(since, snapshot)
        if counts["withdrawn"]:
            _withdraw(store, collection, last["batch"], since)
    else:  # read in another way, or the snapshot of before is gone or damaged: nobody can tell
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


def _before(store: Store, digest: str, after: Snapshot) -> Snapshot | None:
    """The snapshot of the collection before, where it is here and can be compared."""
    if not store.snapshots.has(digest):
        return None
    before = store.snapshots.open(digest)
    return before if comparable(before, after) else None


def _none() -> dict[str, int]:
    return dict.fromkeys(("new", "changed", "withdrawn", "unchanged"), 0)


def _compared(since: Changes, after: Snapshot) -> dict[str, int]:
    changed = since.fresh.join(since.gone.to_frame(), on="record_id", how="semi").height
    return {
        "new": since.fresh.height - changed,
        "changed": changed,
        "withdrawn": len(since.gone) - changed,
        "unchanged": after.rows("records") - since.fresh.height,
    }


def _withdraw(store: Store, collection: Collection, last_batch: str, since: Changes) -> None:
    batch = collection.batch
    gone = since.gone.to_frame().join(since.fresh, on="record_id", how="anti")
    record_ids = gone["record_id"].sort().to_list()
    store.collections.withdraw(
        batch.dataset, batch.source_id, record_ids, batch=last_batch, at=collection.entry["at"]
    )
