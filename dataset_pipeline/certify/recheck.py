"""Looks again at everything before a version is certified. Nothing is taken on trust.

Here: the snapshots on disk, what the event log says of them, and the rights. What needs the stages'
own code (laws stage by stage, gates, leakage, residue) is looked at by ``assets.recheck``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dataset_pipeline.errors import PipelineError
from dataset_pipeline.laws import conservation
from dataset_pipeline.store.snapshots import Snapshot

Stage = Mapping[str, Any]
Snapshots = Mapping[str, Snapshot]
_AGAIN = "materialize it and all below it again"


class CertificationRefusedError(PipelineError):
    """A version cannot be certified; the message lists every reason."""

    def __init__(self, version: str, reasons: Sequence[str]):
        self.reasons = list(dict.fromkeys(reasons))
        lines = "\n".join(f"  - {reason}" for reason in self.reasons)
        super().__init__(f"{version} is not certified:\n{lines}")


@dataclass(frozen=True)
class Reason:
    """Why a version cannot be certified.

    ``section``: where only evidence is missing, the section that is incomplete by it; a policy may
    allow that. None where something was found to be wrong, which no policy allows.
    """

    why: str
    section: str | None = None


@dataclass(frozen=True)
class Planned:
    """What the graph, as it is configured now, asks of a stage.

    ``inputs``: the assets that it reads; ``checks``: the names of the checks that it must pass.
    """

    code_version: str
    inputs: frozenset[str]
    checks: frozenset[str]


def damage(snapshots: Snapshots) -> list[Reason]:
    """Files that were changed or are missing, and digests that do not follow from content."""
    return [
        Reason(f"{name}: {problem}")
        for name, item in snapshots.items()
        for problem in item.damage()
    ]


def of_events(stages: Sequence[Stage], planned: Mapping[str, Planned]) -> list[Reason]:
    """What is wrong with the materializations: their code, what they read, their checks.

    ``stages`` as in the predicate; ``planned`` by asset.
    """
    made = {stage["asset"]: stage for stage in stages}
    missing = sorted(planned.keys() - made.keys())
    found = [Reason(f"{name}: not among what led to the splits; {_AGAIN}") for name in missing]
    for name, stage in made.items():
        if name not in planned:
            found.append(Reason(f"{name}: the graph has no such stage any more; run it again"))
            continue
        found += _code(stage, planned[name])
        found += _inputs(stage, planned[name], made)
        found += _checks(stage, planned[name])
    return found


def of_figures(stages: Sequence[Stage], snapshots: Snapshots) -> list[Reason]:
    """Figures in the event log that the snapshots do not give; ``snapshots`` by asset."""
    found = []
    for stage in stages:
        snapshot = snapshots[stage["asset"]]
        excluded = snapshot.excluded.group_by("rule").len().collect()
        counted = {
            "records_kept": (stage["records_kept"], snapshot.rows("records")),
            "excluded_by_rule": (dict(stage["excluded_by_rule"]), dict(excluded.rows())),
            "records_in": (
                stage["records_in"],
                snapshot.rows("records") + snapshot.rows("excluded"),
            ),
        }
        found += [
            Reason(f"{stage['asset']}: the event log's {name} is not what the snapshot holds")
            for name, (told, held) in counted.items()
            if told != held
        ]
    return found


def of_content(snapshots: Snapshots, rights: Mapping[str, Mapping[str, Any]]) -> list[Reason]:
    """Conservation along the whole chain, and rights that lapsed or changed since.

    ``snapshots`` by stage name; ``rights``: what is decided on each source on the day of the
    certificate (rule, reason, evidence).
    """
    return [*_unconserved(snapshots, list(rights)), *_lapsed(snapshots["raw"], rights)]


def _code(stage: Stage, planned: Planned) -> Iterator[Reason]:
    name, version = stage["asset"], stage["code_version"]
    if version != planned.code_version:
        told = f"made by version {version or 'unknown'}, and is {planned.code_version} now"
        yield Reason(f"{name}: {told}; {_AGAIN}")
    if not stage["software"]:
        why = f"{name}: the digest of the code that made it was not recorded"
        yield Reason(why, "transformations")


def _inputs(stage: Stage, planned: Planned, made: Mapping[str, Stage]) -> Iterator[Reason]:
    """Each input is what the event of that stage says it gave, and none is left out."""
    name, read = stage["asset"], stage["inputs"]
    if read.keys() != planned.inputs:
        differ = ", ".join(sorted(read.keys() ^ planned.inputs))
        yield Reason(f"{name}: the event log has it read other inputs: {differ}; {_AGAIN}")
    for upstream, digest in sorted(read.items()):
        if upstream in made and made[upstream]["content_digest"] != digest:
            yield Reason(f"{name}: made from another {upstream} than the rest; {_AGAIN}")


def _checks(stage: Stage, planned: Planned) -> Iterator[Reason]:
    name = stage["asset"]
    recorded = [check["name"] for check in stage["checks"]]
    for check in sorted(planned.checks - set(recorded)):
        why = f"{name}: the event log has no check {check} of this materialization"
        yield Reason(why, "checks")
    for check in stage["checks"]:
        if not check["passed"] and check.get("blocking", True):
            yield Reason(f"{name}: check {check['name']} did not pass: {check['description']}")


def _lapsed(raw: Snapshot, rights: Mapping[str, Mapping[str, Any]]) -> Iterator[Reason]:
    """Sources that were let in and may not be used today, or by evidence that was changed since.

    What was left out stays out, whatever is decided today.
    """
    again = "run it again from raw"
    if "rights" not in raw.manifest["tables"]:
        yield Reason(f"raw: it does not say what was decided on each source; {again}")
        return
    for row in raw.table("rights").collect().iter_rows(named=True):
        name, today = row["source"], rights.get(row["source"])
        if row["rule"] is not None:
            continue
        if today is None:
            yield Reason(f"raw: source {name} is not declared any more; {again}")
        elif today["rule"] is not None:
            why = f"{today['rule']}: {today['reason']}"
            yield Reason(f"raw: source {name} was let in and may not be used today: {why}; {again}")
        elif json.loads(row["evidence"]) != today["evidence"]:
            yield Reason(f"raw: the right to source {name} was changed since; {again}")


def _unconserved(snapshots: Snapshots, sources: Sequence[str]) -> list[Reason]:
    """Whole-chain conservation: what was collected or imported is in the splits or excluded, once.

    Holds across all branches: an id may be taken out in one stage only. An annotation counts
    where it found no clean record to go into.
    """
    brought = [
        item.records.select("record_id")
        for name, item in snapshots.items()
        if name.startswith("distillates/") or name in {f"raw/{source}" for source in sources}
    ]
    brought += [
        _without_record(item.records, snapshots["clean"].records)
        for name, item in snapshots.items()
        if name.startswith("annotations/")
    ]
    inner = [
        item.excluded.select("record_id") for name, item in snapshots.items() if "/" not in name
    ]
    arrived = pl.concat(brought).collect()["record_id"]
    excluded = pl.concat(inner).collect()["record_id"]
    kept = snapshots["splits"].records.select("record_id").collect()["record_id"]
    found = conservation(arrived, kept, excluded)
    why = f"conservation from collection to splits: {found.detail}"
    return [] if found.holds else [Reason(why)]


def _without_record(annotations: pl.LazyFrame, records: pl.LazyFrame) -> pl.LazyFrame:
    """The ids of the annotations that name none of the records."""
    astray = annotations.join(records.select("record_id"), on="record_id", how="anti")
    return astray.select(pl.col("annotation_id").alias("record_id"))
