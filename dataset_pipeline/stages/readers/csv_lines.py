"""Lines for the csv module, so that no file can make it hold more than one row may take."""

import csv
import hashlib
import io
from collections.abc import Callable
from typing import BinaryIO

from dataset_pipeline.stages.readers.compressed import DamagedArchive
from dataset_pipeline.stages.readers.flaws import FileFlaw, bytes_of

# The module's own limit is one for the whole process; what a row may take is bounded below.
csv.field_size_limit((1 << 31) - 1)
_LEAST = 4 << 20
_A_LINE = 64  # what Python takes to hold a short one


class Oversized(Exception):  # noqa: N818
    """A row takes more than it may."""


def as_text(binary: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file as text; bytes that are not in the encoding become lone surrogates."""
    return io.TextIOWrapper(binary, encoding, errors="surrogateescape", newline="")


class Lines:
    """Lines of a text, of which those of one row never take more than ``limit`` characters.

    They are kept until the next row begins, to name by its content a row that cannot be used.
    ``row_like``: whether a line by itself would be a row, once the header is known.
    """

    row_like: Callable[[str], bool] | None = None

    def __init__(self, text: io.TextIOWrapper, max_field_bytes: int, quote: str):
        self.limit = max(_LEAST, 2 * max_field_bytes)
        self.line = 0
        self._text, self._quote = text, quote
        self._taken: list[str] = []
        self._size = 0
        self._quotes = 0
        self._behind = -1  # the row's own line
        self._digest = hashlib.sha256()
        self._prefix = ""

    def begin(self) -> int:
        """Begin a row: the number of its first line."""
        self._size = 0
        self._taken.clear()
        return self.line + 1

    def content(self) -> tuple[str, int]:
        """What a row has taken that cannot be used: asked once such a row.

        The SHA-256 of it, and how many of its lines but the first would be rows by themselves.
        """
        self._drop()
        digest, self._digest, self._quotes = self._digest, hashlib.sha256(), 0
        behind, self._behind = max(0, self._behind), -1
        return digest.hexdigest(), behind

    def go_on_inside_quotes(self) -> bool:
        """Whether the lines so far end inside a quoted field; then the next one does as well."""
        self._drop()
        inside = self._quotes % 2 == 1
        self._prefix = self._quote if inside else ""
        self._size = 0
        return inside

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            raise StopIteration
        self.line += 1
        self._taken.append(line)
        self._size += len(line) + _A_LINE
        if self._size >= self.limit:
            self._to_the_end_of(line)
            raise Oversized
        prefix, self._prefix = self._prefix, ""
        return prefix + line

    def _to_the_end_of(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            self._drop()
            line = self._read()
            self._taken.append(line)

    def _read(self) -> str:
        try:
            line = self._text.readline(self.limit)
        except UnicodeError:
            reason = "the file cannot be decoded from here on"
            raise FileFlaw("bad_encoding", reason) from None
        except DamagedArchive:
            reason = "the compressed file ends too early or is broken; what is before it was read"
            raise FileFlaw("damaged_archive", reason) from None
        return line.removeprefix("\ufeff") if self.line == 0 else line

    def _drop(self) -> None:
        """Keep the digest of the lines, and how many quotes stand in them, instead of them."""
        for line in self._taken:
            if self._behind < 0 or (self.row_like and self.row_like(line)):
                self._behind += 1
            self._quotes += line.count(self._quote)
            self._digest.update(bytes_of(line))
        self._taken.clear()
