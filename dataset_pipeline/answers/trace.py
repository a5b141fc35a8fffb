"""What happened to one record: stage by stage, in a version."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from dataset_pipeline.answers.passage import changed_columns, counted
from dataset_pipeline.answers.removed import excluded_of, removed_of, snapshots_of
from dataset_pipeline.answers.withdrawn import withdrawals, withdrawn_anywhere
from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version

_ABOUT = (
    "source_id", "source_ref", "batch_id", "origin", "parents", "generation", "split", "label",
    "language", "record_digest",
)  # fmt: skip

KEPT, EXCLUDED = "kept", "excluded"
REMOVED, WITHDRAWN = "removed", "withdrawn"


@dataclass(frozen=True)
class Step:
    """What one stage did with a record. ``about`` holds ids, origin and split, never text.

    ``changed``: whether the record's content is another than before this stage; None where there
    is no before, or where it was removed. ``columns``: those with another value. ``counted``: what
    the stage's tables count for the record (``passage.counted``).
    """

    stage: str
    outcome: str
    about: dict[str, Any]
    changed: bool | None = None
    columns: list[str] = field(default_factory=list)
    counted: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Exclusion:
    """A record that a stage took out; ``place``: file and line of a row that became none."""

    record_id: str
    stage: str
    rule: str
    reason: str
    evidence: dict[str, Any]
    place: str | None = None


def trace(store: Store, version: Version, record_id: str) -> list[Step]:
    """The record's way through a version's stages; NotFoundError when it was never in it.

    A stage whose snapshot was removed by the retention policy is a step that says so, unless the
    record was taken out there: the package still tells that.
    """
    snapshots, gone = snapshots_of(store, version), removed_of(store, version)
    mine = pl.col("record_id") == record_id
    steps: list[Step] = []
    for stage in version.stages():
        if stage in snapshots:
            steps += _kept(stage, snapshots[stage], mine)
        out = excluded_of(store, version, stage).filter(mine)
        steps += [_taken_out(stage, row) for row in out.iter_rows(named=True)]
        if stage in gone and out.is_empty():
            steps.append(Step(stage, REMOVED, {"why": gone[stage]}))
    if all(step.outcome == REMOVED for step in steps):
        lost = f"; {len(gone)} of its snapshots were removed" if gone else ""
        raise NotFoundError(f"no record {record_id} in {version.name}{lost}")
    gone_from = withdrawals(store, version.dataset, record_id)
    told = _compared(_on_its_way(steps), snapshots, record_id)
    return [*told, *(Step(stage, WITHDRAWN, about) for stage, about in gone_from)]


def _on_its_way(steps: list[Step]) -> Iterator[Step]:
    """Without removed stages that the record never came through, as far as that is known."""
    seen = [index for index, step in enumerate(steps) if step.outcome != REMOVED]
    imported = any(steps[index].stage.startswith("distill") for index in seen)
    sources = {str(steps[index].about.get("source_id")) for index in seen}
    sources |= {f"raw/{source}" for source in sources}
    for index, step in enumerate(steps[: seen[-1] + 1]):
        through = step.stage in sources if "/" in step.stage else not imported
        if index in seen or through:
            yield step


def _compared(
    steps: Iterable[Step], snapshots: Mapping[str, Snapshot], record_id: str
) -> Iterator[Step]:
    """Each step with what the stage did to the record that the step before it let through."""
    before: Step | None = None
    for step in steps:
        if step.outcome in (KEPT, EXCLUDED) and step.stage in snapshots:
            found = replace(step, counted=counted(snapshots[step.stage], record_id))
            yield _against(before, found, snapshots, record_id)
        else:
            yield step
        if step.outcome in (KEPT, REMOVED):
            before = step if step.outcome == KEPT else None


def _against(
    before: Step | None, step: Step, snapshots: Mapping[str, Snapshot], record_id: str
) -> Step:
    """Digests say whether it was changed; only where it was, are the rows themselves read."""
    if before is None or step.outcome != KEPT:
        return step
    if before.about["record_digest"] == step.about["record_digest"]:
        return replace(step, changed=False)
    columns = changed_columns(snapshots[before.stage], snapshots[step.stage], record_id)
    return replace(step, changed=True, columns=columns)


def _kept(stage: str, snapshot: Snapshot, mine: pl.Expr) -> Iterator[Step]:
    records = snapshot.records
    names = records.collect_schema().names()
    shown = [name for name in names if "annotation_id" in names or name in ("record_id", *_ABOUT)]
    for row in records.select(shown).filter(mine).collect().iter_rows(named=True):
        if "annotation_id" in row:
            about = {key: str(value) for key, value in row.items() if key not in ("record_id",)}
            yield Step(stage, "annotation", about)
        else:
            yield Step(stage, KEPT, {name: row[name] for name in _ABOUT if name in row})


def _taken_out(stage: str, row: dict[str, Any]) -> Step:
    """Of a row that became no record, this is all: then it says in which file and line it was."""
    shown = {"rule": row["rule"], "reason": row["reason"], **json.loads(row["evidence"])}
    place = row.get("source_ref")
    return Step(stage, EXCLUDED, {**shown, "source_ref": place} if place else shown)


def exclusions(store: Store, version: Version) -> list[Exclusion]:
    """Every record that a version's stages took out."""
    return [
        exclusion
        for stage in version.stages()
        for exclusion in _listed(stage, excluded_of(store, version, stage))
    ]


def exclusions_of_stage(store: Store, stage: str, digest: str) -> list[Exclusion]:
    """What a stage took out, by its snapshot: of a run that gave no version, too."""
    return list(_listed(stage, store.snapshots.open(digest).excluded.collect()))


def _listed(stage: str, excluded: pl.DataFrame) -> Iterator[Exclusion]:
    for row in excluded.sort("rule", "record_id").iter_rows(named=True):
        evidence = json.loads(row["evidence"])
        why = (row["rule"], row["reason"], evidence, row.get("source_ref"))
        yield Exclusion(row["record_id"], stage, *why)


def trace_anywhere(
    store: Store, record_id: str, version: str | None = None
) -> tuple[Version, list[Step]]:
    """The record's way in the named version, or in the newest that it was in.

    Where several datasets have a version of this number, it is the one that had the record.
    """
    if version is not None:
        found = _meant(store, record_id, version)
        return found, trace(store, found, record_id)
    for dataset in store.versions.datasets():
        for candidate in reversed(store.versions.all(dataset)):
            try:
                return candidate, trace(store, candidate, record_id)
            except NotFoundError:
                continue
    told = withdrawn_anywhere(store, record_id)
    raise NotFoundError(f"no version holds a record {record_id}{told}")


def _meant(store: Store, record_id: str, version: str) -> Version:
    """The version of this name or number; of several datasets' number, the one with the record."""
    called = store.versions.called(version)
    had = [one for one in called if len(called) > 1 and _has(store, one, record_id)]
    return had[0] if len(had) == 1 else store.versions.find(version)


def _has(store: Store, version: Version, record_id: str) -> bool:
    try:
        trace(store, version, record_id)
    except NotFoundError:
        return False
    return True
