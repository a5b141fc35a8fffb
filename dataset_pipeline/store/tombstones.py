"""What the retention policy removed: one entry a batch and a snapshot, appended and never changed.

Without Polars and without the rest of the store, for whoever verifies an older version.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dataset_pipeline.store.chain import Chain, ChainCheck

Tombstone = dict[str, Any]


class Tombstones:
    """The tombstones of one dataset, in the file ``path`` (a hash-chained log)."""

    def __init__(self, path: Path) -> None:
        self._chain = Chain(path)

    def add(self, tombstones: Iterable[Tombstone]) -> None:
        """Write tombstones; when this returns, they are on the disk."""
        self._chain.append(list(tombstones))

    def all(self) -> list[Tombstone]:
        """Every tombstone, the oldest first. Raises StoreError when the log is broken."""
        return self._chain.entries()

    def newest(self) -> dict[str, Tombstone]:
        """The newest tombstone by the digest of what was removed."""
        return {stone["digest"]: stone for stone in self.all()}

    def check(self) -> ChainCheck:
        """Whether the log is whole."""
        return self._chain.check()


def told(stone: Mapping[str, Any]) -> str:
    """What was removed, when and by which policy, in a sentence's words."""
    days = stone["policy"]["days"]
    by = f"was removed on {stone['removed_at'][:10]} by the retention policy"
    why = f"({days} days after its last collection on {stone['last_collected'][:10]})"
    if stone["kind"] == "batch":
        kept = sum(not file["removed"] for file in stone["files"])
        rest = (
            f"; {kept} of its {len(stone['files'])} files belong to a newer batch" if kept else ""
        )
        return f"raw data of batch {stone['digest'][:12]} of {stone['source']} {by} {why}{rest}"
    return f"snapshot {stone['digest'][:12]} of {stone['stage']} {by} {why}"
