"""What the certificate looks at again with the stages' own code, and what it tells of each stage.

The expectations come from the graph as it is configured now; ``certify.recheck`` holds the event
log and the snapshots against them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import polars as pl

from dataset_pipeline import laws
from dataset_pipeline.assets.clean import clean_specs
from dataset_pipeline.assets.curated import curated_specs
from dataset_pipeline.assets.raw import raw_specs
from dataset_pipeline.assets.spec import Facts, StageSpec
from dataset_pipeline.assets.stage_asset import LAWS
from dataset_pipeline.assets.surroundings import now, timestamp
from dataset_pipeline.certify import recheck
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.recheck import Planned, Reason
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.engines.workers import spread
from dataset_pipeline.provenance.events import Materialization
from dataset_pipeline.records import sha256_of
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.redaction.apply import residue
from dataset_pipeline.stages.redaction.plan import looking_plan
from dataset_pipeline.stages.rights import rights_decisions
from dataset_pipeline.stages.splits import leakage
from dataset_pipeline.stages.texts import texts_of
from dataset_pipeline.store.snapshots import Snapshot

# Records of the splits that are searched for personal data anew; a larger version by a sample.
SCANNED_AGAIN = 2000
Stage = Mapping[str, Any]


def specs_of(dataset: Dataset) -> dict[str, StageSpec]:
    """Every stage of the graph, by its name below the dataset's prefix."""
    specs = [*raw_specs(dataset), *clean_specs(dataset), *curated_specs(dataset)]
    return {spec.name: spec for spec in specs}


def told(made: Materialization) -> Stage:
    """A materialization as the certificate tells it."""
    metadata = made.metadata
    started = made.timestamp - metadata["duration_seconds"]
    return {
        "asset": made.asset,
        "code_version": made.code_version,
        # Not recorded by releases before these were.
        "policy": metadata.get("policy"),
        "configuration": metadata.get("configuration"),
        "software": metadata.get("software") or None,
        "content_digest": made.digest,
        "inputs": {name: read["digest"] for name, read in made.inputs.items()},
        "external": dict(metadata["external"]),
        "run_id": made.run_id,
        "started_at": _moment(started),
        "materialized_at": _moment(made.timestamp),
        "reused": metadata["reused"],
        "records_in": metadata["records_in"],
        "records_kept": metadata["dagster/row_count"],
        "excluded_by_rule": metadata["excluded_by_rule"],
        "metrics": metadata["metrics"],
        "checks": [
            {
                "name": check.name,
                "passed": check.passed,
                "blocking": check.blocking,
                "description": check.description,
            }
            for check in made.checks
        ],
    }


@dataclass(frozen=True)
class Looked:
    """Every reason not to certify, and what ``residue_again`` found.

    None where it was not asked: what rests on snapshots is looked at only where none is damaged.
    """

    reasons: list[Reason]
    residue: Mapping[str, int] | None


def look_again(dataset: Dataset, stages: Sequence[Stage], content: PackageContent) -> Looked:
    """Look at everything again. ``stages``: each materialization as ``told``."""
    specs, snapshots = specs_of(dataset), content.snapshots
    planned = {f"{dataset.name}/{name}": _planned(dataset, spec) for name, spec in specs.items()}
    found = recheck.of_events(stages, planned)
    by_asset = {f"{dataset.name}/{name}": snapshot for name, snapshot in snapshots.items()}
    if damaged := recheck.damage(snapshots):
        return Looked([*found, *damaged], None)
    found += recheck.of_figures(stages, by_asset)
    found += recheck.of_content(snapshots, _rights_today(dataset))
    if specs.keys() == snapshots.keys():
        facts = {stage["asset"].removeprefix(f"{dataset.name}/"): _facts(stage) for stage in stages}
        for name, spec in specs.items():
            found += _of_stage(spec, snapshots, facts[name])
    found += _leaks(dataset, snapshots)
    rescanned = residue_again(content)
    if rescanned["found"]:
        what = f"{rescanned['found']} of {rescanned['scanned']} records hold personal data"
        found.append(Reason(f"splits: {what} that redaction should have replaced"))
    return Looked(found, rescanned)


