"""Turns a stage into an asset: load, compute, report, and say which checks hold."""

import time

import dagster as dg

from dataset_pipeline.assets.compute import Outcome, compute
from dataset_pipeline.assets.guard import guarded
from dataset_pipeline.assets.resources import StageInput, StoreResource
from dataset_pipeline.assets.spec import Inputs, StageSpec
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.ui import words
from dataset_pipeline.ui.metadata import collection_metadata, stage_metadata

LAWS = "laws"
EXECUTION_TAGS = {"dataset_pipeline/kind": "stage"}


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
                | collection_metadata(outcome.collected)
                | {
                    "policy": spec.policy,
                    "configuration": dataset.config.digest(),
                    "software": outcome.facts.get("software", {}),
                },
                check_results=_check_results(key, spec, outcome, inputs),
            )

    return materialize


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
