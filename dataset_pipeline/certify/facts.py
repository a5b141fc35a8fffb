"""What a package's writer and its reader both measure of a file, in one pass."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 1 << 20


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
