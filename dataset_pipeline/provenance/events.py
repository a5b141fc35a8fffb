"""What was materialized, from what, and which checks it passed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import DagsterEventType, EventLogEntry

from dataset_pipeline.errors import NotFoundError

DIGEST, INPUTS = "content_digest", "inputs"


@dataclass(frozen=True)
class Check:
    """The outcome of one asset check."""

    name: str
    passed: bool
    blocking: bool
    description: str


@dataclass(frozen=True)
class Materialization:
    """One materialization of an asset, as the event log has it.

    ``inputs`` gives each upstream asset (``dataset/stage``) the digest and run that were read.
    """

    asset: str
    run_id: str
    timestamp: float
    digest: str
    code_version: str
    inputs: Mapping[str, Mapping[str, str]]
    metadata: Mapping[str, Any]
    checks: Sequence[Check] = ()


def in_run(instance: dg.DagsterInstance, asset: dg.AssetKey, run_id: str) -> Materialization | None:
    """What a run made of an asset, or None when the run did not make it."""
    entries = _entries(instance, run_id, DagsterEventType.ASSET_MATERIALIZATION)
    mine = [entry for entry in entries if _event(entry).asset_key == asset]
    return _materialization(mine[-1]) if mine else None


def latest(instance: dg.DagsterInstance, asset: dg.AssetKey) -> Materialization | None:
    """The newest materialization of an asset; those of deleted runs do not count."""
    found = instance.fetch_materializations(asset, limit=1).records
    return _materialization(found[0].event_log_entry) if found else None


def current(
    instance: dg.DagsterInstance, asset: dg.AssetKey, run_id: str | None
) -> Materialization:
    """What this run made of an asset, else the newest; NotFoundError when there is none."""
    found = (in_run(instance, asset, run_id) if run_id else None) or latest(instance, asset)
    if found is None:
        name = asset.to_user_string()
        raise NotFoundError(f"{name} was never materialized; materialize it first")
    return found


def lineage(
    instance: dg.DagsterInstance, asset: dg.AssetKey, run_id: str | None
) -> list[Materialization]:
    """The materializations that led to an asset, each with its checks, sources first.

    Follows what each one says that it read, run by run. NotFoundError when one of them is gone
    from the event log: what is not recorded cannot be certified.
    """
    found: dict[str, Materialization] = {}
    last = current(instance, asset, run_id)
    _walk(instance, last, found)
    return list(found.values())


def _walk(
    instance: dg.DagsterInstance, last: Materialization, found: dict[str, Materialization]
) -> None:
    if last.asset in found:
        return
    for name, read in sorted(last.inputs.items()):
        upstream = in_run(instance, dg.AssetKey(name.split("/")), read["run_id"])
        if upstream is None or upstream.digest != read["digest"]:
            raise NotFoundError(
                f"{last.asset} was made from {name} of run {read['run_id'][:8]}, which is not in "
                f"the event log any more; materialize {name} and all below it again"
            )
        _walk(instance, upstream, found)
    found[last.asset] = with_checks(instance, last)


def with_checks(instance: dg.DagsterInstance, made: Materialization) -> Materialization:
    """The materialization with the checks that its own run made of it."""
    entries = _entries(instance, made.run_id, DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = (_event(entry).asset_check_evaluation_data for entry in entries)
    checks = tuple(
        Check(e.check_name, e.passed, bool(e.blocking), e.description or "")
        for e in evaluations
        if e.asset_key.path == made.asset.split("/")
    )
    return Materialization(**{**made.__dict__, "checks": checks})


def _entries(
    instance: dg.DagsterInstance, run_id: str, kind: DagsterEventType
) -> list[EventLogEntry]:
    connection = instance.get_records_for_run(run_id, of_type=kind)
    return [record.event_log_entry for record in connection.records]


def _event(entry: EventLogEntry) -> dg.DagsterEvent:
    return entry.get_dagster_event()


def _materialization(entry: EventLogEntry) -> Materialization:
    event = entry.asset_materialization
    if event is None:
        raise NotFoundError("the event log holds a materialization without content")
    metadata = {name: _plain(value) for name, value in event.metadata.items()}
    tags = event.tags or {}
    return Materialization(
        asset="/".join(event.asset_key.path),
        run_id=entry.run_id,
        timestamp=entry.timestamp,
        digest=str(metadata.get(DIGEST, "")),
        code_version=tags.get("dagster/code_version", ""),
        inputs=metadata.get(INPUTS) or {},
        metadata=metadata,
    )


def _plain(value: dg.MetadataValue[Any]) -> Any:
    content = value.value
    return json.loads(content) if isinstance(content, str) and content[:1] == "{" else content
