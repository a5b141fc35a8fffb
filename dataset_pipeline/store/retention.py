"""Retention: raw data goes when its time is over, and an entry stays that says so.

A batch expires so many days after the last collection that brought it: a nightly collection that
finds the same files renews it; what vanished from the source, or was superseded, grows old. Then go
the copies of files that no other batch needs, and what was made of it before redaction. Messages
of failed stages, which may quote a record, are kept as long.

First the access log says what will be removed, then the tombstones, then each thing leaves in one
step for a trash folder that is emptied in the end. A removal that was killed is finished by the
next one: nothing is left that is told as removed, and no tombstone is written twice.
"""

import json
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from dataset_pipeline.config import DatasetConfig
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.files import PRIVATE_FOLDER, sync
from dataset_pipeline.store.access_log import moment, whoever
from dataset_pipeline.store.lineage import Lineage
from dataset_pipeline.store.snapshots import MANIFEST
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.tombstones import Tombstone

RAW_DAYS, RIGHTS_DAYS = "retention.raw_days", "rights.retention_days"


@dataclass(frozen=True)
class Policy:
    """How many days a dataset's raw data is kept; of two terms the shorter one counts.

    ``sources``: what the rights of the sources in the configuration say.
    """

    dataset: str
    raw_days: int | None
    sources: Mapping[str, int | None]

    @classmethod
    def of(cls, dataset: str, config: DatasetConfig) -> "Policy":
        """The policy in a dataset's configuration."""
        days = {name: source.rights.retention_days for name, source in config.sources.items()}
        return cls(dataset, config.retention.raw_days, days)

    @property
    def limited(self) -> bool:
        """Whether anything ever expires."""
        return self.raw_days is not None or any(self.sources.values())

    def term(self, source: str, rights: Mapping[str, Any]) -> dict[str, Any] | None:
        """The days that a source's batches are kept, and by which rule; None: for ever.

        ``rights`` as they were at the collection count for a source that is no longer configured.
        """
        by_right = self.sources.get(source, rights.get("retention_days"))
        terms = [
            {"days": days, "rule": rule}
            for rule, days in ((RAW_DAYS, self.raw_days), (RIGHTS_DAYS, by_right))
            if days is not None
        ]
        return min(terms, key=lambda term: int(term["days"]), default=None)


@dataclass(frozen=True)
class Expired:
    """A batch whose time is over: the facts of its collection and the term that it exceeded."""

    facts: Mapping[str, Any]
    last_collected: str
    term: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The batch's digest."""
        return str(self.facts["digest"])


@dataclass(frozen=True)
class Plan:
    """What is to be removed. ``paths``: what still lies there of it; ``stones``: new tombstones."""

    stones: list[Tombstone] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.stones or self.paths)

    def counts(self) -> dict[str, int]:
        """How many batches, snapshots and things on disk, and their bytes."""
        kinds = [stone["kind"] for stone in self.stones]
        return {
            "batches": kinds.count("batch"),
            "snapshots": kinds.count("snapshot"),
            "items": len(self.paths),
            "bytes": sum(_bytes(path) for path in self.paths),
        }


@dataclass(frozen=True)
class Removed:
    """What was removed, and how much that was."""

    plan: Plan
    counts: Mapping[str, int]


def remove_expired(store: Store, policy: Policy, now: datetime) -> Removed:
    """Remove what has expired, and say what that was. StoreError when stages are at work."""
    trash = store.root / "raw" / "trash"
    shutil.rmtree(trash, ignore_errors=True)  # left by a removal that was killed
    with store.removing():
        plan = planned(store, policy, now)
        counts = plan.counts()
        if plan:
            digests = [stone["digest"] for stone in plan.stones] + [_digest(p) for p in plan.paths]
            log = store.access_log(policy.dataset)
            log.note(
                "removal",
                policy.dataset,
                now,
                about="retention policy",
                digests=digests,
                counts=counts,
            )
            store.tombstones(policy.dataset).add(plan.stones)
            for path in plan.paths:
                _throw(path, trash)
        if policy.raw_days is not None:  # measures of texts that are gone must not outlive them
            store.evidence.forget(timedelta(days=policy.raw_days).total_seconds())
            store.notes.forget(timedelta(days=policy.raw_days).total_seconds())
    shutil.rmtree(trash, ignore_errors=True)
    return Removed(plan, counts)


def planned(store: Store, policy: Policy, now: datetime) -> Plan:
    """What ``remove_expired`` would remove now. Changes nothing."""
    return _Planning(store, policy, now).plan()


