"""Files that may be compressed: ``.gz`` and ``.zst`` by the name that people know them by."""

import gzip
import io
import zlib
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

import zstandard

from dataset_pipeline.stages.readers.rows import SourceFile

_SUFFIXES = (".gz", ".zst")
# One byte of zstd can stand for 32 KiB: small pieces keep small what they unfold to.
_PIECE = 1 << 10


class DamagedArchive(Exception):  # noqa: N818
    """A compressed file ends too early, or is broken inside."""


def open_binary(file: SourceFile) -> BinaryIO:
    """Open a file, unpacked on the way. Reading on raises ``DamagedArchive`` where it breaks."""
    packed = file.path.open("rb")
    name = file.name.lower()
    if name.endswith(".gz"):
        return io.BufferedReader(_Gzip(packed))
    if name.endswith(".zst"):
        return io.BufferedReader(_Zstd(packed))
    return cast("BinaryIO", packed)


def plain_name(file: SourceFile) -> str:
    """A file's name in lower case, without the suffix of its compression."""
    path = PurePosixPath(file.name.lower())
    return str(path.with_suffix("")) if path.suffix in _SUFFIXES else str(path)


class _Unpacked(io.RawIOBase):
    def __init__(self, packed: IO[bytes]):
        self.packed = packed

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.packed.close()
        super().close()


class _Gzip(_Unpacked):
    def __init__(self, packed: IO[bytes]):
        super().__init__(packed)
        self._stream = gzip.GzipFile(fileobj=packed)
        self._begun = False

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DamagedArchive from error
        if not data and not self._begun:
            raise DamagedArchive  # an empty file is no archive
        self._begun = True
        buffer[: len(data)] = data
        return len(data)


class _Zstd(_Unpacked):
    """The library's own reader takes a file that ends too early for a whole one."""

    def __init__(self, packed: IO[bytes]):
        super().__init__(packed)
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._packed_left = b""
        self._unpacked = b""

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            while not self._unpacked and self._more():
                pass
        except zstandard.ZstdError as error:
            raise DamagedArchive from error
        data, self._unpacked = self._unpacked[: len(buffer)], self._unpacked[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def _more(self) -> bool:
        """Unpack one piece; False at the end of the last frame."""
        piece = self._packed_left or self.packed.read(_PIECE)
        if self._frame.eof and piece:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        elif not piece:
            if not self._frame.eof:
                raise DamagedArchive
            return False
        self._unpacked = self._frame.decompress(piece)
        self._packed_left = self._frame.unused_data if self._frame.eof else b""
        return True
