"""What a package's writer and its reader both measure of a file, in one pass."""

import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

CHUNK = 1 << 20
_SMALL = 1 << 16
_WAITING = 8


@dataclass(frozen=True)
class FileFacts:
    """A file's length in bytes, its SHA-256 (64 hex) and its CRC-32."""

    size: int
    sha256: str
    crc32: int


class Meter:
    """Measures a file that arrives in pieces."""

    def __init__(self) -> None:
        self._digest, self._size, self._crc = hashlib.sha256(), 0, 0

    def add(self, chunk: bytes) -> None:
        """Take the next piece."""
        self._digest.update(chunk)
        self._crc = zlib.crc32(chunk, self._crc)
        self._size += len(chunk)

    def facts(self) -> FileFacts:
        """What was measured up to here."""
        return FileFacts(self._size, self._digest.hexdigest(), self._crc)


class Growing:
    """Measures a file that is being written to."""

    def __init__(self, path: Path) -> None:
        self._file, self._meter = path.open("rb"), Meter()

    def look(self) -> None:
        """Measure what was added since it was looked at last."""
        for chunk in chunks_of(self._file):
            self._meter.add(chunk)

    def facts(self) -> FileFacts:
        """What was measured up to here; it cannot be looked at any more."""
        self._file.close()
        return self._meter.facts()


class Behind:
    """Does one thing after the other in a thread of its own, while more of them are made ready.

    At most ``waiting`` things wait. At the end of the ``with`` block all are done; what one of them
    raises is raised by a later ``do``, or there.
    """

    def __init__(self, waiting: int) -> None:
        self._most, self._thread = waiting, ThreadPoolExecutor(1)
        self._tasks: deque[Future[object]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        self._thread.shutdown(cancel_futures=error is not None)
        if error is None:
            self._finish(0)

    def do(self, task: Callable[..., object], *given: object) -> None:
        """Do this when all that was given before is done."""
        self._tasks.append(self._thread.submit(task, *given))
        self._finish(self._most)

    def _finish(self, left: int) -> None:
        while len(self._tasks) > left:
            self._tasks.popleft().result()


class Aside:
    """SHA-256 of what arrives in pieces, computed in a thread of its own, a few pieces behind."""

    def __init__(self) -> None:
        self._digest, self._small = hashlib.sha256(), bytearray()
        self._behind = Behind(_WAITING)

    def add(self, chunk: bytes) -> None:
        """Take the next piece."""
        if len(chunk) < _SMALL:
            self._small += chunk
            if len(self._small) < _SMALL:
                return
            chunk = b""
        self._hand_over()
        if chunk:
            self._behind.do(self._digest.update, chunk)

    def hexdigest(self) -> str:
        """The digest (64 hex) of all that was taken; nothing more can be taken after it."""
        with self._behind:
            self._hand_over()
        return self._digest.hexdigest()

    def _hand_over(self) -> None:
        if self._small:
            self._behind.do(self._digest.update, bytes(self._small))
            self._small.clear()


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, made in a thread of its own, a few pieces ahead of whoever takes them."""
    with ThreadPoolExecutor(1) as thread:
        made = deque(thread.submit(next, chunks, None) for _ in range(_WAITING))
        while (chunk := made.popleft().result()) is not None:
            made.append(thread.submit(next, chunks, None))
            yield chunk


def measure(chunks: Iterable[bytes]) -> FileFacts:
    """Measure all of ``chunks``."""
    meter = Meter()
    for chunk in chunks:
        meter.add(chunk)
    return meter.facts()


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, 1 MiB at a time."""
    while chunk := file.read(CHUNK):
        yield chunk