class _Planning:
    """Looks at the store once, and says what of it has expired."""

    def __init__(self, store: Store, policy: Policy, now: datetime):
        self.store, self.policy, self.now = store, policy, now
        self.batches = {facts["digest"]: facts for facts in store.batches.described()}
        datasets = {policy.dataset, *(facts["dataset"] for facts in self.batches.values())}
        seen = {name: store.collections.last_seen(name) for name in datasets}
        self.collected = {
            digest: max(facts["collected_at"], seen[facts["dataset"]].get(digest, ""))
            for digest, facts in self.batches.items()
        }
        self.stones = {name: store.tombstones(name).newest() for name in datasets}

    def plan(self) -> Plan:
        expired, dead = self.expired, self.dead
        if not expired:
            return Plan(paths=self.old_errors())
        needed = {
            file["sha256"]
            for digest, facts in self.batches.items()
            if digest not in dead
            for file in facts["files"]
        }
        copies = {
            file["sha256"]: self.store.batches.copy(file["sha256"])
            for batch in expired.values()
            for file in batch.facts["files"]
            if file["sha256"] not in needed
        }
        folders = {folder.name: folder for folder in self.store.snapshots.raw_folders()}
        doomed = {
            digest: lost
            for digest in folders
            if (lost := self.lineage.doomed_by(digest) & expired.keys())
        }
        stones = [self._batch_stone(batch, copies.keys()) for batch in expired.values()]
        stones += [self._snapshot_stone(folders[d], expired, lost) for d, lost in doomed.items()]
        known = self.stones[self.policy.dataset]
        return Plan(
            [stone for stone in stones if not _same_life(stone, known.get(stone["digest"]))],
            [
                *(folders[digest] for digest in sorted(doomed)),
                *(path for _, path in sorted(copies.items()) if path.is_file()),
                *self.old_errors(),
            ],
        )

    def old_errors(self) -> list[Path]:
        """Messages of failed stages, which may quote a record: they go like raw data."""
        if self.policy.raw_days is None:
            return []
        latest = (self.now - timedelta(days=self.policy.raw_days)).timestamp()
        found = sorted(self.store.errors.glob("*.txt"))
        return [path for path in found if path.stat().st_mtime <= latest]

    @cached_property
    def expired(self) -> dict[str, Expired]:
        """The dataset's batches whose time is over, or that were told as removed already."""
        known, found = self.stones[self.policy.dataset], {}
        for digest, facts in sorted(self.batches.items()):
            if facts["dataset"] != self.policy.dataset:
                continue
            last = self.collected[digest]
            term = self.policy.term(facts["source"], facts.get("rights") or {})
            stone = known.get(digest)
            if stone and stone["last_collected"] == last:
                found[digest] = Expired(facts, last, stone["policy"])
            elif term and self.now >= _parsed(last) + timedelta(days=term["days"]):
                found[digest] = Expired(facts, last, term)
        return found

    @cached_property
    def dead(self) -> set[str]:
        """The batches that need nothing any more: expired here, or removed in another dataset."""
        return {
            digest
            for digest, facts in self.batches.items()
            if digest in self.expired
            or (
                facts["dataset"] != self.policy.dataset
                and (stone := self.stones[facts["dataset"]].get(digest))
                and stone["last_collected"] == self.collected[digest]
            )
        }

    @cached_property
    def lineage(self) -> Lineage:
        removed = {d: set(s.get("batches", ())) for s in self.stones.values() for d, s in s.items()}
        return Lineage(self.store, self.dead, removed)

    def _batch_stone(self, batch: Expired, gone: Iterable[str]) -> Tombstone:
        files = batch.facts["files"]
        gone = set(gone)
        listed = [
            {"sha256": f["sha256"], "bytes": f["bytes"], "removed": f["sha256"] in gone}
            for f in files
        ]
        about = {"source": batch.facts["source"], "collected": batch.facts["collected_at"]}
        size = {
            "rows": _rows(batch.facts) or self.lineage.rows_of(batch.digest),
            "bytes": sum(f["bytes"] for f in listed if f["removed"]),
        }
        return self._stone("batch", batch.digest, batch, {**about, **size, "files": listed})

    def _snapshot_stone(
        self, folder: Path, expired: Mapping[str, Expired], lost: Iterable[str]
    ) -> Tombstone:
        batches = [expired[digest] for digest in sorted(lost)]
        manifest = _manifest(folder)
        about = {
            "stage": manifest.get("stage", "a stage that its damaged manifest does not name"),
            "rows": {name: t["rows"] for name, t in manifest.get("tables", {}).items()},
            "bytes": _bytes(folder),
            "batches": [batch.digest for batch in batches],
        }
        last = max(batches, key=lambda batch: batch.last_collected)
        return self._stone("snapshot", folder.name, last, about)

    def _stone(self, kind: str, digest: str, by: Expired, about: Mapping[str, Any]) -> Tombstone:
        return {
            "kind": kind,
            "digest": digest,
            "dataset": self.policy.dataset,
            **about,
            "last_collected": by.last_collected,
            "removed_at": moment(self.now),
            "policy": dict(by.term),
            "by": whoever(),
        }


def _same_life(stone: Tombstone, known: Tombstone | None) -> bool:
    """Whether it was told as removed already, and nothing brought it back since."""
    return known is not None and known["last_collected"] == stone["last_collected"]


def _rows(facts: Mapping[str, Any]) -> int | None:
    counted = facts.get("rows")
    return sum(counted.values()) if counted else None


def _parsed(time: str) -> datetime:
    return datetime.fromisoformat(time).astimezone(UTC)


def _digest(path: Path) -> str:
    """What names a thing of the raw zone; a message by its content."""
    return sha256_file(path) if path.suffix else path.name


def _throw(path: Path, trash: Path) -> None:
    """Take a file or folder out of the store in one step; deleting it may take its time."""
    trash.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    path.rename(trash / uuid.uuid4().hex)
    sync(path.parent)


def _bytes(path: Path) -> int:
    return sum(p.stat().st_size for p in (path, *path.rglob("*")) if p.is_file())


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
