"""A stage computed from its last result and what changed since, where its records allow it."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dataset_pipeline.assets.spec import Increment, Inputs, Part, StageSpec
from dataset_pipeline.digests import digest_of
from dataset_pipeline.records import RECORD_SCHEMA, row_digests
from dataset_pipeline.stages.result import Before, StageResult, Whole
from dataset_pipeline.store.computations import Computation, Earlier
from dataset_pipeline.store.increments import (
    Changes,
    changes,
    changes_to,
    comparable,
    held_rows,
    onto,
    rows_of,
    without,
)
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.tables import Tables

Unit = Literal["record_id", "group_id"]
Records = Mapping[str, pl.LazyFrame]
# With more than this share of the records new, computing all of them anew is as fast.
_MOST_NEW = 0.3


@dataclass(frozen=True)
class Continued:
    """A part, what it keeps and takes out, and the result that is united with the earlier one.

    ``tables``: all but ``records``.
    """

    part: Part
    kept: pl.DataFrame
    excluded: pl.DataFrame
    snapshot: Snapshot
    metrics: Mapping[str, float]
    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Thinned:
    """What a stage hands on of what it read: ``kept`` (record_id, source_id, split).

    ``arrived``: what it read, in the same columns. ``fresh``: those kept that the earlier result
    has not, or not so. ``fill`` puts the records into a snapshot's folder.
    """

    arrived: pl.DataFrame
    kept: pl.DataFrame
    fresh: pl.DataFrame
    fill: Callable[[Path], dict[str, Any]]
    tables: Tables


@dataclass(frozen=True)
class Last:
    """The last result of a computation's line, and its files, which a thread looks at."""

    earlier: Earlier
    snapshot: Snapshot
    changed: Future[list[str]]

    @property
    def sound(self) -> bool:
        """Whether its files are as they were written; waits until that is known."""
        return not self.changed.result()


@contextmanager
def last_result(store: Store, computation: Computation) -> Iterator[Last | None]:
    """The last result, while its files are looked at; None where there is none, or it is gone."""
    earlier = store.computations.earlier(computation)
    if earlier is None or not store.snapshots.has(earlier.snapshot):
        yield None
        return
    snapshot = store.snapshots.open(earlier.snapshot)
    with ThreadPoolExecutor(1) as beside:
        yield Last(earlier, snapshot, beside.submit(snapshot.changed_files))


def continued(
    store: Store, spec: StageSpec, increment: Increment, last: Last | None
) -> Continued | None:
    """Compute what changed and unite it with the last result; None where that cannot be."""
    if last is None:
        return None
    try:
        part = increment.part(last.earlier)
    except (Exception, pl.exceptions.PanicException):  # damage makes Polars panic, too
        if last.sound:
            raise
        return None  # it read what is damaged
    return _united(store, spec, increment, part) if part and last.sound else None


def noted_before(store: Store, inputs: Inputs, line: str, last: Last | None) -> Before | None:
    """What the stage noted at its last computation; None where it must do without."""
    if last is None or not all(map(store.snapshots.has, last.earlier.handed.values())):
        return None
    noted = store.notes.find(line, digest_of(last.earlier.handed))
    if noted is None:
        return None
    ((name, read),) = inputs.items()
    before = store.snapshots.open(last.earlier.handed[name])
    if not comparable(before, read):
        return None
    since = changes(before, read, ("record_id",))
    if since.fresh.height > _MOST_NEW * read.rows("records"):
        return None
    return Before(since.fresh["record_id"], since.gone, noted)


def thinned(read: Snapshot, result: StageResult, last: Last | None) -> Thinned:
    """What a stage hands on of what it read, sharing what its last result has already.

    Records keep the digest that they came with, but for those that were changed.
    """
    columns = ["record_id", "record_digest", "source_id", "split"]
    arrived = read.records.select(columns).collect()
    made, excluded = _changed(result), result.excluded.collect()
    ids = result.kept.select("record_id").collect().join(made, on="record_id", how="anti")
    passing = arrived.join(ids, on="record_id", how="semi")
    kept = pl.concat([passing, made.select(columns)])
    base = last.snapshot if last and last.sound else None
    since = changes_to(base, kept)
    fresh = pl.concat(
        [
            rows_of(read, since.fresh["record_id"]).join(made, on="record_id", how="anti"),
            made.join(since.fresh, on="record_id", how="semi"),
        ]
    )
    fill = onto(base, Changes(fresh, since.gone), held_rows(read, arrived))
    return Thinned(arrived, kept, fresh, fill, {"excluded": excluded, **result.tables})


