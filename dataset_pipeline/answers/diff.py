"""What changed between two versions, by stage and record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from dataset_pipeline.answers.removed import excluded_of, removed_of, snapshots_of
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, order=True)
class Change:
    """A record that one stage's output has, lacks, or has otherwise than before."""

    stage: str
    kind: Kind
    record_id: str
    source_ref: str


@dataclass(frozen=True)
class Difference:
    """Changes among kept records and among exclusions, by stage.

    ``removed``: stages whose kept records cannot be compared, with the reason.
    """

    records: list[Change]
    exclusions: list[Change]
    removed: Mapping[str, str]

    @property
    def same(self) -> bool:
        """Whether every stage has the same records and exclusions, as far as all can be seen."""
        return not (self.records or self.exclusions or self.removed)

    def stages(self) -> dict[str, dict[str, int]]:
        """How many records each stage added, removed and changed."""
        counted: dict[str, dict[str, int]] = {}
        for change in self.records:
            kinds = counted.setdefault(change.stage, {"added": 0, "removed": 0, "changed": 0})
            kinds[change.kind] += 1
        return counted

    def collected(self) -> list[Change]:
        """The changes at the sources: what somebody changed, not what followed from it."""
        inputs = ("raw/", "distillates/", "annotations/")
        return [change for change in self.records if change.stage.startswith(inputs)]


def diff(store: Store, old: Version, new: Version) -> Difference:
    """Compare two versions of the same or of different datasets."""
    before, after = snapshots_of(store, old), snapshots_of(store, new)
    gone = {**removed_of(store, old), **removed_of(store, new)}
    records, exclusions, removed = [], [], {}
    for stage in dict.fromkeys([*old.stages(), *new.stages()]):
        if old.snapshots.get(stage) == new.snapshots.get(stage):
            continue
        if stage in gone:
            removed[stage] = gone[stage]
        else:
            records += _changes(stage, _records(before.get(stage)), _records(after.get(stage)))
        first, second = (_excluded(store, v, stage, stage in gone) for v in (old, new))
        exclusions += _changes(stage, first, second)
    return Difference(records, exclusions, removed)


def _records(snapshot: Snapshot | None) -> pl.DataFrame:
    if snapshot is None:
        return pl.DataFrame(schema={"id": pl.String, "ref": pl.String, "content": pl.String})
    names = snapshot.records.collect_schema().names()
    key = "annotation_id" if "annotation_id" in names else "record_id"
    ref = pl.col("source_ref") if "source_ref" in names else pl.lit("")
    return snapshot.records.select(
        pl.col(key).alias("id"), ref.alias("ref"), pl.col("record_digest").alias("content")
    ).collect()


def _excluded(store: Store, version: Version, stage: str, removed: bool) -> pl.DataFrame:
    """With ``removed`` one of the two comes from a package, where evidence is canonical JSON."""
    if stage not in version.snapshots:
        return pl.DataFrame(schema={"id": pl.String, "ref": pl.String, "content": pl.String})
    evidence = pl.col("evidence").map_elements(_canonical, pl.String) if removed else "evidence"
    return excluded_of(store, version, stage).select(
        pl.col("record_id").alias("id"),
        pl.col("rule").alias("ref"),
        pl.concat_str("rule", "reason", evidence).alias("content"),
    )


def _canonical(evidence: str) -> str:
    return canonical_json(json.loads(evidence)).decode()


def _changes(stage: str, before: pl.DataFrame, after: pl.DataFrame) -> list[Change]:
    both = before.join(after, on="id", how="full", coalesce=True, suffix="_after")
    kind = (
        pl.when(pl.col("content").is_null())
        .then(pl.lit("added"))
        .when(pl.col("content_after").is_null())
        .then(pl.lit("removed"))
        .when(pl.col("content") != pl.col("content_after"))
        .then(pl.lit("changed"))
    )
    found = (
        both.with_columns(kind.alias("kind"), pl.coalesce("ref_after", "ref").alias("where"))
        .drop_nulls("kind")
        .sort("kind", "id")
        .select("kind", "id", "where")
    )
    return [Change(stage, row[0], row[1], row[2]) for row in found.iter_rows()]


def told_same(old: Version, new: Version) -> str:
    """What is to be said of versions between which no record and no exclusion differs."""
    if old.content == new.content:
        return "both hold the same"
    return (
        "both hold the same records and exclusions; what differs is the configuration, a document, "
        "or what a stage noted beside its records"
    )


def as_plain(difference: Difference) -> Mapping[str, Any]:
    """The difference as JSON-like values."""
    return {
        "same": difference.same,
        "collected": [vars(change) for change in difference.collected()],
        "records": [vars(change) for change in difference.records],
        "exclusions": [vars(change) for change in difference.exclusions],
        "stages": difference.stages(),
        "removed": dict(difference.removed),
    }
