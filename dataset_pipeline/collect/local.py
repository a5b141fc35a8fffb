"""Files below the dataset's folder."""

import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import BinaryIO, TypeVar

from dataset_pipeline.collect.found import Found
from dataset_pipeline.errors import CollectError, system_error
from dataset_pipeline.store.batches import Batch, BatchFile, BatchStore

ATTEMPTS = 4
WAIT = 0.2  # seconds, twice as long after each attempt
_CHUNK = 1 << 20
_T = TypeVar("_T")
_Unchanged = Callable[[int], None]


class _ChangedError(Exception):
    """The file was written to, replaced or removed while it was read."""


def collect_local(
    batches: BatchStore, folder: Path, pattern: str, previous: Batch | None = None
) -> Found:
    """Copy the files that match into the raw zone, those that are not there yet.

    What is read later is the copy, so a file that changes after this does no harm; one that
    changes meanwhile is noticed.
    """
    sizes = {file.size for file in previous.files} if previous else set()
    return Found([_collected(batches, folder, path, sizes) for path in matching(folder, pattern)])


def matching(folder: Path, pattern: str) -> list[Path]:
    """The files that a glob finds, in order; CollectError where it cannot look, or leads out."""
    try:
        _look_into(folder, pattern)
        return [path for path in sorted(folder.glob(pattern)) if _is_ours(folder, path)]
    except OSError as error:
        raise CollectError(system_error(error)) from None


def _look_into(folder: Path, pattern: str) -> None:
    """Open every folder that the glob goes through: a glob passes over those it may not read."""
    parts = PurePath(pattern).parts[:-1]
    for length in range(len(parts) + 1):
        for place in folder.glob(str(PurePath(*parts[:length]))) if length else [folder]:
            if place.is_dir():
                os.scandir(place).close()


def _is_ours(folder: Path, path: Path) -> bool:
    name = path.relative_to(folder).as_posix()
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CollectError(f"{name} leads out of the dataset's folder; put the file itself there")
    if path.is_symlink() and not path.exists():
        raise CollectError(f"{name} is a link to a file that is not there")
    return path.is_file()


def _collected(batches: BatchStore, folder: Path, path: Path, sizes: set[int]) -> BatchFile:
    """The file's copy; only one that may be here already is hashed before it is copied."""
    name = path.relative_to(folder).as_posix()
    origin = {"path": name}

    def known(file: BinaryIO, unchanged: _Unchanged) -> BatchFile | None:
        hasher, size = hashlib.sha256(), 0
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
            size += len(chunk)
        unchanged(size)
        return batches.kept(name, hasher.hexdigest(), size, origin)

    def taken(file: BinaryIO, unchanged: _Unchanged) -> BatchFile:
        return batches.take_copy(file, unchanged, name, origin)

    seen = path.is_file() and path.stat().st_size in sizes
    return (_unchanged_while(path, name, known) if seen else None) or _unchanged_while(
        path, name, taken
    )


def _unchanged_while(path: Path, name: str, read: Callable[[BinaryIO, _Unchanged], _T]) -> _T:
    """Read a file that nobody writes to meanwhile; tried a few times."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(WAIT * 2 ** (attempt - 1))
        try:
            with path.open("rb", buffering=0) as file:
                return read(file, _watched(file, path))
        except (_ChangedError, FileNotFoundError):
            continue
        except OSError as error:
            raise CollectError(f"{name} cannot be collected: {system_error(error)}") from None
    raise CollectError(
        f"{name} changed each of the {ATTEMPTS} times that it was read, or is gone; collect it "
        "when nobody writes to it, or write it elsewhere and rename it into place"
    )


def _watched(file: BinaryIO, path: Path) -> _Unchanged:
    """Told how many bytes were read: raises when the file is not what it was at the start."""
    before = os.fstat(file.fileno())

    def unchanged(size: int) -> None:
        states = (before, os.fstat(file.fileno()), path.stat())
        if len({_state(found) for found in states}) > 1 or size != before.st_size:
            raise _ChangedError

    return unchanged


def _state(found: os.stat_result) -> tuple[int, ...]:
    kind = stat.S_IFMT(found.st_mode)
    return kind, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
