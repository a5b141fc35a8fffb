"""What lies in a folder: every file by relative path, SHA-256 and size.

Nothing is changed, and no link is followed. A name's bytes that are not UTF-8, control characters
and ``%`` are percent-encoded: so any name can be written down, and be had back from that.
"""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from dataset_pipeline.certify.facts import CHUNK

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"})


@dataclass(frozen=True)
class Entry:
    """One thing in the folder. ``sha256`` is None where it could not be, or is not to be, read.

    ``why``: why there is no digest: an error of the system, or that it is no regular file.
    ``mtime``: seconds, as the file system reports it; anybody may have set it.
    """

    name: str
    path: Path
    size: int = 0
    mtime: int = 0
    sha256: str | None = None
    why: str = ""


def entries(folder: Path) -> Iterator[Entry]:
    """Everything below a folder that is no folder itself, in the order of names.

    Links are named and never followed; sockets, pipes and devices are named and never opened.
    """
    for path in _walk(os.fsencode(folder)):
        yield _entry(os.fsencode(folder), path)


def told_name(name: bytes) -> str:
    """A relative path as text; ``raw_name`` gives its bytes back."""
    text = name.decode("utf-8", "surrogateescape")
    return "".join(_told(char) for char in text)


def raw_name(told: str) -> bytes:
    """The bytes of a name that ``told_name`` wrote."""
    return unquote_to_bytes(told)


def _told(char: str) -> str:
    if char != "%" and unicodedata.category(char) not in _UNSAFE:
        return char
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def _walk(folder: bytes) -> Iterator[bytes]:
    """Paths of all but folders; a folder that cannot be listed stands for itself.

    Deep folders need no deep stack.
    """
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        children = _children(path) if is_folder else None
        if children is None:
            yield path
        else:
            waiting += reversed(children)


def _children(folder: bytes) -> list[tuple[bytes, bool]] | None:
    """What is in a folder, by name, and whether it is one itself; None when it cannot be listed."""
    try:
        with os.scandir(folder) as found:
            return sorted((child.path, child.is_dir(follow_symlinks=False)) for child in found)
    except OSError:
        return None


def _entry(root: bytes, path: bytes) -> Entry:
    name = told_name(os.path.relpath(path, root))
    place = Path(os.fsdecode(path))
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return Entry(name, place, why=_kind(found.st_mode))
        digest, size = _sha256(path, found)
    except OSError as error:
        return Entry(name, place, why=f"cannot be read: {error.strerror}")
    return Entry(name, place, size, int(found.st_mtime), digest, "" if digest else _CHANGED)


_CHANGED = "changed while it was read"


def _sha256(path: bytes, before: os.stat_result) -> tuple[str | None, int]:
    """The digest and length of a file, if it stayed what it was meanwhile."""
    digest, size = hashlib.sha256(), 0
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
        after = os.fstat(file.fileno())
    same = (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
    return (digest.hexdigest() if same and size == after.st_size else None), size


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link; links are not followed"
    if stat.S_ISDIR(mode):
        return "cannot be read: the folder cannot be listed"
    return "no regular file (a socket, a pipe or a device)"
