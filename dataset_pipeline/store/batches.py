"""Batches: what one collection brought, kept as it came, in the raw zone."""

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from dataset_pipeline.digests import canonical_json, digest_of, sha256_file
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, copy_hashed, sync, write_once


@dataclass(frozen=True, order=True)
class BatchFile:
    """A collected file: the name that people know it by, and the copy that is read.

    ``origin`` says where it came from: a path, a URL without secrets, or a query's digest.
    ``fresh``: the copy was made just now, and its digest as it was written.
    """

    name: str
    sha256: str
    size: int
    copy: Path
    origin: Mapping[str, Any] = field(default_factory=dict, compare=False)
    fresh: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Batch:
    """The files that one collection of a source found; named by their content and names."""

    dataset: str
    source_id: str
    files: tuple[BatchFile, ...]

    @property
    def digest(self) -> str:
        """The batch's name: 64 hex over dataset, source, and each file's name and SHA-256."""
        return digest_of({"dataset": self.dataset, "source": self.source_id, "files": self.listing})

    @property
    def listing(self) -> list[dict[str, Any]]:
        """Name, SHA-256 and size in bytes of each file."""
        return [{"name": f.name, "sha256": f.sha256, "bytes": f.size} for f in self.files]

    @property
    def origins(self) -> dict[str, dict[str, Any]]:
        """Where each file came from."""
        return {file.name: dict(file.origin) for file in self.files}


class BatchStore:
    """Copies of collected files by content, and what is known of each batch."""

    def __init__(self, root: Path, temporary: Path):
        self._files, self._batches, self._temporary = root / "files", root / "batches", temporary

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A private folder to collect into; what is left in it goes when the block ends."""
        folder = self._temporary / uuid.uuid4().hex
        folder.mkdir(parents=True, mode=PRIVATE_FOLDER)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def kept(
        self, name: str, sha256: str, size: int, origin: Mapping[str, Any] | None = None
    ) -> BatchFile | None:
        """The file with this content, where a copy of that length is here already."""
        copy = self._copy_path(sha256)
        if not copy.is_file() or copy.stat().st_size != size:
            return None
        return BatchFile(name, sha256, size, copy, origin or {})

    def take(
        self, chunks: Iterable[bytes], name: str, origin: Mapping[str, Any] | None = None
    ) -> BatchFile:
        """Keep what the chunks hold. Read to their end, it is there; before that, nothing is."""
        with self.workspace() as folder:
            staging = folder / "content"
            staging.touch(mode=PRIVATE_FILE)
            hasher = hashlib.sha256()
            with staging.open("wb") as target:
                for chunk in chunks:
                    hasher.update(chunk)
                    target.write(chunk)
            return self._named(staging, hasher.hexdigest(), name, origin or {})

    def take_copy(
        self,
        source: BinaryIO,
        unchanged: Callable[[int], None],
        name: str,
        origin: Mapping[str, Any],
    ) -> BatchFile:
        """Keep a copy of an open file, unless ``unchanged``, told its bytes, raises."""
        with self.workspace() as folder:
            staging = folder / "content"
            staging.touch(mode=PRIVATE_FILE)
            digest = copy_hashed(source, staging)
            unchanged(staging.stat().st_size)
            return self._named(staging, digest, name, origin)

    def take_file(
        self, staging: Path, name: str, origin: Mapping[str, Any] | None = None
    ) -> BatchFile:
        """Keep a finished file of a workspace; it is moved, not copied."""
        return self._named(staging, sha256_file(staging), name, origin or {})

    def describe(self, batch: Batch, facts: Mapping[str, Any]) -> None:
        """Write down where, when and by what right a batch was collected, the first time."""
        content = {
            "dataset": batch.dataset,
            "source": batch.source_id,
            "files": batch.listing,
            "origins": batch.origins,
        }
        path = self._batches / f"{batch.digest}.json"
        data = canonical_json({**content, **facts})
        write_once(self._temporary, path, data, mode=PRIVATE_FILE)

    def count_rows(self, digest: str, rows: Mapping[str, int]) -> None:
        """Write down how many rows a batch was found to hold, the first time that it was read."""
        path = self._batches / f"{digest}.rows.json"
        if not path.is_file():
            write_once(self._temporary, path, canonical_json(dict(rows)), mode=PRIVATE_FILE)

    def check(self, batch: Batch) -> None:
        """Make sure that the copies are still what was collected, or StoreError."""
        for file in batch.files:
            if not file.fresh and sha256_file(file.copy) != file.sha256:
                raise StoreError(
                    f"the copy of {file.name} in the raw zone was changed; remove {file.copy} and "
                    "run again, so that it is collected anew"
                )

    def facts(self, digest: str) -> dict[str, Any]:
        """What ``describe`` and ``count_rows`` wrote down about a batch."""
        path = self._batches / f"{digest}.json"
        if not path.is_file():
            raise StoreError(f"batch {digest[:12]} is not described; restore {path} from a copy")
        found = _told(path)
        named = digest_of({key: found.get(key) for key in ("dataset", "source", "files")})
        if named != digest:
            raise StoreError(f"{path} is damaged; restore it from a copy")
        counted = self._batches / f"{digest}.rows.json"
        if not counted.is_file():
            return found
        rows = _told(counted)
        if not rows:
            again = "remove it and run the dataset again, so that its rows are counted anew"
            raise StoreError(f"{counted} is damaged; {again}")
        return {**found, "rows": rows}

    def open(self, digest: str) -> Batch | None:
        """A batch of earlier, where it is described and all of its copies are still here."""
        if not (self._batches / f"{digest}.json").is_file():
            return None
        facts = self.facts(digest)
        origins = facts.get("origins", {})
        files = [
            self.kept(file["name"], file["sha256"], file["bytes"], origins.get(file["name"]))
            for file in facts["files"]
        ]
        here = tuple(file for file in files if file)
        return Batch(facts["dataset"], facts["source"], here) if len(here) == len(files) else None

    def described(self) -> Iterator[dict[str, Any]]:
        """The facts of every batch, with its ``digest``."""
        for path in sorted(self._batches.glob("*.json")):
            if "." not in path.stem:
                yield {**self.facts(path.stem), "digest": path.stem}

    def copy(self, sha256: str) -> Path:
        """Where the copy of a collected file is, or was."""
        return self._copy_path(sha256)

    def _copy_path(self, digest: str) -> Path:
        return self._files / digest[:2] / digest

    def _named(self, staging: Path, digest: str, name: str, origin: Mapping[str, Any]) -> BatchFile:
        """Give a finished file its place; on the disk before it has a name."""
        staging.chmod(PRIVATE_FILE)
        size = staging.stat().st_size
        copy = self._copy_path(digest)
        sync(staging)
        copy.parent.mkdir(parents=True, exist_ok=True)
        staging.replace(copy)
        sync(copy.parent)
        return BatchFile(name, digest, size, copy, origin, fresh=True)


def _told(path: Path) -> dict[str, Any]:
    """What a file that was written here tells; nothing where it cannot be read any more."""
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
