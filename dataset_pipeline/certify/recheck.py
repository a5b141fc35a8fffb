"""Looks again at everything before a version is certified. Nothing is taken on trust."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dataset_pipeline.errors import PipelineError
from dataset_pipeline.laws import conservation
from dataset_pipeline.store.snapshots import Snapshot


class CertificationRefusedError(PipelineError):
    """A version cannot be certified; the message lists every reason."""

    def __init__(self, version: str, reasons: Sequence[str]):
        self.reasons = list(reasons)
        lines = "\n".join(f"  - {reason}" for reason in reasons)
        super().__init__(f"{version} is not certified:\n{lines}")


def refusals(
    stages: Sequence[Mapping[str, Any]],
    snapshots: Mapping[str, Snapshot],
    rights: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Every reason not to certify; empty when there is none.

    ``stages`` as in the predicate (asset, digest, checks); ``snapshots`` by stage name; ``rights``:
    what is decided on each source on the day of the certificate (rule, reason, evidence).
    """
    return [
        *_damaged(snapshots),
        *_unchecked(stages),
        *_unconserved(snapshots, list(rights)),
        *_lapsed(snapshots["raw"], rights),
        *_leaking(snapshots["splits"]),
    ]


def _damaged(snapshots: Mapping[str, Snapshot]) -> list[str]:
    return [f"{name}: {problem}" for name, item in snapshots.items() for problem in item.damage()]


def _unchecked(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    reasons = []
    for stage in stages:
        if not stage["checks"]:
            reasons.append(f"{stage['asset']}: the event log has no check of this materialization")
        reasons += [
            f"{stage['asset']}: check {check['name']} did not pass: {check['description']}"
            for check in stage["checks"]
            if not check["passed"] and check.get("blocking", True)
        ]
    return reasons


def _lapsed(raw: Snapshot, rights: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Sources that were let in and may not be used today, or by evidence that was changed since.

    What was left out stays out, whatever is decided today.
    """
    again = "run it again from raw"
    if "rights" not in raw.manifest["tables"]:
        return [f"raw: it does not say what was decided on each source; {again}"]
    reasons = []
    for row in raw.table("rights").collect().iter_rows(named=True):
        name, today = row["source"], rights.get(row["source"])
        if row["rule"] is not None:
            continue
        if today is None:
            reasons.append(f"raw: source {name} is not declared any more; {again}")
        elif today["rule"] is not None:
            why = f"{today['rule']}: {today['reason']}"
            reasons.append(
                f"raw: source {name} was let in and may not be used today: {why}; {again}"
            )
        elif json.loads(row["evidence"]) != today["evidence"]:
            reasons.append(f"raw: the right to source {name} was changed since; {again}")
    return reasons


def _unconserved(snapshots: Mapping[str, Snapshot], sources: Sequence[str]) -> list[str]:
    """Whole-chain conservation: what was collected or imported is in the splits or excluded, once.

    Holds across all branches: an id may be taken out in one stage only.
    """
    brought = [
        item.records.select("record_id")
        for name, item in snapshots.items()
        if name.startswith("distillates/") or name in {f"raw/{source}" for source in sources}
    ]
    inner = [
        item.excluded.select("record_id") for name, item in snapshots.items() if "/" not in name
    ]
    arrived = pl.concat(brought).collect()["record_id"]
    excluded = pl.concat(inner).collect()["record_id"]
    kept = snapshots["splits"].records.select("record_id").collect()["record_id"]
    found = conservation(arrived, kept, excluded)
    return [] if found.holds else [f"conservation from collection to splits: {found.detail}"]


def _leaking(splits: Snapshot) -> list[str]:
    shared = splits.table("leakage").filter(pl.col("shared") > 0).collect()
    return [
        f"splits: {row['shared']} of {row['checked']} {row['kind']} stand in two splits"
        for row in shared.iter_rows(named=True)
    ]
