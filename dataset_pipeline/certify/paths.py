"""Which file names a package may hold: those that every system unpacks to the same files.

The rules are those of RFC 8493 (sections 2.1.3, 5.1, 6.1) and stricter. A name that would need
percent-encoding in a manifest (``%``, CR, LF) is refused: RFC 8493 wants it encoded, while
``sha256sum -c`` and bagit.py look for the encoded name on disk, so no manifest satisfies all three.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

MAX_PATH_BYTES = 1024
MAX_SEGMENT_BYTES = 255
_FORBIDDEN = frozenset('\\:*?"<>|%')
# Marks that change the direction of text: a way to show one name and mean another.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BAD_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,149}")


def name_problem(name: str) -> str | None:
    """Why ``name`` cannot name a package (one ASCII path segment that a shell needs not quote)."""
    if not _NAME.fullmatch(name) or name.endswith("."):
        return "a package's name has letters, digits and ._+- only, at most 150"
    return _segment_problem(name)


def path_problem(path: str) -> str | None:
    """Why ``path`` (relative, ``/`` between segments) cannot be in a package; None if it can."""
    if not path:
        return "is empty"
    if path.startswith("/"):
        return "is absolute"
    if any(unicodedata.category(char) in _BAD_CATEGORIES for char in path):
        return "holds a control character or a line separator"
    if len(path.encode()) > MAX_PATH_BYTES:
        return f"is longer than {MAX_PATH_BYTES} bytes"
    if unicodedata.normalize("NFC", path) != path:
        return "is not in Unicode NFC"
    problems = (_segment_problem(segment) for segment in path.split("/"))
    return next((problem for problem in problems if problem), None)


def clashes(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (path, earlier path) for paths that some file system takes for the same, or nests.

    Compared segment by segment after NFC and case folding: ``A/x`` and ``a/y`` clash (one folder,
    two spellings), and so do the file ``a`` and the file ``a/b``.
    """
    seen: dict[str, tuple[str, bool, str]] = {}
    for path in paths:
        for prefix, is_file in _prefixes(path):
            key = fold(prefix)
            spelling, was_file, owner = seen.setdefault(key, (prefix, is_file, path))
            if owner != path and (spelling != prefix or is_file or was_file):
                yield path, owner
                break


def fold(path: str) -> str:
    """The form under which two paths are the same file on a case-insensitive file system."""
    folded = unicodedata.normalize("NFC", path).casefold()
    return unicodedata.normalize("NFC", folded)


def display(text: str, limit: int = 200) -> str:
    """``text`` as it may be shown: no control characters, no unpaired surrogates, not endless."""
    shown = "".join(
        char
        if char.isprintable() and char not in _BIDI
        else char.encode("unicode_escape").decode("ascii")
        for char in text[:limit]
    )
    return shown + ("…" if len(text) > limit else "")


def _prefixes(path: str) -> Iterator[tuple[str, bool]]:
    position = path.find("/")
    while position != -1:
        yield path[:position], False
        position = path.find("/", position + 1)
    yield path, True


def _segment_problem(segment: str) -> str | None:
    rules = (
        (segment in {"", ".", ".."}, "has an empty, '.' or '..' segment"),
        (_FORBIDDEN.intersection(segment), "holds one of " + " ".join(sorted(_FORBIDDEN))),
        (_BIDI.intersection(segment), "holds a mark that changes the direction of text"),
        (segment != segment.strip(), "has a segment that begins or ends with white space"),
        (segment.endswith("."), "has a segment that ends with a dot"),
        (segment.startswith("~"), "has a segment that begins with '~'"),
        (len(segment.encode()) > MAX_SEGMENT_BYTES, f"has a segment over {MAX_SEGMENT_BYTES} B"),
        (_RESERVED.fullmatch(segment), "has a segment that is a device name on Windows"),
    )
    return next((problem for broken, problem in rules if broken), None)
