"""Office files are zip archives: what to know of one before a library unpacks it."""

import io
import re
import zipfile

from dataset_pipeline.stages.readers.flaws import Flaw, unreadable_unless

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_UNPACKED = 1 << 30
_MAX_CELLS = 50_000_000
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_COLUMN = re.compile(rb' r="([A-Z]{1,3})[0-9]')
_ROW = re.compile(rb"<(?:[a-z]+:)?row [^>]*>")
_ROW_NUMBER = re.compile(rb' r="([0-9]{1,7})"')


def check_office(data: bytes, kind: str) -> None:
    """Raise a flaw for a file that is encrypted, no zip archive, or far too large unpacked."""
    if is_ole(data):
        raise Flaw("unreadable_file", f"the file is not {kind}: it is encrypted, or an old format")
    with unreadable_unless(kind), zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MAX_UNPACKED:
        raise Flaw("oversized_file", "the file is over 1 GiB unpacked", bytes=size)


def check_cells(data: bytes) -> None:
    """Raise a flaw for a workbook whose sheets would fill the memory: a cell may stand anywhere."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if _SHEET.fullmatch(name):
                size = _columns(sheet := archive.read(name)) * _rows(sheet)
                if size > _MAX_CELLS:
                    raise Flaw("oversized_file", "a sheet spans too many cells", cells=size)


def _columns(sheet: bytes) -> int:
    return max(map(_number, set(_COLUMN.findall(sheet))), default=0)


def _rows(sheet: bytes) -> int:
    rows = set(_ROW_NUMBER.findall(b"".join(_ROW.findall(sheet))))
    return max(map(int, rows), default=0)


def _number(column: bytes) -> int:
    """The number of a column that is named by letters."""
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def is_ole(data: bytes) -> bool:
    """Whether the file is a container of old Office formats, or of an encrypted new one."""
    return data.startswith(_OLE)
