"""What was materialized, from what, and which checks it passed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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


class EventLog:
    """Reads an instance's event log; what a run wrote is read once."""

    def __init__(self, instance: dg.DagsterInstance):
        self._instance = instance
        self._materializations: dict[str, dict[str, Materialization]] = {}
        self._checks: dict[str, list[tuple[str, Check]]] = {}

    def current(self, asset: dg.AssetKey, run_id: str | None) -> Materialization:
        """What this run made of an asset, else the newest; NotFoundError when there is none."""
        found = (self._in_run(asset, run_id) if run_id else None) or self._latest(asset)
        if found is None:
            name = asset.to_user_string()
            raise NotFoundError(f"{name} was never materialized; materialize it first")
        return found

    def newest(self, dataset: str, stages: Iterable[str]) -> dict[str, Materialization]:
        """The newest materialization of each stage, sources first.

        One that was made from what is no longer the newest is not among them, nor what was made
        from that: where a run stopped, what comes after it is an earlier run's.
        """
        found: dict[str, Materialization] = {}
        for stage in stages:
            made = self._latest(dg.AssetKey([dataset, *stage.split("/")]))
            if made and all(
                (upstream := found.get(name.removeprefix(f"{dataset}/"))) is not None
                and upstream.digest == read["digest"]
                for name, read in made.inputs.items()
            ):
                found[stage] = made
        return found

    def lineage(self, asset: dg.AssetKey, run_id: str | None) -> list[Materialization]:
        """The materializations that led to an asset, each with its checks, sources first.

        Follows what each one says that it read, run by run. NotFoundError, which names them all,
        when some are gone from the event log: what is not recorded cannot be certified.
        """
        found: dict[str, Materialization] = {}
        lost: dict[str, None] = {}
        self._walk(self.current(asset, run_id), found, lost)
        if lost:
            raise NotFoundError("\n".join(lost))
        return list(found.values())

    def _walk(
        self, last: Materialization, found: dict[str, Materialization], lost: dict[str, None]
    ) -> None:
        if last.asset in found:
            return
        for name, read in sorted(last.inputs.items()):
            upstream = self._in_run(dg.AssetKey(name.split("/")), read["run_id"])
            if upstream is not None and upstream.digest == read["digest"]:
                self._walk(upstream, found, lost)
                continue
            lost[
                f"{last.asset} was made from {name} of run {read['run_id'][:8]}, which is not "
                f"in the event log any more; materialize {name} and all below it again"
            ] = None
        found[last.asset] = replace(last, checks=self._checks_of(last))

    def _in_run(self, asset: dg.AssetKey, run_id: str) -> Materialization | None:
        if run_id not in self._materializations:
            entries = self._entries(run_id, DagsterEventType.ASSET_MATERIALIZATION)
            made = (_materialization(entry) for entry in entries)
            self._materializations[run_id] = {item.asset: item for item in made}
        return self._materializations[run_id].get("/".join(asset.path))

    def _latest(self, asset: dg.AssetKey) -> Materialization | None:
        """The newest materialization; those of deleted runs do not count."""
        found = self._instance.fetch_materializations(asset, limit=1).records
        return _materialization(found[0].event_log_entry) if found else None

    def _checks_of(self, made: Materialization) -> tuple[Check, ...]:
        """The checks that the run which made it made of it."""
        if made.run_id not in self._checks:
            entries = self._entries(made.run_id, DagsterEventType.ASSET_CHECK_EVALUATION)
            self._checks[made.run_id] = [_check(entry) for entry in entries]
        return tuple(check for asset, check in self._checks[made.run_id] if asset == made.asset)

    def _entries(self, run_id: str, kind: DagsterEventType) -> list[EventLogEntry]:
        connection = self._instance.get_records_for_run(run_id, of_type=kind)
        return [record.event_log_entry for record in connection.records]


def _check(entry: EventLogEntry) -> tuple[str, Check]:
    data = _event(entry).asset_check_evaluation_data
    check = Check(data.check_name, data.passed, bool(data.blocking), data.description or "")
    return "/".join(data.asset_key.path), check


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
