"""The one way in which a package is written as ZIP: records as bytes, a pure function of entries.

Follows PKWARE's APPNOTE 6.3.10, with every freedom taken away: entries stored (no compression),
UTF-8 names flagged as such, 1980-01-01 00:00, mode 0644 of a regular file made on Unix, no data
descriptors, no comments, no extra field but zip64's, and that only where a number needs it. The
same entries are the same bytes on any machine, so a reader can compare instead of interpret.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LOCAL_SIGNATURE = b"PK\x03\x04"
DIRECTORY_SIGNATURE = b"PK\x01\x02"
LOCAL = struct.Struct("<4s5H3I2H")
_DIRECTORY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")

LIMIT32 = 0xFFFFFFFF
LIMIT16 = 0xFFFF
# From these on, a number is written in zip64's place; a test lowers them.
ZIP64_FROM = LIMIT32
ZIP64_COUNT = LIMIT16
_UTF8 = 0x0800
_MIDNIGHT, _FIRST_DAY = 0, 0x0021
_UNIX = 3 << 8
_REGULAR_0644 = 0o100644 << 16

_LOCAL_FIELDS = (
    ("signature", 4), ("version needed", 2), ("flags", 2), ("compression method", 2),
    ("time", 2), ("date", 2), ("CRC-32", 4), ("compressed size", 4), ("size", 4),
    ("length of the name", 2), ("length of the extra field", 2),
)  # fmt: skip
_DIRECTORY_FIELDS = (
    ("signature", 4), ("version made by", 2), ("version needed", 2), ("flags", 2),
    ("compression method", 2), ("time", 2), ("date", 2), ("CRC-32", 4), ("compressed size", 4),
    ("size", 4), ("length of the name", 2), ("length of the extra field", 2),
    ("length of the comment", 2), ("disk number", 2), ("internal attributes", 2),
    ("external attributes (file type and mode)", 4), ("offset", 4),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A file in the archive: its full name, its length in bytes, and its CRC-32."""

    name: str
    size: int
    crc32: int


def local_record(entry: Entry) -> bytes:
    """The bytes that stand before an entry's data."""
    name = entry.name.encode()
    large = entry.size >= ZIP64_FROM
    extra = _extra64([entry.size, entry.size]) if large else b""
    size = LIMIT32 if large else entry.size
    record = LOCAL.pack(
        LOCAL_SIGNATURE, _needs(large), _UTF8, 0, _MIDNIGHT, _FIRST_DAY,
        entry.crc32, size, size, len(name), len(extra),
    )  # fmt: skip
    return record + name + extra


def directory_record(entry: Entry, offset: int) -> bytes:
    """An entry's line in the central directory; ``offset`` is where its local record begins."""
    name = entry.name.encode()
    large, far = entry.size >= ZIP64_FROM, offset >= ZIP64_FROM
    extra = _extra64([entry.size] * 2 * large + [offset] * far)
    size = LIMIT32 if large else entry.size
    needs = _needs(large or far)
    record = _DIRECTORY.pack(
        DIRECTORY_SIGNATURE, _UNIX | needs, needs, _UTF8, 0, _MIDNIGHT, _FIRST_DAY,
        entry.crc32, size, size, len(name), len(extra), 0, 0, 0,
        _REGULAR_0644, LIMIT32 if far else offset,
    )  # fmt: skip
    return record + name + extra


def end_record(count: int, offset: int, size: int) -> bytes:
    """What ends the archive, for a directory of ``count`` records and ``size`` at ``offset``."""
    many, far, long = count >= ZIP64_COUNT, offset >= ZIP64_FROM, size >= ZIP64_FROM
    before = b""
    if many or far or long:
        before = _END64.pack(
            b"PK\x06\x06", _END64.size - 12, _UNIX | 45, 45, 0, 0, count, count, size, offset
        ) + _LOCATOR64.pack(b"PK\x06\x07", 0, offset + size, 1)
    number = LIMIT16 if many else count
    return before + _END.pack(
        b"PK\x05\x06", 0, 0, number, number,
        LIMIT32 if long else size, LIMIT32 if far else offset, 0,
    )  # fmt: skip


def directory(entries: Iterable[Entry]) -> Iterator[tuple[str, bytes]]:
    """Yield (entry's name, record) for the directory, then ("", end record).

    Where each local record lies follows from the sizes of the entries before it.
    """
    offset = size = count = 0
    records = []
    for entry in entries:
        records.append((entry, offset))
        offset += len(local_record(entry)) + entry.size
    for entry, start in records:
        record = directory_record(entry, start)
        size, count = size + len(record), count + 1
        yield entry.name, record
    yield "", end_record(count, offset, size)


def difference(found: bytes, expected: bytes) -> str:
    """Name the first field in which a local or directory record is not the expected one."""
    fields = _LOCAL_FIELDS if expected[:4] == LOCAL_SIGNATURE else _DIRECTORY_FIELDS
    start = 0
    for name, length in fields:
        end = start + length
        if found[start:end] != expected[start:end]:
            return name
        start = end
    return "name or extra field"


def _needs(zip64: bool) -> int:
    return 45 if zip64 else 20


def _extra64(numbers: list[int]) -> bytes:
    if not numbers:
        return b""
    return struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers)
