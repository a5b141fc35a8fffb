"""Records that their source no longer has."""

from typing import Any

from dataset_pipeline.store.store import Store


def withdrawals(store: Store, dataset: str, record_id: str) -> list[tuple[str, dict[str, Any]]]:
    """When a record was withdrawn, and by which node of the graph; the oldest first."""
    return [
        (f"raw/{entry['source']}", _told(store, dataset, entry))
        for entry in store.collections.withdrawals(dataset, record_id)
    ]


def withdrawn_anywhere(store: Store, record_id: str) -> str:
    """Where a record that no version ever had was withdrawn, as the end of a sentence."""
    found = [
        about["why"]
        for dataset in store.collections.datasets()
        for _, about in withdrawals(store, dataset, record_id)
    ]
    return f"; it was {', '.join(found)}" if found else ""


def _told(store: Store, dataset: str, entry: dict[str, Any]) -> dict[str, Any]:
    source, day = entry["source"], entry["at"][:10]
    about = {"why": f"withdrawn from {source} on {day}", "last_batch": entry["last_batch"]}
    return {**about, "came_back": True} if _is_back(store, dataset, entry) else about


def _is_back(store: Store, dataset: str, entry: dict[str, Any]) -> bool:
    """Whether the latest collection has the record; no, where that cannot be seen any more."""
    latest = store.collections.last_counted(dataset, entry["source"])
    if latest is None or not store.snapshots.has(latest["snapshot"]):
        return False
    records = store.snapshots.open(latest["snapshot"]).records.select("record_id")
    wanted = records.filter(record_id=entry["record_id"])
    return not wanted.collect().is_empty()
