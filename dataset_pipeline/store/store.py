"""The store: one folder that holds all that is kept."""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import ReadWriteLock, Timeout

from dataset_pipeline.errors import NotFoundError, StoreError
from dataset_pipeline.files import PRIVATE_FOLDER
from dataset_pipeline.store.access_log import AccessLog
from dataset_pipeline.store.batches import BatchStore
from dataset_pipeline.store.collections import CollectionStore
from dataset_pipeline.store.computations import ComputationStore
from dataset_pipeline.store.evidence import EvidenceStore
from dataset_pipeline.store.ledger import Ledger
from dataset_pipeline.store.notes import NoteStore
from dataset_pipeline.store.pseudonym_keys import PseudonymKeys
from dataset_pipeline.store.snapshots import Snapshot, SnapshotStore
from dataset_pipeline.store.tombstones import Tombstones, told
from dataset_pipeline.store.versions import VersionStore

_DAY = 24 * 3600
_PATIENCE = 600  # seconds that a removal waits for stages that are at work


class Store:
    """Opens the store below ``root``, making what is missing (unless it is only read).

    ``raw/`` (owner only) holds batches and everything before redaction; ``snapshots/`` the rest;
    ``computations/`` pointers; ``versions/`` packages and certificates; ``models/`` what was
    trained; ``ledger/`` the log of everything certified; ``records/`` (owner only) the trees that
    single records are proven by; ``access/`` (owner only) who had what in hand; ``removed/`` what
    the retention policy removed.
    """

    def __init__(self, root: Path, *, make: bool = True):
        self.root = root.absolute()
        raw, temporary = self.root / "raw", self.root / "tmp"
        self.records = self.root / "records"
        if make:
            private = (raw, temporary, self.records)
            _make(self.root, private=private, shared=(self.root / "locks",))
        self.temporary = temporary
        self.batches = BatchStore(raw, temporary)
        self.collections = CollectionStore(raw / "collections", temporary)
        self.snapshots = SnapshotStore(
            raw / "snapshots", self.root / "snapshots", temporary, self.removed
        )
        self.evidence = EvidenceStore(raw / "evidence", temporary)
        self.notes = NoteStore(raw / "notes", temporary)
        self.pseudonym_keys = PseudonymKeys(raw / "pseudonym_keys", temporary)
        self.computations = ComputationStore(self.root / "computations", temporary)
        self.versions = VersionStore(self.root / "versions", self.root / "locks", temporary)
        self.models = self.root / "models"
        self.errors = raw / "errors"

    @property
    def signing_lock(self) -> Path:
        """Held while a statement is signed and its key put beside it."""
        return self.root / "locks" / "signing.lock"

    @property
    def ledger(self) -> Ledger:
        """The lines of the log of everything certified; ``certify.log`` enters things in it."""
        return Ledger(self.root / "ledger" / "ledger.jsonl")

    def access_log(self, dataset: str) -> AccessLog:
        """Who exported, removed or read raw data of a dataset."""
        return AccessLog(self.root / "access" / f"{dataset}.jsonl")

    def tombstones(self, dataset: str) -> Tombstones:
        """What the retention policy removed of a dataset."""
        return Tombstones(self.root / "removed" / f"{dataset}.jsonl")

    @contextmanager
    def in_use(self, snapshots: Iterable[Snapshot] = ()) -> Iterator[None]:
        """Keep the retention policy from removing anything meanwhile.

        StoreError when one of the snapshots is gone already.
        """
        with self._retention_lock().read_lock():
            for snapshot in snapshots:
                self.snapshots.open(snapshot.digest)
            yield

    @contextmanager
    def removing(self, patience: float = _PATIENCE) -> Iterator[None]:
        """Wait until no stage is at work, and let none begin meanwhile; StoreError in the end."""
        try:
            with self._retention_lock().write_lock(patience):
                yield
        except Timeout:
            raise StoreError(
                f"{self.root}: stages have been at work for {patience:.0f} seconds, and what they "
                "read must not be removed; try again when the run is over"
            ) from None

    def _retention_lock(self) -> ReadWriteLock:
        """Shared by stages at work, exclusive for removing; each user needs one of its own."""
        return ReadWriteLock(self.root / "locks" / "retention.db", is_singleton=False)

    def removed(self, digest: str) -> str | None:
        """When and why a snapshot was removed, in words; None when it was not."""
        for path in sorted((self.root / "removed").glob("*.jsonl")):
            if stone := Tombstones(path).newest().get(digest):
                return told(stone)
        return None

    def sweep(self) -> None:
        """Remove what killed runs left in ``tmp/`` more than a day ago."""
        for path in self.temporary.iterdir():
            if time.time() - path.lstat().st_mtime > _DAY:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def open_store(root: Path) -> Store:
    """Open a store that is there, to read it: nothing is made. NotFoundError when it is not."""
    try:
        there = any((root / name).is_dir() for name in ("raw", "versions"))
    except OSError as error:
        raise StoreError(f"{root}: the store cannot be read: {error.strerror}") from None
    if not there:
        raise NotFoundError(
            f"no store at {root.absolute()}; say with --store where it is, or make one with "
            "`dataset-pipeline run <dataset>`"
        )
    return Store(root, make=False)


def _make(root: Path, private: Iterable[Path], shared: Iterable[Path]) -> None:
    try:
        for folder in (*private, *shared):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in private:
            if folder.stat().st_mode & 0o777 != PRIVATE_FOLDER:
                folder.chmod(PRIVATE_FOLDER)
    except OSError as error:
        raise StoreError(
            f"{root} cannot be used as a store: {error.filename}: {error.strerror}; "
            "give a folder that you may write to"
        ) from None
