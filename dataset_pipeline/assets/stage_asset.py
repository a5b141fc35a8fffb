"""Turns a stage into an asset. The one place where the laws are enforced."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import polars as pl

from dataset_pipeline import laws
from dataset_pipeline.assets.guard import guarded
from dataset_pipeline.assets.resources import StageInput, StoreResource
from dataset_pipeline.assets.spec import Inputs, StageSpec, Work
from dataset_pipeline.assets.surroundings import now
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui import words
from dataset_pipeline.ui.metadata import stage_metadata
from dataset_pipeline.ui.tables import stage_tables

LAWS = "laws"
EXECUTION_TAGS = {"dataset_pipeline/kind": "stage"}


@dataclass(frozen=True)
class Outcome:
    """What a computation gave, fresh or remembered."""

    snapshot: Snapshot
    facts: Mapping[str, Any]
    reused: bool


def stage_asset(dataset: Dataset, spec: StageSpec) -> dg.AssetsDefinition:
    """The asset for a stage: load, compute what is new, hold it against the laws, report."""
    key = dg.AssetKey([dataset.name, *spec.name.split("/")])
    ins = {
        argument: dg.AssetIn(dg.AssetKey([dataset.name, *name.split("/")]))
        for argument, name in spec.inputs.items()
    }
    checks = [_check_spec(key, name) for name in (LAWS, *spec.gates)]

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
        with guarded(store.store, spec.name):
            started = time.monotonic()
            inputs = {name: item.snapshot for name, item in read.items()}
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
                ),
                check_results=_check_results(key, spec, outcome.facts, inputs),
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
        return Outcome(store.snapshots.open(known["snapshot"]), facts, reused=True)
    snapshot, facts = _computed(store, spec, inputs, work)
    if all(law["holds"] for law in facts["laws"]):
        store.computations.record(computation, facts)
    return Outcome(snapshot, {**facts, "external": dict(work.external)}, reused=False)


def _computed(
    store: Store, spec: StageSpec, inputs: Inputs, work: Work
) -> tuple[Snapshot, dict[str, Any]]:
    result = work.run()
    kept, excluded = pl.collect_all([result.kept, result.excluded])
    findings = _laws(spec, inputs, result, kept, excluded)
    tables = {"records": kept, "excluded": excluded, **result.tables}
    snapshot = store.snapshots.write(spec.name, spec.zone, tables)
    by_rule = dict(excluded.group_by("rule").len().sort("rule").iter_rows())
    facts = {
        "snapshot": snapshot.digest,
        "arrived": kept.height + excluded.height,
        "kept": kept.height,
        "excluded": by_rule,
        "metrics": dict(result.metrics),
        "laws": [{"law": f.law, "holds": f.holds, "detail": f.detail} for f in findings],
        "shown": [*stage_tables(tables), *spec.shown(tables)],
    }
    return snapshot, facts


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
    if spec.origins:
        found += [laws.separation(kept, spec.origins), laws.schema(kept, assigned=spec.assigned)]
    return found


def _check_spec(key: dg.AssetKey, name: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=key, blocking=True, description=words.CHECKS.get(name))


def _check_results(
    key: dg.AssetKey, spec: StageSpec, facts: Mapping[str, Any], inputs: Inputs
) -> list[dg.AssetCheckResult]:
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
    for name, gate in spec.gates.items():
        finding = gate(facts, inputs)
        results.append(
            dg.AssetCheckResult(
                asset_key=key, check_name=name, passed=finding.holds, description=finding.detail
            )
        )
    return results
