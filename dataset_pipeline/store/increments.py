"""What two snapshots of a stage have in common, and a snapshot written as what came since another.

A snapshot's records may lie in several files. Those that a later snapshot has too are shared by
hard links, and what is in shared files need not be read to tell what changed. Where a few rows of
a large file are gone, the file is shared all the same, and a list of them lies beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.digests import sha256_file
from dataset_pipeline.files import share
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.store.snapshots import (
    ROW,
    Part,
    Snapshot,
    changed,
    deletions_name,
    described_by,
    part_names,
    write_table,
)

_ROW = list(ROW)
_CONTENT = "record_digest"  # of all that a record says: of its id, too
_SCHEMA = {**RECORD_SCHEMA, "record_digest": pl.String()}
_NOTHING = pl.LazyFrame(schema=_SCHEMA)
# A last part with fewer rows than this many times what is new is written anew together with it: so
# parts are few, and a row is rewritten a few times only, however many nights there are.
_ABSORBED = 2
# A file is written anew where more than this share of its rows is deleted.
_MOST_DELETED = 0.1


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
    before, now = ({part.sha256: part for part in _parts(one)} for one in (earlier, later))
    shared = before.keys() & now.keys()
    since = {sha: (before[sha].deletions(), now[sha].deletions()) for sha in shared}
    old = [part.rows().select(_ROW) for sha, part in before.items() if sha not in shared]
    new = [part.rows().select(list(_SCHEMA)) for sha, part in now.items() if sha not in shared]
    old += [_apart(deleted, was).lazy() for was, deleted in since.values()]
    new += [
        now[sha].held().select(list(_SCHEMA)).join(back.lazy(), on=_CONTENT, how="semi")
        for sha, (was, deleted) in since.items()
        if (back := _apart(was, deleted)).height
    ]
    arrived = pl.concat([*new, _NOTHING])
    known, told = pl.collect_all([pl.concat([*old, _NOTHING.select(_ROW)]), arrived.select(_ROW)])
    fresh = arrived.join(known.lazy(), on=_CONTENT, how="anti").select(columns).collect()
    return Changes(fresh, known.join(told, on=_CONTENT, how="anti")["record_id"])


def comparable(earlier: Snapshot, later: Snapshot) -> bool:
    """Whether what ``changes`` reads of the earlier snapshot is as it was written.

    The later one is what is worked on: that it is damaged must be told, not passed over.
    """
    shared = {part.sha256 for part in _parts(later)}
    read = [part.files[1:] if part.sha256 in shared else part.files for part in _parts(earlier)]
    return not changed([file for files in read for file in files])


def changes_to(base: Snapshot | None, rows: pl.DataFrame) -> Changes:
    """What ``rows`` (record_id, record_digest and more), all that there are now, add and lack."""
    before = _rows_of_all(base).collect()
    gone = before.join(rows, on=_CONTENT, how="anti")["record_id"]
    return Changes(rows.join(before, on=_CONTENT, how="anti"), gone)


def rows_of(snapshot: Snapshot, ids: pl.Series) -> pl.DataFrame:
    """The records with these ids and their digests; files that have none of them are not read."""
    found = [pl.DataFrame(schema=_SCHEMA)]
    for part in _parts(snapshot):
        here = part.rows().select("record_id").filter(_among(ids)).collect()["record_id"]
        if len(here):
            found.append(part.rows().select(list(_SCHEMA)).filter(_among(here)).collect())
    return pl.concat(found)


def without(table: pl.LazyFrame, ids: pl.Series) -> pl.LazyFrame:
    """A table's rows but those of these records."""
    return table.filter(~_among(ids)) if len(ids) else table


def onto(
    base: Snapshot | None, since: Changes, held: pl.DataFrame | None = None
) -> Callable[[Path], dict[str, Any]]:
    """Fills a folder (``SnapshotStore.write_filled``) with a snapshot's records and the changes.

    Files of ``base`` (None: there were no records) of which nothing is gone are shared. ``held``:
    rows (record_id, record_digest) that the files of the stage before still hold. Of those alone a
    shared file may hold a few that are gone: what was withdrawn leaves the files of the next
    snapshot, too.
    """
    return partial(_fill, base, since, held)


