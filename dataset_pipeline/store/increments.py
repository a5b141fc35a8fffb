"""What two snapshots of a stage have in common, and a snapshot written as what came since another.

A snapshot's records may lie in several files. Those that a later snapshot has too are shared by
hard links, and what is in shared files need not be read to tell what changed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.digests import sha256_file
from dataset_pipeline.files import share
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.store.snapshots import Snapshot, described_by, part_names, write_table

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


def changes_to(base: Snapshot | None, rows: pl.DataFrame) -> Changes:
    """What ``rows`` (record_id, record_digest and more), all that there are now, add and lack."""
    known = _scan([path for path, _ in base.files("records")] if base else []).select(_ROW)
    before = known.collect()
    gone = before.join(rows, on=_ROW, how="anti")["record_id"]
    return Changes(rows.join(before, on=_ROW, how="anti"), gone)


def rows_of(snapshot: Snapshot, ids: pl.Series) -> pl.DataFrame:
    """The records with these ids and their digests; files that have none of them are not read."""
    wanted = ids.to_frame("record_id").lazy()
    found = [pl.DataFrame(schema=_SCHEMA)]
    for path, _ in snapshot.files("records"):
        part = _scan([path])
        here = part.select("record_id").join(wanted, on="record_id", how="semi").collect()
        if here.height:
            rows = part.select(list(_SCHEMA)).join(here.lazy(), on="record_id", how="semi")
            found.append(rows.collect())
    return pl.concat(found)


def without(table: pl.LazyFrame, ids: pl.Series) -> pl.LazyFrame:
    """A table's rows but those of these records."""
    return table.filter(~pl.col("record_id").is_in(ids.implode())) if len(ids) else table


def onto(base: Snapshot | None, since: Changes) -> Callable[[Path], dict[str, Any]]:
    """Fills a folder (``SnapshotStore.write_filled``) with a snapshot's records and the changes.

    Files of ``base`` (None: there were no records) of which nothing is gone are shared.
    """
    return partial(_fill, base, since)


def _fill(base: Snapshot | None, since: Changes, folder: Path) -> dict[str, Any]:
    digests: list[pl.Series] = []
    hashes: list[str] = []
    rest = [since.fresh.select(list(_SCHEMA))]
    parts = [(path, sha, _rows(path)) for path, sha in (base.files("records") if base else [])]
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
        hashes.append(_written(united.sort("record_id"), target))
    return {**described_by(pl.concat(digests)), "parts": hashes}


def _written(records: pl.DataFrame, path: Path) -> str:
    write_table(records, path)
    return sha256_file(path)


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _scan(paths: Iterable[Path]) -> pl.LazyFrame:
    """The files' records; none where there are no files."""
    listed = list(paths)
    return pl.scan_parquet(listed, glob=False) if listed else pl.LazyFrame(schema=_SCHEMA)
