"""Files that appear whole or not at all, and that nothing overwrites."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


@contextlib.contextmanager
def published(dest: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Yield a file to write to; when the block ends, it becomes ``dest``.

    The bytes go to a hidden file beside ``dest``, reach the disk (fsync), and get their name in one
    step. If the block raises, nothing is left. ``mode`` is narrowed by the process's umask.

    Raises FileExistsError when ``dest`` exists, before the block or after it.
    """
    if os.path.lexists(dest):
        raise FileExistsError(errno.EEXIST, "already published; it is never overwritten", str(dest))
    temporary = dest.with_name(f".{dest.name[:80]}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_name(temporary, dest)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(dest.parent)


def write_new(dest: Path, data: bytes, mode: int = 0o644) -> None:
    """Write ``data`` to the new file ``dest`` (see ``published``)."""
    with published(dest, mode) as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the system can (Windows cannot)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_name(temporary: Path, dest: Path) -> None:
    """Name the file; a hard link fails when the name is taken, where a rename would overwrite."""
    try:
        os.link(temporary, dest)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(dest):
            raise FileExistsError(errno.EEXIST, "already published", str(dest)) from None
        temporary.rename(dest)
