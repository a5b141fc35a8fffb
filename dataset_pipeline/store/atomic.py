"""Writing so that a reader sees all of it or nothing, whenever the writer dies."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


@contextmanager
def staged_folder(temporary: Path, target: Path, *, mode: int = 0o755) -> Iterator[Path]:
    """Fill a temporary folder, then give it the name ``target`` in one step.

    When ``target`` is there already (the same content, written by another run), it stays as it is.
    ``temporary`` must be on the same file system.
    """
    staging = temporary / uuid.uuid4().hex
    staging.mkdir(parents=True, mode=PRIVATE_FOLDER)
    try:
        yield staging
        for path in staging.rglob("*"):
            if path.is_file():
                sync(path)
        sync(staging)
        staging.chmod(mode)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            staging.rename(target)
        except OSError:
            if not target.is_dir():
                raise
        sync(target.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_once(temporary: Path, target: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Write a file unless it is there already; True when this call wrote it."""
    with _staged_file(temporary, mode) as staging:
        staging.write_bytes(data)
        sync(staging)
        return _link(staging, target)


def publish(staging: Path, target: Path) -> bool:
    """Give a finished file its name unless that is taken; True when this call did.

    ``staging`` must be on the same file system; it stays where it is.
    """
    sync(staging)
    return _link(staging, target)


def replace(temporary: Path, target: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file, over an older one where there is one: for pointers, never for content."""
    with _staged_file(temporary, mode) as staging:
        staging.write_bytes(data)
        sync(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.replace(target)
        sync(target.parent)


def sync(path: Path) -> None:
    """Make a file or a folder's entries durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _staged_file(temporary: Path, mode: int) -> Iterator[Path]:
    temporary.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    staging = temporary / uuid.uuid4().hex
    staging.touch(mode=mode)
    try:
        yield staging
    finally:
        staging.unlink(missing_ok=True)


def _link(staging: Path, target: Path) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(staging, target)
    except FileExistsError:
        return False
    sync(target.parent)
    return True
