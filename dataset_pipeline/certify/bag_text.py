"""The tag files of a BagIt 1.0 bag (RFC 8493), written and strictly read.

A manifest's line is "64 hex, two spaces, path", sorted by the path's bytes and ended by LF: what
``sha256sum -c`` and bagit.py both read. The reader accepts nothing else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from dataset_pipeline.certify.errors import BagError

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
PAYLOAD = "data/"
OWN_FILES = (DECLARATION, INFO, MANIFEST, TAG_MANIFEST)
DECLARATION_BYTES = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_RESERVED_TAG_FILE = re.compile(r"(tag)?manifest-.*\.txt|bagit\.txt|bag-info\.txt|fetch\.txt|data")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_OXUM = "Payload-Oxum"


def manifest_bytes(digests: Mapping[str, str]) -> bytes:
    """A manifest of path -> SHA-256."""
    lines = (f"{digests[path]}  {path}\n" for path in sorted(digests, key=str.encode))
    return "".join(lines).encode()


def read_manifest(data: bytes) -> tuple[dict[str, str], list[str]]:
    """Read a manifest: (path -> SHA-256, problems with their line numbers)."""
    digests: dict[str, str] = {}
    problems: list[str] = []
    last = b""
    for number, line in _lines(data, problems):
        match = _LINE.fullmatch(line)
        if not match:
            problems.append(f"line {number} is not '64 hex digits, two spaces, path'")
            continue
        digest, path = match.groups()
        if path.encode() <= last:
            problems.append(f"line {number} is a duplicate or out of order")
        last = path.encode()
        digests[path] = digest
    return digests, problems


def info_bytes(info: Sequence[tuple[str, str]], size: int, files: int) -> bytes:
    """``bag-info.txt``: the caller's elements in order, then the computed Payload-Oxum.

    Raises BagError for a label or value that would not survive reading.
    """
    for label, value in info:
        if not _LABEL.fullmatch(label) or label.lower() == _OXUM.lower():
            raise BagError(f"bag-info.txt: {label!r} cannot be a label given by the caller")
        if not value or value != value.strip() or not value.isprintable():
            raise BagError(f"bag-info.txt: the value of {label} must be one line of printable text")
    elements = [*info, (_OXUM, f"{size}.{files}")]
    return "".join(f"{label}: {value}\n" for label, value in elements).encode()


def read_info(data: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """Read ``bag-info.txt``: (elements in order, problems with their line numbers)."""
    elements: list[tuple[str, str]] = []
    problems: list[str] = []
    for number, line in _lines(data, problems):
        label, colon, value = line.partition(": ")
        if not colon or not _LABEL.fullmatch(label) or not value:
            problems.append(f"line {number} is not 'Label: value'")
            continue
        elements.append((label, value))
    return elements, problems


def oxum_problem(elements: Sequence[tuple[str, str]], size: int, files: int) -> str | None:
    """Why the Payload-Oxum ("bytes.files") is not that of this payload; None if it is."""
    found = [value for label, value in elements if label.lower() == _OXUM.lower()]
    if len(found) != 1:
        return f"{len(found)} elements Payload-Oxum instead of one"
    if found[0] != f"{size}.{files}":
        return f"Payload-Oxum differs from the {size} bytes in {files} files that are here"
    return None


def tag_file_problem(path: str) -> str | None:
    """Why the caller may not add a tag file of this name; None if it may."""
    if _RESERVED_TAG_FILE.fullmatch(path.partition("/")[0].lower()):
        return "is a name that BagIt reserves"
    return None


def _lines(data: bytes, problems: list[str]) -> Iterator[tuple[int, str]]:
    """Numbered lines without their LF; only LF ends a line."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        problems.append(f"byte {error.start} is not UTF-8")
        return
    if text and not text.endswith("\n"):
        problems.append("the last line has no line end")
    yield from enumerate(text.removesuffix("\n").split("\n") if text else [], start=1)
