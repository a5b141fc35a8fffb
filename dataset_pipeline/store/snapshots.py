"""Snapshots: the immutable, content-addressed output of a stage."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dataset_pipeline.digests import canonical_json, digest_of, sha256_file
from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import row_digests, table_digest
from dataset_pipeline.store.atomic import PRIVATE_FILE, PRIVATE_FOLDER, staged_folder

FORMAT = 1
MANIFEST = "manifest.json"
Zone = Literal["raw", "open"]


@dataclass(frozen=True)
class Snapshot:
    """A snapshot on disk; its tables are read lazily.

    ``digest`` names the content: the order of rows, the Parquet bytes and the time of writing
    have no part in it. ``manifest`` says for each table its rows, its digest and its file's.
    """

    digest: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def stage(self) -> str:
        """The stage that made it."""
        return str(self.manifest["stage"])

    @property
    def records(self) -> pl.LazyFrame:
        """The records that the stage kept."""
        return self.table("records")

    @property
    def excluded(self) -> pl.LazyFrame:
        """The records that it took out: record_id, rule, reason, evidence."""
        return self.table("excluded")

    def table(self, name: str) -> pl.LazyFrame:
        """One of its tables; StoreError when it has none of that name."""
        if name not in self.manifest["tables"]:
            raise StoreError(f"snapshot {self.digest[:12]} of {self.stage} has no table {name!r}")
        return pl.scan_parquet(self.folder / f"{name}.parquet", glob=False)

    def rows(self, name: str) -> int:
        """How many rows a table has, without reading it."""
        return int(self.manifest["tables"][name]["rows"])

    def damage(self) -> list[str]:
        """What is wrong with the files on disk, recomputed from their content; empty when sound."""
        found = []
        for name, entry in self.manifest["tables"].items():
            path = self.folder / f"{name}.parquet"
            if not path.is_file():
                found.append(f"{name}.parquet is missing")
            elif sha256_file(path) != entry["file_sha256"]:
                found.append(f"{name}.parquet was changed after it was written")
            elif self._content_digest(name) != entry["digest"]:
                found.append(f"{name}: its records do not give the digest in the manifest")
        if snapshot_digest(self.stage, self.manifest["tables"]) != self.digest:
            found.append("the manifest does not give the snapshot's digest")
        return found

    def _content_digest(self, name: str) -> str:
        frame = self.table(name).collect()
        return table_digest(row_digests(frame.drop("record_digest", strict=False)))


def snapshot_digest(stage: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Name a snapshot by its stage and by the digest and row count of each table."""
    content = {name: {"digest": t["digest"], "rows": t["rows"]} for name, t in tables.items()}
    return digest_of({"format": FORMAT, "stage": stage, "tables": content})


class SnapshotStore:
    """Snapshots below two roots: ``raw`` (before redaction, owner only) and ``open``.

    Stored records carry their ``record_digest``, so that versions compare quickly.
    """

    def __init__(self, raw: Path, shared: Path, temporary: Path):
        self._roots: dict[Zone, Path] = {"raw": raw, "open": shared}
        self._temporary = temporary

    def write(self, stage: str, zone: Zone, tables: Mapping[str, pl.DataFrame]) -> Snapshot:
        """Store the tables as one snapshot; what is stored already is not written again."""
        digests = {name: row_digests(frame) for name, frame in tables.items()}
        described: dict[str, dict[str, Any]] = {
            name: {"rows": len(rows), "digest": table_digest(rows)}
            for name, rows in digests.items()
        }
        digest = snapshot_digest(stage, described)
        target = self._path(zone, digest)
        if not (target / MANIFEST).is_file():
            mode = PRIVATE_FOLDER if zone == "raw" else 0o755
            with staged_folder(self._temporary, target, mode=mode) as staging:
                for name, frame in tables.items():
                    path = staging / f"{name}.parquet"
                    stored = frame.with_columns(digests[name]) if name == "records" else frame
                    _in_order(stored).write_parquet(path, compression="zstd")
                    described[name]["file_sha256"] = sha256_file(path)
                manifest = {"format": FORMAT, "stage": stage, "zone": zone, "tables": described}
                (staging / MANIFEST).write_bytes(canonical_json(manifest))
                if zone == "raw":
                    for path in staging.iterdir():
                        path.chmod(PRIVATE_FILE)
        return self.open(digest)

    def open(self, digest: str) -> Snapshot:
        """The snapshot with this digest; StoreError when it is not here."""
        for zone in self._roots:
            folder = self._path(zone, digest)
            if (folder / MANIFEST).is_file():
                return Snapshot(digest, folder, json.loads((folder / MANIFEST).read_bytes()))
        raise StoreError(
            f"snapshot {digest[:12]} is not in the store; materialize the asset that makes it again"
        )

    def has(self, digest: str) -> bool:
        """Whether the snapshot is here."""
        return any((self._path(zone, digest) / MANIFEST).is_file() for zone in self._roots)

    def _path(self, zone: Zone, digest: str) -> Path:
        return self._roots[zone] / digest[:2] / digest


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    keys = [column for column in ("record_id", "rule", "left", "right") if column in frame.columns]
    return frame.sort(keys) if keys else frame
