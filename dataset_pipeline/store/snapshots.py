"""Snapshots: the immutable, content-addressed output of a stage."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dataset_pipeline.digests import canonical_json, digest_of, sha256_file
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, staged_folder, sync
from dataset_pipeline.records import row_digests, table_digest

FORMAT = 1
MANIFEST = "manifest.json"
Zone = Literal["raw", "open"]
Described = dict[str, dict[str, Any]]  # what a manifest tells of each table
ROW = ("record_id", "record_digest")
_PART = 100_000
_MODES: Mapping[Zone, int] = {"raw": PRIVATE_FOLDER, "open": 0o755}


@dataclass(frozen=True)
class Part:
    """One of the files of a table, with its SHA-256.

    ``deleted``: a file of the rows in it (``ROW``) that are none of the snapshot's, with its
    SHA-256. So a file can be shared by snapshots that differ in a few rows.
    """

    path: Path
    sha256: str
    deleted: tuple[Path, str] | None = None

    @property
    def files(self) -> list[tuple[Path, str]]:
        """Its files on disk, each with its SHA-256."""
        return [(self.path, self.sha256), *([self.deleted] if self.deleted else [])]

    def held(self) -> pl.LazyFrame:
        """All rows of the file, those that are deleted too."""
        return pl.scan_parquet(self.path, glob=False)

    def deletions(self) -> pl.DataFrame:
        """The rows that are deleted: ``ROW``."""
        if self.deleted is None:
            return pl.DataFrame(schema=dict.fromkeys(ROW, pl.String))
        return pl.read_parquet(self.deleted[0], glob=False)

    def rows(self) -> pl.LazyFrame:
        """The rows that count."""
        gone = self.deletions()["record_id"]
        return self.held().filter(~pl.col("record_id").is_in(gone.implode()))


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
        """One of its tables; StoreError when it has none of that name, or its file is damaged."""
        if name not in self.manifest["tables"]:
            raise StoreError(f"snapshot {self.digest[:12]} of {self.stage} has no table {name!r}")
        paths = [path for path, _ in self.files(name)]
        if missing := [path.name for path in paths if not path.is_file()]:
            raise self.unusable(f"{missing[0]} is missing")
        try:
            frame = _scanned(self.parts(name))
            frame.collect_schema()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            raise self.unusable(f"{paths[0].name} is no Parquet file any more") from None
        return frame

    def unusable(self, what: str) -> StoreError:
        """The error that says what is wrong with this snapshot, where it lies, and what to do."""
        return StoreError(
            f"snapshot {self.digest[:12]} of {self.stage}: {what}; delete the folder {self.folder} "
            "and run the dataset again, so that the stage makes it anew"
        )

    def rows(self, name: str) -> int:
        """How many rows a table has, without reading it."""
        return int(self.manifest["tables"][name]["rows"])

    def damage(self) -> list[str]:
        """What is wrong with the files on disk, recomputed from their content; empty when sound."""
        found = []
        for name, entry in self.manifest["tables"].items():
            changed = self._changed(name)
            for path in changed:
                what = "was changed after it was written" if path.is_file() else "is missing"
                found.append(f"{path.name} {what}")
            if not changed and self._content_digest(name) != entry["digest"]:
                found.append(f"{name}: its records do not give the digest in the manifest")
        return found

    def changed_files(self) -> list[str]:
        """The files that are missing, or no longer the bytes that were written."""
        return [path.name for name in self.manifest["tables"] for path in self._changed(name)]

    def harm(self) -> StoreError | None:
        """The error that tells of ``changed_files``; None when there are none."""
        names = ", ".join(self.changed_files())
        return self.unusable(f"{names} was changed after it was written") if names else None

    def parts(self, table: str) -> list[Part]:
        """A table's files; a large table has several."""
        entry = self.manifest["tables"][table]
        if "parts" not in entry:
            return [Part(_file(self.folder, table), entry["file_sha256"])]
        names = part_names(table, len(entry["parts"]))
        deleted = entry.get("deleted", {})
        return [
            Part(
                self.folder / name,
                sha,
                (self.folder / deletions_name(name), deleted[name]) if name in deleted else None,
            )
            for name, sha in zip(names, entry["parts"], strict=True)
        ]

    def files(self, table: str) -> list[tuple[Path, str]]:
        """All files of a table on disk, with the SHA-256 of each."""
        return [file for part in self.parts(table) for file in part.files]

    def _changed(self, table: str) -> list[Path]:
        return changed(self.files(table))

    def _content_digest(self, name: str) -> str:
        parts = self.table(name).collect_batches(chunk_size=_PART, maintain_order=True)
        digests = [row_digests(part.drop("record_digest", strict=False)) for part in parts]
        return table_digest(pl.concat([pl.Series(dtype=pl.String), *digests]))