def held_rows(snapshot: Snapshot, rows: pl.DataFrame) -> pl.DataFrame:
    """All rows in its files (record_id, record_digest): ``rows``, which count, and the deleted."""
    return pl.concat([rows.select(_ROW), *(part.deletions() for part in _parts(snapshot))])


def _fill(
    base: Snapshot | None, since: Changes, held: pl.DataFrame | None, folder: Path
) -> dict[str, Any]:
    rest, new = [since.fresh.select(list(_SCHEMA))], since.fresh.height
    parts = [(part, _rows(part)) for part in _parts(base)]
    while parts and parts[-1][1] <= _ABSORBED * new:
        part, rows = parts.pop()
        rest.append(without(part.rows(), since.gone).collect())
        new += rows
    filled = _Filled(folder)
    for part, _ in parts:
        before = part.rows().select(_ROW).collect()
        kept = before.filter(~_among(since.gone))
        gone = pl.concat([part.deletions(), before.filter(_among(since.gone))])
        if gone.is_empty() or _may_stay(gone, kept, held):
            filled.share(part, kept["record_digest"], gone)
        else:
            filled.write(without(part.rows(), since.gone).collect())
    united = pl.concat(rest)
    if united.height or not filled.hashes:
        filled.write(united.sort("record_id"))
    return filled.described()


def _may_stay(gone: pl.DataFrame, kept: pl.DataFrame, held: pl.DataFrame | None) -> bool:
    """Whether a file may go on holding rows that are gone: few, and all of them held elsewhere."""
    if held is None or gone.height > _MOST_DELETED * (gone.height + kept.height):
        return False
    return gone.join(held, on=_CONTENT, how="anti").is_empty()


class _Filled:
    """A folder's parts of records, while they come."""

    def __init__(self, folder: Path) -> None:
        self.hashes: list[str] = []
        self._folder, self._digests = folder, [pl.Series([], dtype=pl.String)]
        self._deleted: dict[str, str] = {}

    def share(self, part: Part, digests: pl.Series, deleted: pl.DataFrame) -> None:
        """A file of another snapshot, ``deleted`` of its rows left out; the digests of the rest."""
        target = self._next()
        share(part.path, target)
        self.hashes.append(part.sha256)
        self._digests.append(digests)
        if deleted.height:
            beside = target.with_name(deletions_name(target.name))
            self._deleted[target.name] = _written(deleted.sort("record_id"), beside)

    def write(self, records: pl.DataFrame) -> None:
        """A new file."""
        self._digests.append(records["record_digest"])
        self.hashes.append(_written(records, self._next()))

    def described(self) -> dict[str, Any]:
        """What the manifest tells of the records."""
        deleted = {"deleted": self._deleted} if self._deleted else {}
        return {**described_by(pl.concat(self._digests)), "parts": self.hashes, **deleted}

    def _next(self) -> Path:
        return self._folder / part_names("records", len(self.hashes) + 1)[-1]


def _written(rows: pl.DataFrame, path: Path) -> str:
    write_table(rows, path)
    return sha256_file(path)


def _parts(snapshot: Snapshot | None) -> list[Part]:
    return snapshot.parts("records") if snapshot else []


def _rows_of_all(snapshot: Snapshot | None) -> pl.LazyFrame:
    """record_id and record_digest of its records."""
    parts = [part.rows() for part in _parts(snapshot)]
    return pl.concat([frame.select(_ROW) for frame in (*parts, _NOTHING)])


def _rows(part: Part) -> int:
    """How many rows of a file count."""
    held = pl.scan_parquet(part.path, glob=False).select(pl.len()).collect().item()
    return int(held) - part.deletions().height


def _apart(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    return rows.join(others, on=_CONTENT, how="anti")


def _among(ids: pl.Series) -> pl.Expr:
    return pl.col("record_id").is_in(ids.implode())
