"""Computes a stage, or remembers what it gave. The one place where the laws are enforced."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl

from dataset_pipeline import laws
from dataset_pipeline.assets.increment import (
    Continued,
    Last,
    continued,
    last_result,
    noted_before,
    thinned,
)
from dataset_pipeline.assets.spec import Inputs, StageSpec, Work
from dataset_pipeline.assets.surroundings import now
from dataset_pipeline.digests import digest_of
from dataset_pipeline.engines import workers
from dataset_pipeline.provenance.software import software
from dataset_pipeline.stages.result import StageResult, Stream
from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.tables import Shown, profile_tables, stage_tables

# Bytes of records that a stage's result may have before it is written part by part.
_MOST_IN_MEMORY = 128 << 20
_PARTS_AT_ONCE = 8


@dataclass(frozen=True)
class Outcome:
    """What a computation gave, fresh or remembered, and the entry of what was collected for it."""

    snapshot: Snapshot
    facts: Mapping[str, Any]
    reused: bool
    collected: Mapping[str, Any]


def compute(store: Store, spec: StageSpec, inputs: Inputs) -> Outcome:
    """Compute a stage, unless the same code, policy and inputs gave a result already."""
    work = spec.plan(store, inputs, now().date())
    computation = Computation(
        stage=spec.name,
        version=spec.version,
        policy=spec.policy,
        inputs={**{name: item.digest for name, item in inputs.items()}, **work.external},
        handed=work.handed,
    )
    known = store.computations.find(computation)
    if known and store.snapshots.has(known["snapshot"]):
        facts = {**known, "external": dict(work.external)}
        snapshot = store.snapshots.open(known["snapshot"])
        return Outcome(snapshot, facts, True, work.settled(snapshot, facts))
    goes_on = work.increment or work.resume
    with (
        _as_written(inputs) as check,
        last_result(store, computation) if goes_on else nullcontext() as last,
    ):
        done = continued(store, spec, work.increment, last) if work.increment else None
        if done:
            snapshot, facts = _increased(spec, done)
        else:
            result = _result(store, inputs, work, computation, last)
            check()  # before a record is handed on with the digest that it came with
            with ThreadPoolExecutor(1) as beside:
                noted = beside.submit(_note, store, computation, result)
                snapshot, facts = _computed(store, spec, inputs, result, last)
                noted.result()
    if all(law["holds"] for law in facts["laws"]):
        store.computations.record(computation, facts)
    facts = {**facts, "external": dict(work.external)}
    return Outcome(snapshot, facts, False, work.settled(snapshot, facts))


@contextmanager
def _as_written(inputs: Inputs) -> Iterator[Callable[[], None]]:
    """Look at the files of what is read, beside the work; StoreError where one was changed.

    It comes in the end, or when what this gives is called, which waits until all is looked at. What
    is made from other bytes must not be recorded as made from this snapshot: it would be
    found again when the snapshot is mended.
    """
    with ThreadPoolExecutor(1) as beside:
        looking = [beside.submit(item.harm) for item in inputs.values()]

        def check() -> None:
            for looked in looking:
                if harm := looked.result():
                    raise harm

        yield check
        check()


def _result(
    store: Store, inputs: Inputs, work: Work, computation: Computation, last: Last | None
) -> StageResult | Stream:
    before = noted_before(store, inputs, computation.line, last) if work.resume else None
    result = work.resume(before) if work.resume and before else work.run()
    return _gathered(result) if isinstance(result, Stream) else result


def _note(store: Store, computation: Computation, result: StageResult | Stream) -> None:
    """What the stage wants to remember for its next computation."""
    if isinstance(result, StageResult) and result.noted:
        store.notes.keep(computation.line, digest_of(computation.given), result.noted)


def _computed(
    store: Store,
    spec: StageSpec,
    inputs: Inputs,
    result: StageResult | Stream,
    last: Last | None,
) -> tuple[Snapshot, dict[str, Any]]:
    if isinstance(result, Stream):
        return _streamed(store, spec, result)
    if result.changed is not None:
        return _thinned(store, spec, inputs, result, last)
    kept, excluded = pl.collect_all([result.kept, result.excluded])
    arrived = spec.arrived(inputs).select("record_id", "split").collect() if spec.arrived else None
    findings = _laws(spec, arrived, result, kept, excluded)
    tables = {"records": kept, "excluded": excluded, **result.tables}
    snapshot = store.snapshots.write(spec.name, spec.zone, tables)
    if kept.height >= workers.WORTHWHILE:
        workers.warm()
    shown = [*stage_tables(tables), *spec.shown(tables)]
    return snapshot, _facts(snapshot, excluded, result, findings, shown)


def _thinned(
    store: Store, spec: StageSpec, inputs: Inputs, result: StageResult, last: Last | None
) -> tuple[Snapshot, dict[str, Any]]:
    """A stage that hands on most records as they came: what is known of those is not made anew."""
    (read,) = inputs.values()
    done = thinned(read, result, last)
    excluded = done.tables["excluded"]
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(
            store.snapshots.write_filled, spec.name, spec.zone, done.fill, done.tables
        )
        findings = _laws_of_ids(spec, done.arrived, done.kept["record_id"], excluded)
        findings += [laws.of_what_changed(found) for found in _laws_of_records(spec, done.fresh)]
        tables = {**done.tables, "records": done.kept}
        shown = [*stage_tables(tables), *spec.shown(tables)]
        snapshot = writing.result()
    return snapshot, _facts(snapshot, excluded, result, findings, shown)


def _increased(spec: StageSpec, done: Continued) -> tuple[Snapshot, dict[str, Any]]:
    """What came of a part: the laws are held against it, and held for what is as it was."""
    if done.kept.height >= workers.WORTHWHILE:
        workers.warm()
    part, excluded = done.part, done.tables["excluded"]
    findings = _laws(spec, part.looked_at, part.result, done.kept, done.excluded)
    rows = done.snapshot.rows("records")
    findings = laws.continued(findings, part.arrived, rows, excluded.height)
    counted = done.snapshot.records.select("source_id", "split").collect()
    tables = {**done.tables, "records": counted}
    shown = [*stage_tables(tables), *spec.shown(tables)]
    whole = dataclasses.replace(part.result, metrics=done.metrics)
    return done.snapshot, _facts(done.snapshot, excluded, whole, findings, shown)


def _gathered(stream: Stream) -> StageResult | Stream:
    """The whole result where it fits into memory; else the stream from its beginning."""
    parts: list[pl.DataFrame] = []
    size = 0.0
    for part in stream.parts:
        parts.append(part)
        size += part.estimated_size()
        if size > _MOST_IN_MEMORY:
            return Stream(chain(parts, stream.parts), stream.rest)
    rest = stream.rest()
    kept = [part.drop("record_digest").lazy() for part in parts]
    return dataclasses.replace(rest, kept=pl.concat([rest.kept, *kept]))


def _streamed(store: Store, spec: StageSpec, stream: Stream) -> tuple[Snapshot, dict[str, Any]]:
    """Compute a stage whose records come in parts: each is held against the laws as it passes."""
    ended: list[StageResult] = []
    findings: list[list[laws.Finding]] = []

    def parts() -> Iterator[pl.DataFrame]:
        """Parts as they come; several at a time are held against the laws."""
        unseen: list[pl.DataFrame] = []
        for part in stream.parts:
            unseen.append(part)
            if len(unseen) == _PARTS_AT_ONCE:
                findings.append(_laws_of_records(spec, pl.concat(unseen)))
                unseen = []
            yield part
        if unseen:
            findings.append(_laws_of_records(spec, pl.concat(unseen)))

    def others() -> dict[str, pl.DataFrame]:
        rest = stream.rest()
        ended.append(rest)
        return {"excluded": rest.excluded.collect(), **rest.tables}

    snapshot = store.snapshots.write_parts(spec.name, spec.zone, parts(), others)
    workers.warm()
    (rest,) = ended
    excluded = rest.excluded.collect()
    kept, rows = snapshot.rows("records"), int(rest.metrics["rows"])
    found = [laws.rows_conserved(rows, kept, excluded.height)]
    found.append(laws.evidence(excluded, pl.Series([], dtype=pl.String)))
    found += [laws.merged(parts) for parts in zip(*findings, strict=True)]
    counted = snapshot.records.select("source_id", "split").collect()
    shown = stage_tables({"records": counted, "excluded": excluded})
    return snapshot, _facts(snapshot, excluded, rest, found, shown)


def _facts(
    snapshot: Snapshot,
    excluded: pl.DataFrame,
    result: StageResult,
    findings: Sequence[laws.Finding],
    shown: Shown,
) -> dict[str, Any]:
    kept = snapshot.rows("records")
    profile = {"profile": dict(result.profile)} if result.profile else {}
    return {
        **profile,
        "snapshot": snapshot.digest,
        "software": dict(software()),
        "arrived": kept + excluded.height,
        "kept": kept,
        "excluded": dict(excluded.group_by("rule").len().sort("rule").iter_rows()),
        "metrics": dict(result.metrics),
        "laws": [{"law": f.law, "holds": f.holds, "detail": f.detail} for f in findings],
        "shown": [*shown, *profile_tables(result.profile)],
    }


def _laws(
    spec: StageSpec,
    arrived: pl.DataFrame | None,
    result: StageResult,
    kept: pl.DataFrame,
    excluded: pl.DataFrame,
) -> list[laws.Finding]:
    if arrived is None:
        rows = int(result.metrics["rows"])
        found = [laws.rows_conserved(rows, kept.height, excluded.height)]
        found.append(laws.evidence(excluded, kept["record_id"]))
    else:
        found = _laws_of_ids(spec, arrived, kept["record_id"], excluded)
    return [*found, *_laws_of_records(spec, kept)]


def _laws_of_ids(
    spec: StageSpec, arrived: pl.DataFrame, kept: pl.Series, excluded: pl.DataFrame
) -> list[laws.Finding]:
    return [
        laws.conservation(arrived["record_id"], kept, excluded["record_id"]),
        laws.held_out_untouched(arrived, excluded, spec.for_all, list(spec.applies_to)),
        laws.evidence(excluded, kept),
    ]


def _laws_of_records(spec: StageSpec, kept: pl.DataFrame) -> list[laws.Finding]:
    if not spec.origins:
        return []
    return [laws.separation(kept, spec.origins), laws.schema(kept, assigned=spec.assigned)]