def changed(files: Sequence[tuple[Path, str]]) -> list[Path]:
    """Those of the files that are missing, or no longer have this SHA-256."""
    return [path for path, sha in files if not path.is_file() or sha256_file(path) != sha]


def part_names(table: str, count: int) -> list[str]:
    """The files of a table that is kept in parts."""
    return [f"{table}-{number:05}.parquet" for number in range(count)]


def deletions_name(part: str) -> str:
    """The file of the rows of a part that are deleted."""
    return part.replace(".parquet", ".deleted.parquet")


def snapshot_digest(stage: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Name a snapshot by its stage and by the digest and row count of each table."""
    content = {name: {"digest": t["digest"], "rows": t["rows"]} for name, t in tables.items()}
    return digest_of({"format": FORMAT, "stage": stage, "tables": content})


class SnapshotStore:
    """Snapshots below two roots: ``raw`` (before redaction, owner only) and ``open``.

    Stored records carry their ``record_digest``, so that versions compare quickly.
    """

    def __init__(
        self,
        raw: Path,
        shared: Path,
        temporary: Path,
        removed: Callable[[str], str | None] = lambda _digest: None,
    ):
        """``removed`` says in words why a snapshot is gone, None when it was never removed."""
        self._roots: dict[Zone, Path] = {"raw": raw, "open": shared}
        self._temporary, self._removed = temporary, removed

    def write(self, stage: str, zone: Zone, tables: Mapping[str, pl.DataFrame]) -> Snapshot:
        """Store the tables as one snapshot; what is stored already is not written again."""
        digests = {name: row_digests(frame) for name, frame in tables.items()}
        described = {name: described_by(rows) for name, rows in digests.items()}
        digest = snapshot_digest(stage, described)
        if not self.has(digest):
            with staged_folder(
                self._temporary, self._free(zone, digest), mode=_MODES[zone]
            ) as staging:
                for name, frame in tables.items():
                    stored = frame.with_columns(digests[name]) if name == "records" else frame
                    write_table(_in_order(stored), _file(staging, name))
                _finish(staging, stage, zone, described)
        return self.open(digest)

    def write_parts(
        self,
        stage: str,
        zone: Zone,
        records: Iterator[pl.DataFrame],
        others: Callable[[], Mapping[str, pl.DataFrame]],
    ) -> Snapshot:
        """Store records that come in parts, with their ``record_digest``, in bounded memory.

        ``others`` gives the further tables, and is called when all records have been taken.
        """

        def fill(folder: Path) -> Described:
            return {"records": _write_parts(records, folder), **_write_tables(others(), folder)}

        return self._filled(stage, zone, fill)

    def write_filled(
        self,
        stage: str,
        zone: Zone,
        fill: Callable[[Path], dict[str, Any]],
        others: Mapping[str, pl.DataFrame],
    ) -> Snapshot:
        """Store records that ``fill`` puts into a folder, as ``part_names`` says, beside others.

        It returns what the manifest tells of them: ``rows``, ``digest``, ``parts``, the SHA-256
        of each file, and ``deleted``, that of a part's deletions by the part's name, if any.
        """

        def both(folder: Path) -> Described:
            with ThreadPoolExecutor(1) as beside:
                written = beside.submit(_write_tables, others, folder)
                return {"records": fill(folder), **written.result()}

        return self._filled(stage, zone, both)

    def _filled(self, stage: str, zone: Zone, fill: Callable[[Path], Described]) -> Snapshot:
        described: Described = {}

        def target() -> Path:
            return self._free(zone, snapshot_digest(stage, described))

        with staged_folder(self._temporary, target, mode=_MODES[zone]) as staging:
            described |= fill(staging)
            _finish(staging, stage, zone, described)
        return self.open(snapshot_digest(stage, described))

    def open(self, digest: str) -> Snapshot:
        """The snapshot with this digest; StoreError when it is not here."""
        for zone in self._roots:
            folder = self._path(zone, digest)
            if (folder / MANIFEST).is_file():
                return Snapshot(digest, folder, _manifest(folder))
        why = self._removed(digest) or f"snapshot {digest[:12]} is not in the store"
        raise StoreError(f"{why}; materialize the asset that makes it again")

    def has(self, digest: str) -> bool:
        """Whether the snapshot is here."""
        return any((self._path(zone, digest) / MANIFEST).is_file() for zone in self._roots)

    def raw_folders(self) -> Iterator[Path]:
        """The folders of the raw zone's snapshots; each is named by the snapshot's digest."""
        return self._roots["raw"].glob("*/*")

    def _path(self, zone: Zone, digest: str) -> Path:
        return self._roots[zone] / digest[:2] / digest

    def _free(self, zone: Zone, digest: str) -> Path:
        """The place of a snapshot; what lies there without a manifest is none, and goes."""
        path = self._path(zone, digest)
        if path.is_dir() and not (path / MANIFEST).is_file():
            shutil.rmtree(path)
        return path


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file; a higher level would save a few bytes in a hundred."""
    table.write_parquet(path, compression="zstd", compression_level=1)


def _scanned(parts: Sequence[Part]) -> pl.LazyFrame:
    """The rows of all parts, in their order; those without deletions in one go."""
    frames = [
        pl.scan_parquet([part.path for part in some], glob=False)
        if whole
        else pl.concat([part.rows() for part in some])
        for whole, some in (
            (whole, list(some)) for whole, some in groupby(parts, lambda part: part.deleted is None)
        )
    ]
    return frames[0] if len(frames) == 1 else pl.concat(frames)


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.parquet"


def described_by(digests: pl.Series) -> dict[str, Any]:
    """What a manifest tells of a table whose ``row_digests`` are these."""
    return {"rows": len(digests), "digest": table_digest(digests)}


def _write_parts(records: Iterator[pl.DataFrame], folder: Path) -> dict[str, Any]:
    """Write records as they come, each part while the next is made; their count and digest."""
    digests, hashes = [], []
    with ThreadPoolExecutor(1) as writer:
        waiting: Future[str] | None = None
        for number, part in enumerate(records):
            digests.append(part["record_digest"])
            if waiting:
                hashes.append(waiting.result())
            path = folder / part_names("records", number + 1)[-1]
            waiting = writer.submit(_write_part, part, path)
        if waiting:
            hashes.append(waiting.result())
    return {**described_by(pl.concat(digests)), "parts": hashes}


def _write_tables(tables: Mapping[str, pl.DataFrame], folder: Path) -> Described:
    """Write tables that are no records; their counts and digests."""
    described: Described = {}
    for name, table in tables.items():
        described[name] = described_by(row_digests(table))
        write_table(_in_order(table), _file(folder, name))
    return described


def _write_part(part: pl.DataFrame, path: Path) -> str:
    part.write_parquet(path, compression="snappy", statistics=False)  # as fast as it comes
    sync(path)  # while the next one is made, not one after the other in the end
    return sha256_file(path)


def _finish(staging: Path, stage: str, zone: Zone, described: Described) -> None:
    """Write the manifest, which makes a folder of tables a snapshot."""
    for name, table in described.items():
        if "parts" not in table:
            table["file_sha256"] = sha256_file(_file(staging, name))
    manifest = {"format": FORMAT, "stage": stage, "zone": zone, "tables": described}
    (staging / MANIFEST).write_bytes(canonical_json(manifest))
    if zone == "raw":
        for path in staging.iterdir():
            path.chmod(PRIVATE_FILE)


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except ValueError:
        manifest = {}
    if not _sound(manifest, folder.name):
        raise Snapshot(folder.name, folder, {"stage": "a stage"}).unusable(f"{MANIFEST} is damaged")
    return manifest


def _sound(manifest: Any, digest: str) -> bool:
    """Whether this is the manifest of that snapshot, and tells nothing unknown of its files.

    The digest does not cover how rows lie in files: a list of deleted rows whose name is damaged
    would not be missed, and the rows would count again.
    """
    try:
        tables = manifest["tables"]
        named = snapshot_digest(manifest["stage"], tables)
        return named == digest and all(_known(name, table) for name, table in tables.items())
    except (KeyError, TypeError, AttributeError):
        return False


def _known(name: str, table: Mapping[str, Any]) -> bool:
    if "parts" not in table:
        return table.keys() == {"rows", "digest", "file_sha256"}
    listed = table.get("deleted", {}).keys() <= {*part_names(name, len(table["parts"]))}
    return listed and table.keys() - {"deleted"} == {"rows", "digest", "parts"}


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    keys = [column for column in ("record_id", "rule", "left", "right") if column in frame.columns]
    return frame.sort(keys) if keys else frame
