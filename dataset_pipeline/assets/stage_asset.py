"""Turns a stage into an asset. The one place where the laws are enforced."""

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import dagster as dg
import polars as pl

from dataset_pipeline import laws
from dataset_pipeline.assets.guard import guarded
from dataset_pipeline.assets.resources import StageInput, StoreResource
from dataset_pipeline.assets.spec import Inputs, StageSpec, Work
from dataset_pipeline.assets.surroundings import now
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.engines import workers
from dataset_pipeline.stages.result import StageResult, Stream
from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui import words
from dataset_pipeline.ui.metadata import collection_metadata, stage_metadata
from dataset_pipeline.ui.tables import Shown, profile_tables, stage_tables

LAWS = "laws"
# Bytes of records that a stage's result may have before it is written part by part.
_MOST_IN_MEMORY = 128 << 20
_PARTS_AT_ONCE = 8
EXECUTION_TAGS = {"dataset_pipeline/kind": "stage"}


@dataclass(frozen=True)
class Outcome:
    """What a computation gave, fresh or remembered, and the entry of what was collected for it."""

    snapshot: Snapshot
    facts: Mapping[str, Any]
    reused: bool
    collected: Mapping[str, Any]


def stage_asset(dataset: Dataset, spec: StageSpec) -> dg.AssetsDefinition:
    """The asset for a stage: load, compute what is new, hold it against the laws, report."""
    key = dg.AssetKey([dataset.name, *spec.name.split("/")])
    ins = {
        argument: dg.AssetIn(dg.AssetKey([dataset.name, *name.split("/")]))
        for argument, name in spec.inputs.items()
    }
    checks = [_check_spec(key, name) for name in (LAWS, *spec.gates)]
    checks += [_check_spec(key, name, blocking=False) for name in spec.warnings]

    @dg.asset(
        key=key,
        ins=ins,
        group_name=dataset.name,
        description=spec.description,
        kinds={*spec.kinds},
        owners=dataset.config.owners,
        tags={"dataset": dataset.name, "stage_group": spec.group},
        code_version=spec.code_version,
        check_specs=checks,
        dagster_type=dg.Any,
        pool=dataset.name,
    )
    def materialize(store: StoreResource, **read: StageInput):  # type: ignore[no-untyped-def]
        inputs = {name: item.snapshot for name, item in read.items()}
        with (
            guarded(store.store, spec.name, inputs.values()),
            store.store.in_use(inputs.values()),
        ):
            started = time.monotonic()
            outcome = compute(store.store, spec, inputs)
            upstream = {
                f"{dataset.name}/{spec.inputs[name]}": {
                    "digest": item.snapshot.digest,
                    "run_id": item.run_id,
                }
                for name, item in read.items()
            }
            return dg.MaterializeResult(
                value=outcome.snapshot,
                data_version=dg.DataVersion(outcome.snapshot.digest),
                metadata=stage_metadata(
                    outcome.snapshot,
                    outcome.facts,
                    upstream,
                    reused=outcome.reused,
                    seconds=time.monotonic() - started,
                )
                | collection_metadata(outcome.collected),
                check_results=_check_results(key, spec, outcome, inputs),
            )

    return materialize


def compute(store: Store, spec: StageSpec, inputs: Inputs) -> Outcome:
    """Compute a stage, unless the same code, policy and inputs gave a result already."""
    work = spec.plan(store, inputs, now().date())
    computation = Computation(
        stage=spec.name,
        version=spec.version,
        policy=spec.policy,
        inputs={**{name: item.digest for name, item in inputs.items()}, **work.external},
    )
    known = store.computations.find(computation)
    if known and store.snapshots.has(known["snapshot"]):
        facts = {**known, "external": dict(work.external)}
        snapshot = store.snapshots.open(known["snapshot"])
        return Outcome(snapshot, facts, True, work.settled(snapshot, facts))
    snapshot, facts = _computed(store, spec, inputs, work)
    if all(law["holds"] for law in facts["laws"]):
        store.computations.record(computation, facts)
    facts = {**facts, "external": dict(work.external)}
    return Outcome(snapshot, facts, False, work.settled(snapshot, facts))


def _computed(
    store: Store, spec: StageSpec, inputs: Inputs, work: Work
) -> tuple[Snapshot, dict[str, Any]]:
    result = work.run()
    if isinstance(result, Stream):
        result = _gathered(result)
    if isinstance(result, Stream):
        return _streamed(store, spec, result)
    kept, excluded = pl.collect_all([result.kept, result.excluded])
    findings = _laws(spec, inputs, result, kept, excluded)
    tables = {"records": kept, "excluded": excluded, **result.tables}
    snapshot = store.snapshots.write(spec.name, spec.zone, tables)
    if kept.height >= workers.WORTHWHILE:
        workers.warm()
    shown = [*stage_tables(tables), *spec.shown(tables)]
    return snapshot, _facts(snapshot, excluded, result, findings, shown)


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
        "arrived": kept + excluded.height,
        "kept": kept,
        "excluded": dict(excluded.group_by("rule").len().sort("rule").iter_rows()),
        "metrics": dict(result.metrics),
        "laws": [{"law": f.law, "holds": f.holds, "detail": f.detail} for f in findings],
        "shown": [*shown, *profile_tables(result.profile)],
    }


def _laws(
    spec: StageSpec, inputs: Inputs, result: StageResult, kept: pl.DataFrame, excluded: pl.DataFrame
) -> list[laws.Finding]:
    if spec.arrived is None:
        rows = int(result.metrics["rows"])
        found = [laws.rows_conserved(rows, kept.height, excluded.height)]
    else:
        arrived = spec.arrived(inputs).select("record_id", "split").collect()
        found = [
            laws.conservation(arrived["record_id"], kept["record_id"], excluded["record_id"]),
            laws.held_out_untouched(arrived, excluded, spec.for_all, list(spec.applies_to)),
        ]
    found.append(laws.evidence(excluded, kept["record_id"]))
    return [*found, *_laws_of_records(spec, kept)]


def _laws_of_records(spec: StageSpec, kept: pl.DataFrame) -> list[laws.Finding]:
    if not spec.origins:
        return []
    return [laws.separation(kept, spec.origins), laws.schema(kept, assigned=spec.assigned)]


def _check_spec(key: dg.AssetKey, name: str, *, blocking: bool = True) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=key, blocking=blocking, description=words.CHECKS.get(name))


def _check_results(
    key: dg.AssetKey, spec: StageSpec, outcome: Outcome, inputs: Inputs
) -> list[dg.AssetCheckResult]:
    facts = {**outcome.facts, "collected": outcome.collected}
    broken = [f"{law['law']}: {law['detail']}" for law in facts["laws"] if not law["holds"]]
    results = [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=LAWS,
            passed=not broken,
            description="; ".join(broken) or "all laws hold",
            metadata={law["law"]: law["detail"] for law in facts["laws"]},
        )
    ]
    for name, gate in {**spec.gates, **spec.warnings}.items():
        finding = gate(facts, inputs)
        warns = dg.AssetCheckSeverity.WARN if name in spec.warnings else dg.AssetCheckSeverity.ERROR
        results.append(
            dg.AssetCheckResult(
                asset_key=key,
                check_name=name,
                passed=finding.holds,
                severity=warns,
                description=finding.detail,
            )
        )
    return results