def _changed(result: StageResult) -> pl.DataFrame:
    """The records, with their digest, that a stage hands on otherwise than they came."""
    ids = pl.Series([], dtype=pl.String) if result.changed is None else result.changed
    if ids.is_empty():
        return pl.DataFrame(schema={**RECORD_SCHEMA, "record_digest": pl.String})
    made = result.kept.filter(pl.col("record_id").is_in(ids.implode())).collect()
    return made.with_columns(row_digests(made))


def _united(store: Store, spec: StageSpec, increment: Increment, part: Part) -> Continued:
    kept, excluded = pl.collect_all([part.result.kept, part.result.excluded])
    mine = {"excluded": excluded, **part.result.tables}
    united = {name: _with_earlier(part, name, table) for name, table in mine.items()}
    before = without(part.base.records.select(kept.columns), part.gone)
    everything = {
        "records": pl.concat([before, kept.lazy()]),
        **{name: table.lazy() for name, table in united.items()},
    }
    whole = increment.whole(everything) if increment.whole else Whole(part.result.metrics)
    tables = {**united, **whole.tables}
    since = Changes(kept.with_columns(row_digests(kept)), part.gone)
    fill = onto(part.base, since)
    snapshot = store.snapshots.write_filled(spec.name, spec.zone, fill, tables)
    return Continued(part, kept, excluded, snapshot, whole.metrics, tables)


def _with_earlier(part: Part, name: str, new: pl.DataFrame) -> pl.DataFrame:
    """What both results say of records; of what they do not, the new one."""
    if "record_id" not in new.columns:
        return new
    return pl.concat([without(part.base.table(name), part.gone).collect(), new])


def by_record(
    store: Store,
    inputs: Inputs,
    some: Callable[[Records], StageResult],
    whole: Callable[[Records], Whole] | None = None,
    unit: Unit = "record_id",
) -> Increment:
    """The increment of a stage that looks at each record by itself.

    ``some`` is the stage for some of the records of each input. ``unit``: the column that names
    what must be looked at together.
    """

    def part(earlier: Earlier) -> Part | None:
        if not all(map(store.snapshots.has, earlier.handed.values())):
            return None
        before = {name: store.snapshots.open(digest) for name, digest in earlier.handed.items()}
        if not all(comparable(before[name], inputs[name]) for name in before):
            return None
        since = {name: changes(before[name], inputs[name]) for name in before}
        if unit != "record_id":
            since = _whole_units(before, inputs, since, unit)
        arrived = sum(item.rows("records") for item in inputs.values())
        if sum(item.fresh.height for item in since.values()) > _MOST_NEW * arrived:
            return None
        fresh = {name: item.fresh.drop("record_digest") for name, item in since.items()}
        gone = pl.concat([item.gone for item in since.values()])
        looked_at = pl.concat([frame.select("record_id", "split") for frame in fresh.values()])
        result = some({name: frame.lazy() for name, frame in fresh.items()})
        base = store.snapshots.open(earlier.snapshot)
        return Part(base, gone, looked_at, arrived, result)

    return Increment(part, whole)


def _whole_units(
    before: Inputs, now: Inputs, since: Mapping[str, Changes], unit: Unit
) -> dict[str, Changes]:
    """The changes, with all records of each unit in which something changed."""
    units = [
        part.select(unit).unique()
        for name, item in since.items()
        for part in (
            item.fresh.lazy(),
            before[name].records.filter(pl.col("record_id").is_in(item.gone.implode())),
        )
    ]
    names = pl.concat(units).collect().to_series()
    touched = pl.col(unit).is_in(names.implode())
    return {
        name: Changes(
            now[name].records.filter(touched).collect(),
            before[name].records.filter(touched).select("record_id").collect().to_series(),
        )
        for name in since
    }
