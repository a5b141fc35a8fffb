"""A stage computed from its last result and what changed since, where its records allow it."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dataset_pipeline.assets.spec import Increment, Inputs, StageSpec
from dataset_pipeline.records import row_digests
from dataset_pipeline.stages.result import StageResult, Whole
from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.increments import Changes, changes, without, write_after
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

# With more than this share of the records new, computing all of them anew is as fast.
_MOST_NEW = 0.3


@dataclass(frozen=True)
class Base:
    """An earlier result of a stage and, by input, what changed since in what was handed to it."""

    snapshot: Snapshot
    since: Mapping[str, Changes]

    @property
    def gone(self) -> pl.Series:
        """Ids of records whose part of the result counts no more; changed ones among them."""
        return pl.concat([item.gone for item in self.since.values()]).unique()


@dataclass(frozen=True)
class Continued:
    """What a stage gave for the records that it looked at, and the united result.

    ``arrived``: the records that it looked at. ``tables``: all but ``records``, of all records.
    """

    arrived: pl.DataFrame
    result: StageResult
    kept: pl.DataFrame
    excluded: pl.DataFrame
    snapshot: Snapshot
    metrics: Mapping[str, float]
    tables: Mapping[str, pl.DataFrame]


def base_of(
    store: Store, computation: Computation, inputs: Inputs, increment: Increment
) -> Base | None:
    """What there is to go on from; None where all must be computed anew."""
    earlier = store.computations.earlier(computation)
    if earlier is None:
        return None
    if not all(map(store.snapshots.has, [earlier.snapshot, *earlier.handed.values()])):
        return None
    snapshot = store.snapshots.open(earlier.snapshot)
    if snapshot.changed_files():
        return None
    before = {name: store.snapshots.open(digest) for name, digest in earlier.handed.items()}
    since = {name: changes(before[name], inputs[name]) for name in before}
    if increment.unit != "record_id":
        since = _whole_units(before, inputs, since, increment.unit)
    fresh = sum(item.fresh.height for item in since.values())
    arrived = sum(inputs[name].rows("records") for name in before)
    return Base(snapshot, since) if fresh <= _MOST_NEW * arrived else None


def _whole_units(
    before: Inputs, now: Inputs, since: Mapping[str, Changes], unit: str
) -> dict[str, Changes]:
    """The changes, with all records of each unit in which something changed."""
    units = pl.concat(
        [
            part
            for name, item in since.items()
            for part in (
                item.fresh[unit],
                before[name]
                .records.filter(pl.col("record_id").is_in(item.gone.implode()))
                .select(unit)
                .collect()
                .to_series(),
            )
        ]
    ).unique()
    touched = pl.col(unit).is_in(units.implode())
    return {
        name: Changes(
            now[name].records.filter(touched).collect(),
            before[name].records.filter(touched).select("record_id").collect().to_series(),
        )
        for name in since
    }


def continued(store: Store, spec: StageSpec, increment: Increment, base: Base) -> Continued:
    """Compute what changed, and unite it with the earlier result."""
    fresh = {name: item.fresh.drop("record_digest") for name, item in base.since.items()}
    result = increment.some({name: frame.lazy() for name, frame in fresh.items()})
    kept, excluded = pl.collect_all([result.kept, result.excluded])
    mine = {"excluded": excluded, **result.tables}
    gone = base.gone
    united = {name: _united(base.snapshot, name, gone, table) for name, table in mine.items()}
    records = pl.concat([without(base.snapshot.records.select(kept.columns), gone), kept.lazy()])
    everything = {"records": records, **{name: table.lazy() for name, table in united.items()}}
    whole = increment.whole(everything) if increment.whole else Whole(result.metrics)
    tables = {**united, **whole.tables}
    since = Changes(kept.with_columns(row_digests(kept)), gone)
    snapshot = write_after(store.snapshots, base.snapshot, spec.zone, since, tables)
    arrived = pl.concat([frame.select("record_id", "split") for frame in fresh.values()])
    return Continued(arrived, result, kept, excluded, snapshot, whole.metrics, tables)


def _united(base: Snapshot, name: str, gone: pl.Series, new: pl.DataFrame) -> pl.DataFrame:
    """What the earlier result and the new one say of records; of what they do not, the new one."""
    if "record_id" not in new.columns:
        return new
    return pl.concat([without(base.table(name), gone).collect(), new])