def residue_again(content: PackageContent) -> dict[str, int]:
    """Search the splits for personal data anew, with nothing remembered: all, or a sample.

    The sample are the records with the lowest hashes of the version's digest and their ids, so that
    anybody can draw it again. ``scanned`` of ``records``, and in how many
    something was ``found``; ``excluded``: whom redaction took out for it.
    """
    records = content.snapshots["splits"].records
    drawn = sha256_of(pl.concat_str(pl.lit(content.digest), "record_id"))
    ids = records.select("record_id", drawn=drawn).bottom_k(SCANNED_AGAIN, by="drawn")
    sample = records.join(ids.select("record_id"), on="record_id", how="semi").collect()
    texts = texts_of(sample, everything=True)
    plan = looking_plan(content.config.stages.redacted)
    left = residue(texts, plan, partial(found_here, spread=spread))
    return {
        "records": content.snapshots["splits"].rows("records"),
        "scanned": sample.height,
        "found": left["record_id"].n_unique(),
        "excluded": content.excluded_by_rule("redacted").get("residue", 0),
    }


def _moment(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))


def _planned(dataset: Dataset, spec: StageSpec) -> Planned:
    return Planned(
        code_version=spec.code_version,
        inputs=frozenset(f"{dataset.name}/{name}" for name in spec.inputs.values()),
        checks=frozenset([LAWS, *spec.gates, *spec.warnings]),
    )


def _rights_today(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """What is decided on each source on the day of the certificate."""
    decided = rights_decisions(dataset.config, dataset.folder, now().date())
    return {
        name: {"rule": d.rule, "reason": d.reason, "evidence": dict(d.evidence)}
        for name, d in decided.items()
    }


def _facts(stage: Stage) -> Facts:
    """What gates look at, as far as the event log tells it."""
    return {
        "arrived": stage["records_in"],
        "kept": stage["records_kept"],
        "excluded": stage["excluded_by_rule"],
        "metrics": stage["metrics"],
    }


def _of_stage(spec: StageSpec, snapshots: Mapping[str, Snapshot], facts: Facts) -> Iterator[Reason]:
    """The laws and the gates of a stage, held again against what its snapshots hold.

    Gates on what was collected are about the moment of collection: their recorded checks count.
    """
    inputs = {argument: snapshots[name] for argument, name in spec.inputs.items()}
    excluded = snapshots[spec.name].excluded.collect()
    findings = list(_laws(spec, inputs, snapshots[spec.name], excluded))
    findings += [gate(facts, inputs) for gate in spec.gates.values() if inputs]
    for finding in findings:
        if not finding.holds:
            yield Reason(f"{spec.name}: {finding.law} does not hold: {finding.detail}")


def _laws(
    spec: StageSpec, inputs: Mapping[str, Snapshot], made: Snapshot, excluded: pl.DataFrame
) -> Iterator[laws.Finding]:
    kept = made.records.select("record_id").collect()["record_id"]
    if excluded.height:
        yield laws.evidence(excluded, kept)
    if spec.arrived:
        arrived = spec.arrived(inputs).select("record_id", "split").collect()
        yield laws.conservation(arrived["record_id"], kept, excluded["record_id"])
        yield laws.held_out_untouched(arrived, excluded, spec.for_all, list(spec.applies_to))
    if spec.origins:
        columns = made.records.select("origin", "parents", "generation").collect()
        yield laws.separation(columns, spec.origins)


def _leaks(dataset: Dataset, snapshots: Mapping[str, Snapshot]) -> Iterator[Reason]:
    """What two splits share, from the published records themselves."""
    stages, splits = dataset.config.stages, snapshots["splits"]
    compared = stages.deduplicated
    columns = ["record_id", "group_id", "split", "parents", *compared.compare]
    clusters = snapshots["deduplicated"].table("clusters").collect()
    frame = splits.records.select(list(dict.fromkeys(columns))).collect()
    found = leakage(frame, clusters, stages.clean, compared)
    for row in found.filter(pl.col("shared") > 0).iter_rows(named=True):
        yield Reason(
            f"splits: {row['shared']} of {row['checked']} {row['kind']} stand in two splits"
        )
    recorded = splits.table("leakage").select(found.columns).collect()
    if sorted(recorded.rows()) != sorted(found.rows()):
        yield Reason("splits: the leakage proof is not what its records give")
