"""Batches: what one collection brought, kept as it came, in the raw zone."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_pipeline.digests import canonical_json, digest_of, sha256_file
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.atomic import PRIVATE_FILE, PRIVATE_FOLDER, sync, write_once


@dataclass(frozen=True, order=True)
class BatchFile:
    """A collected file: its name below the dataset's folder, and the copy that is read."""

    name: str
    sha256: str
    size: int
    copy: Path


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


class BatchStore:
    """Copies of collected files by content, and what is known of each batch."""

    def __init__(self, root: Path, temporary: Path):
        self._files, self._batches, self._temporary = root / "files", root / "batches", temporary

    def collect(self, dataset: str, source_id: str, folder: Path, pattern: str) -> Batch:
        """Copy the files that match into the raw zone, those that are not there yet.

        What is read later is the copy, so a file that changes meanwhile does no harm.
        """
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
        files = (self._keep(path, path.relative_to(folder).as_posix()) for path in found)
        return Batch(dataset, source_id, tuple(sorted(files)))

    def describe(self, batch: Batch, facts: dict[str, Any]) -> None:
        """Write down where, when and by what right a batch was collected, the first time."""
        content = {"dataset": batch.dataset, "source": batch.source_id, "files": batch.listing}
        path = self._batches / f"{batch.digest}.json"
        write_once(self._temporary, path, canonical_json({**content, **facts}), mode=PRIVATE_FILE)

    def check(self, batch: Batch) -> None:
        """Make sure that the copies are still what was collected, or StoreError."""
        for file in batch.files:
            if sha256_file(file.copy) != file.sha256:
                raise StoreError(
                    f"the copy of {file.name} in the raw zone was changed; remove {file.copy} and "
                    "run again, so that it is collected anew"
                )

    def facts(self, digest: str) -> dict[str, Any]:
        """What ``describe`` wrote down about a batch."""
        path = self._batches / f"{digest}.json"
        if not path.is_file():
            raise StoreError(f"batch {digest[:12]} is not described in the store; collect it again")
        found: dict[str, Any] = json.loads(path.read_bytes())
        return found

    def _keep(self, path: Path, name: str) -> BatchFile:
        digest = sha256_file(path)
        copy = self._copy_path(digest)
        if not copy.is_file():
            digest = self._copy(path)
            copy = self._copy_path(digest)
        return BatchFile(name, digest, copy.stat().st_size, copy)

    def _copy_path(self, digest: str) -> Path:
        return self._files / digest[:2] / digest

    def _copy(self, path: Path) -> str:
        """Copy and hash in one pass: the digest is the copy's, whatever happens to the file."""
        self._temporary.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        staging = self._temporary / uuid.uuid4().hex
        staging.touch(mode=PRIVATE_FILE)
        try:
            hasher = hashlib.sha256()
            with path.open("rb") as source, staging.open("wb") as target:
                while chunk := source.read(1 << 20):
                    hasher.update(chunk)
                    target.write(chunk)
            sync(staging)
            digest = hasher.hexdigest()
            self._copy_path(digest).parent.mkdir(parents=True, exist_ok=True)
            staging.replace(self._copy_path(digest))
        finally:
            staging.unlink(missing_ok=True)
        return digest
