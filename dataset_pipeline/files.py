"""Files and folders that appear whole or not at all, whenever the writer dies; content stays."""

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
# The system cannot copy between these two files by itself.
_NO_COPYING = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
_PIECE = 1 << 20
_COPIED_AT_ONCE = 32 << 20


def opened(path: Path) -> BinaryIO:
    """A file to be read. A pipe that nobody writes to is empty; ``open`` would wait for ever."""
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - for its opener
    if hasattr(os, "O_NONBLOCK"):
        os.set_blocking(file.fileno(), True)  # whoever writes to it may be slow
    return file


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that was ``opened``."""
    with opened(path) as file:
        return file.read()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def staged_folder(
    temporary: Path, target: Path | Callable[[], Path], *, mode: int = 0o755
) -> Iterator[Path]:
    """Fill a temporary folder, then give it the name ``target`` in one step.

    A name that follows from the content may be a function, called when all is written.
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
        named = target() if callable(target) else target
        named.parent.mkdir(parents=True, exist_ok=True)
        try:
            staging.rename(named)
        except OSError:
            if not named.is_dir():
                raise
        sync(named.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def published(target: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Yield a file to write to; when the block ends, it becomes ``target``.

    The bytes go to a hidden file beside ``target``, reach the disk, and get their name in one step.
    If the block raises, nothing is left. ``mode`` is narrowed by the process's umask.

    Raises FileExistsError when ``target`` exists, before the block or after it.
    """
    taken = FileExistsError(errno.EEXIST, "already published; it is never overwritten", str(target))
    if os.path.lexists(target):
        raise taken
    with _staged_file(target.parent, mode) as staging:
        with staging.open("wb") as file:
            yield file
        if not publish(staging, target):
            raise taken


def publish(staging: Path, target: Path) -> bool:
    """Give a finished file its name unless that is taken; True when this call did.

    ``staging`` must be on the same file system; removing it is left to the caller.
    """
    sync(staging)
    target.parent.mkdir(parents=True, exist_ok=True)
    named = _give_name(staging, target)
    if named:
        sync(target.parent)
    return named


def write_once(temporary: Path, target: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Write a file unless it is there already; True when this call wrote it."""
    with _staged_file(temporary, mode) as staging:
        staging.write_bytes(data)
        return publish(staging, target)


def replace(temporary: Path, target: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file, over an older one where there is one: for pointers, never for content."""
    with _staged_file(temporary, mode) as staging:
        staging.write_bytes(data)
        sync(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.replace(target)
        sync(target.parent)


def copy_hashed(source: BinaryIO, target: Path) -> str:
    """Copy a file's content into an empty file; the SHA-256 of what that holds then.

    The system copies, where it can without the bytes passing through this process (or at all: some
    file systems share them), while another thread hashes what was copied. The copy is on its way to
    the disk meanwhile: a ``sync`` afterwards has nothing to wait for.
    """
    hasher = hashlib.sha256()
    buffer = memoryview(bytearray(_PIECE))

    def look(written: BinaryIO, size: int) -> None:
        while size > 0 and (count := written.readinto(buffer[:size])):  # type: ignore[attr-defined]
            hasher.update(buffer[:count])
            size -= count

    with (
        target.open("r+b", buffering=0) as copy,
        target.open("rb", buffering=0) as written,
        ThreadPoolExecutor(1) as beside,
    ):
        looking = []
        while size := _copied(source, copy, _COPIED_AT_ONCE):
            looking.append(beside.submit(look, written, size))
        os.fsync(copy.fileno())
        for done in looking:
            done.result()
    return hasher.hexdigest()


def _copied(source: BinaryIO, target: BinaryIO, most: int) -> int:
    """Copy some of a file's bytes, from where both files stand; how many, 0 at its end."""
    try:
        return os.copy_file_range(source.fileno(), target.fileno(), most)
    except AttributeError:  # only Linux has it
        pass
    except OSError as error:
        if error.errno not in _NO_COPYING:
            raise
    data = source.read(_PIECE)
    view = memoryview(data)
    while view:
        view = view[target.write(view) :]
    return len(data)


def share(source: Path, target: Path) -> None:
    """A second name for a file that nobody changes; a copy where the system has no hard links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in {*_NO_HARD_LINKS, errno.EXDEV}:
            raise
        shutil.copyfile(source, target)


def sync(path: Path) -> None:
    """Make a file, or a folder's entries, durable where the system can (not on Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _staged_file(folder: Path, mode: int) -> Iterator[Path]:
    """A new, hidden, empty file that is removed in the end, unless it got another name."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    staging = folder / f".{uuid.uuid4().hex}.tmp"
    staging.touch(mode=mode, exist_ok=False)
    try:
        yield staging
    finally:
        staging.unlink(missing_ok=True)


def _give_name(staging: Path, target: Path) -> bool:
    """A hard link fails when the name is taken, where a rename would overwrite."""
    try:
        os.link(staging, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(target):
            return False
        staging.rename(target)
    return True
