"""Content that a server packed for the way: unpacked, and known to be whole.

A library that ends where the bytes end takes a body that the server itself cut for a whole one.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

# One byte can stand for 32 KiB: small pieces keep small what they unfold to.
_PIECE = 1 << 10
_GZIP, _ZLIB, _BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class BrokenContent(Exception):  # noqa: N818
    """The packed content ends too early, or is broken."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _deflate(first: bytes) -> _Unpacker:
    """Some servers leave out the frame that the standard asks for."""
    try:
        zlib.decompressobj(_ZLIB).decompress(first, 1)
    except zlib.error:
        return zlib.decompressobj(_BARE)
    return zlib.decompressobj(_ZLIB)


_UNPACKERS: dict[str, Callable[[bytes], _Unpacker]] = {
    "gzip": lambda _first: zlib.decompressobj(_GZIP),
    "x-gzip": lambda _first: zlib.decompressobj(_GZIP),
    "deflate": _deflate,
    "zstd": lambda _first: zstandard.ZstdDecompressor().decompressobj(),
}


def encodings(told: str | None) -> list[str]:
    """The names in a Content-Encoding, in the order in which the content was packed."""
    names = [name.strip().lower() for name in (told or "").split(",")]
    return [name for name in names if name not in ("", "identity")]


def unknown(names: list[str]) -> list[str]:
    """Those that cannot be unpacked here."""
    return [name for name in names if name not in _UNPACKERS]


def unpacked(pieces: Iterator[bytes], names: list[str]) -> Iterator[bytes]:
    """The content as it was before it was packed; BrokenContent where it is not all there."""
    for name in reversed(names):
        pieces = _unpacked(pieces, _UNPACKERS[name])
    return pieces


def _unpacked(pieces: Iterator[bytes], made: Callable[[bytes], _Unpacker]) -> Iterator[bytes]:
    """One member after another; each of them has to end."""
    member: _Unpacker | None = None
    try:
        for piece in _small(pieces):
            left = piece
            while left:
                member = made(left) if member is None or member.eof else member
                yield member.decompress(left)
                left = member.unused_data if member.eof else b""
    except (zlib.error, zstandard.ZstdError):
        raise BrokenContent from None
    if member is None or not member.eof:
        raise BrokenContent  # nothing at all is no packed content, either


def _small(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), _PIECE):
            yield piece[start : start + _PIECE]
