"""What a package's writer and its reader both measure of a file, in one pass."""

import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

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


class Aside:
    """SHA-256 of what arrives in pieces, computed in a thread of its own, a few pieces behind."""

    def __init__(self) -> None:
        self._digest, self._small = hashlib.sha256(), bytearray()
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def add(self, chunk: bytes) -> None:
        """Take the next piece."""
        if len(chunk) < _SMALL:
            self._small += chunk
            if len(self._small) < _SMALL:
                return
            chunk = b""
        self._hand_over()
        if chunk:
            self._hash(chunk)

    def hexdigest(self) -> str:
        """The digest (64 hex) of all that was taken; nothing more can be taken after it."""
        self._hand_over()
        self._thread.shutdown()
        return self._digest.hexdigest()

    def _hand_over(self) -> None:
        if self._small:
            self._hash(bytes(self._small))
            self._small.clear()

    def _hash(self, chunk: bytes) -> None:
        self._waiting.append(self._thread.submit(self._digest.update, chunk))
        if len(self._waiting) > _WAITING:
            self._waiting.popleft().result()


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
