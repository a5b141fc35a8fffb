"""What happened to one record: stage by stage, in a version."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version

_ABOUT = (
    "source_id", "source_ref", "batch_id", "origin", "parents", "generation", "split", "label",
    "language", "record_digest",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What one stage did with a record. ``about`` holds ids, origin and split, never text."""

    stage: str
    outcome: str
    about: dict[str, Any]


@dataclass(frozen=True)
class Exclusion:
    """A record that a stage took out."""

    record_id: str
    stage: str
    rule: str
    reason: str
    evidence: dict[str, Any]


def snapshots_of(store: Store, version: Version) -> dict[str, Snapshot]:
    """A version's snapshots by stage, in the order of the flow."""
    return {name: store.snapshots.open(version.snapshots[name]) for name in version.stages()}


def trace(store: Store, version: Version, record_id: str) -> list[Step]:
    """The record's way through a version's stages; NotFoundError when it was never in it."""
    steps = [
        step
        for stage, snapshot in snapshots_of(store, version).items()
        for step in _steps(stage, snapshot, record_id)
    ]
    if not steps:
        raise NotFoundError(f"no record {record_id} in {version.name}")
    return steps


def _steps(stage: str, snapshot: Snapshot, record_id: str) -> Iterator[Step]:
    mine = pl.col("record_id") == record_id
    for row in snapshot.records.filter(mine).collect().iter_rows(named=True):
        if "annotation_id" in row:
            about = {key: str(value) for key, value in row.items() if key not in ("record_id",)}
            yield Step(stage, "annotation", about)
        else:
            yield Step(stage, "kept", {name: row[name] for name in _ABOUT if name in row})
    for row in snapshot.excluded.filter(mine).collect().iter_rows(named=True):
        shown = {"rule": row["rule"], "reason": row["reason"], **json.loads(row["evidence"])}
        yield Step(stage, "excluded", shown)


def exclusions(store: Store, version: Version) -> list[Exclusion]:
    """Every record that a version's stages took out."""
    found = []
    for stage, snapshot in snapshots_of(store, version).items():
        for row in snapshot.excluded.sort("rule", "record_id").collect().iter_rows(named=True):
            evidence = json.loads(row["evidence"])
            found.append(Exclusion(row["record_id"], stage, row["rule"], row["reason"], evidence))
    return found


def trace_anywhere(
    store: Store, record_id: str, version: str | None = None
) -> tuple[Version, list[Step]]:
    """The record's way in the named version, or in the newest that it was in."""
    if version is not None:
        found = store.versions.find(version)
        return found, trace(store, found, record_id)
    for dataset in store.versions.datasets():
        for candidate in reversed(store.versions.all(dataset)):
            try:
                return candidate, trace(store, candidate, record_id)
            except NotFoundError:
                continue
    raise NotFoundError(f"no version holds a record {record_id}")
