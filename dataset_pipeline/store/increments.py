"""What two snapshots of a stage have in common, and a snapshot written as what came since another.

A snapshot's records may lie in several files. Those that a later snapshot has too are shared by
hard links, and what is in shared files need not be read to tell what changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.digests import sha256_file
from dataset_pipeline.files import share
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.store.snapshots import (
    Snapshot,
    SnapshotStore,
    Zone,
    described_by,
    part_names,
)

_ROW = ["record_id", "record_digest"]
_SCHEMA = {**RECORD_SCHEMA, "record_digest": pl.String()}
# A last part with fewer rows than this many times what is new is written anew together with it: so
# parts are few, and a row is rewritten a few times only, however many nights there are.
_ABSORBED = 2


@dataclass(frozen=True)
class Changes:
    """Records (with ``record_digest``) that only the later has; ids of those only the earlier has.

    A record that was changed is in both.
    """

    fresh: pl.DataFrame
    gone: pl.Series


def changes(earlier: Snapshot, later: Snapshot, columns: Sequence[str] = tuple(_SCHEMA)) -> Changes:
    """What was added, changed and taken away between two snapshots of one stage.

    ``columns``: those that are wanted of what is fresh.
    """
    before, now = dict(earlier.files("records")), dict(later.files("records"))
    shared = set(before.values()) & set(now.values())
    old = _scan(path for path, sha in before.items() if sha not in shared)
    new = _scan(path for path, sha in now.items() if sha not in shared)
    known, told = pl.collect_all([old.select(_ROW), new.select(_ROW)])
    fresh = new.join(known.lazy(), on=_ROW, how="anti").select(columns).collect()
    return Changes(fresh, known.join(told, on=_ROW, how="anti")["record_id"])


def without(table: pl.LazyFrame, ids: pl.Series) -> pl.LazyFrame:
    """A table's rows but those of these records."""
    return table.filter(~pl.col("record_id").is_in(ids.implode())) if len(ids) else table


def write_after(
    store: SnapshotStore,
    base: Snapshot,
    zone: Zone,
    since: Changes,
    others: Mapping[str, pl.DataFrame],
) -> Snapshot:
    """Store a snapshot whose records are those of ``base`` with the changes since.

    Files of ``base`` of which nothing is gone are shared. ``others`` are all further tables.
    """

    def fill(folder: Path) -> dict[str, Any]:
        return _filled(folder, base, since)

    return store.write_filled(base.stage, zone, fill, lambda: others)


def _filled(folder: Path, base: Snapshot, since: Changes) -> dict[str, Any]:
    digests: list[pl.Series] = []
    hashes: list[str] = []
    rest = [since.fresh.select(list(_SCHEMA))]
    parts = [(path, sha, _rows(path)) for path, sha in base.files("records")]
    new = since.fresh.height
    while parts and parts[-1][2] <= _ABSORBED * new:
        path, _, rows = parts.pop()
        rest.append(without(_scan([path]), since.gone).collect())
        new += rows
    for path, sha, rows in parts:
        target = folder / part_names("records", len(hashes) + 1)[-1]
        kept = without(_scan([path]).select(_ROW), since.gone).collect()
        digests.append(kept["record_digest"])
        if kept.height == rows:
            share(path, target)
            hashes.append(sha)
        else:
            hashes.append(_written(without(_scan([path]), since.gone).collect(), target))
    united = pl.concat(rest)
    if united.height or not hashes:
        target = folder / part_names("records", len(hashes) + 1)[-1]
        digests.append(united["record_digest"])
        hashes.append(_written(united, target))
    return {**described_by(pl.concat(digests)), "parts": hashes}


def _written(records: pl.DataFrame, path: Path) -> str:
    records.sort("record_id").write_parquet(path, compression="zstd")
    return sha256_file(path)


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _scan(paths: Iterable[Path]) -> pl.LazyFrame:
    """The files' records; none where there are no files."""
    listed = list(paths)
    return pl.scan_parquet(listed, glob=False) if listed else pl.LazyFrame(schema=_SCHEMA)
