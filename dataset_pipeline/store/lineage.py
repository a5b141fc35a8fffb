"""What was made from which batches, by what the store remembers of its computations."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import polars as pl

from dataset_pipeline.store.computations import Derivation
from dataset_pipeline.store.snapshots import MANIFEST
from dataset_pipeline.store.store import Store


class Lineage:
    """Which snapshots only dead batches can give.

    ``dead``: batches that are no longer to be used; ``removed``: batches of snapshots that were
    removed, by their digest.
    """

    def __init__(self, store: Store, dead: Collection[str], removed: Mapping[str, set[str]]):
        self._dead, self._removed = frozenset(dead), removed
        self._folders = {folder.name: folder for folder in store.snapshots.raw_folders()}
        self._made: dict[str, list[Derivation]] = defaultdict(list)
        self._rows: dict[str, int] = {}
        for derivation in store.computations.derivations():
            self._made[derivation.snapshot].append(derivation)
            self._rows |= dict.fromkeys(derivation.inputs, derivation.rows)
        self._doomed: dict[str, frozenset[str]] = {}

    def doomed_by(self, digest: str) -> frozenset[str]:
        """The dead batches that a snapshot was made from; none when it can do without them.

        The same content may come from several batches: while one way to make it has only what
        lives, it is needed.
        """
        if digest in self._dead:
            return frozenset({digest})
        if digest not in self._doomed:
            self._doomed[digest] = frozenset()  # nothing is made from itself
            self._doomed[digest] = self._of_derivations(digest)
        return self._doomed[digest]

    def rows_of(self, batch: str) -> int | None:
        """How many rows were read from a batch; None when nothing was."""
        return self._rows.get(batch)

    def _of_derivations(self, digest: str) -> frozenset[str]:
        ways = self._made.get(digest)
        if not ways:
            return self._of_content(digest) & self._dead
        lost = [
            frozenset[str]().union(*(self.doomed_by(name) for name in way.inputs)) for way in ways
        ]
        return frozenset().union(*lost) if all(lost) else frozenset()

    def _of_content(self, digest: str) -> frozenset[str]:
        """For what no computation tells of (a law did not hold, a run was killed): its records."""
        if digest in self._removed:
            return frozenset(self._removed[digest])
        folder = self._folders.get(digest)
        if folder is None or not (folder / MANIFEST).is_file():
            return frozenset()
        try:
            records = pl.scan_parquet(sorted(folder.glob("records*.parquet")), glob=False)
            if "batch_id" not in records.collect_schema():
                return frozenset()
            return frozenset(records.select(pl.col("batch_id").unique()).collect()["batch_id"])
        except (OSError, pl.exceptions.PolarsError):
            return frozenset()
