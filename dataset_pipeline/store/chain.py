"""Append-only logs: one canonical JSON object a line, each with the SHA-256 of the line before it.

Beside a log lies its head (``<name>.head``): how many lines it has, and the SHA-256 of the last. So
a line that was edited, inserted, moved or taken away shows, at the end of the log too. What the
chain cannot show is that log and head were both written anew, or both removed: for that somebody
outside must have noted an earlier head.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import read_bytes, replace, sync

FIRST = "0" * 64
_OWN = frozenset({"index", "previous"})


@dataclass(frozen=True)
class ChainCheck:
    """Whether a log is whole.

    ``line``: number (from 1) of the first wrong line, None when intact; ``detail``: what is wrong;
    ``entries``: sound lines; ``head``: SHA-256 of the last of them; ``torn_bytes``: length of a
    last line without a line end, left by a write that was cut short.
    """

    intact: bool
    entries: int
    head: str
    line: int | None = None
    detail: str = ""
    torn_bytes: int = 0


class Chain:
    """The log in the file ``path``, made on first use. Safe for many processes and threads."""

    def __init__(self, path: Path, *, mode: int = 0o644) -> None:
        self.path, self._mode = path, mode

    def append(self, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Add entries and return them; when this returns, they are on the disk.

        What a killed writer left of a last line is cut off first. StoreError when the log is
        broken or an entry is no JSON; then nothing is written.
        """
        if not entries:
            return []
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", mode=self._mode):
            data = self._bytes()
            check = self._check(data, self._head())
            if not check.intact:
                raise StoreError(f"{self.broken(check)}; nothing is added to it")
            lines = list(_lines(entries, check))
            if not check.entries:  # before the first line, so that a head is never missing
                self._write_head(0, FIRST)
            self._write(b"".join(lines), at=len(data) - check.torn_bytes)
            self._write_head(check.entries + len(lines), _sha256(lines[-1]))
        return [json.loads(line) for line in lines]

    def entries(self) -> list[dict[str, Any]]:
        """The entries in order. Raises StoreError when the log is broken."""
        head, data = self._head(), self._bytes()
        check = self._check(data, head)
        if not check.intact:
            raise StoreError(self.broken(check))
        return [json.loads(line) for line in _whole_lines(data)]

    def check(self) -> ChainCheck:
        """Read all of it and say whether it is whole. Changes nothing and takes no lock."""
        head = self._head()  # first: what is appended meanwhile then only makes the log longer
        return self._check(self._bytes(), head)

    def broken(self, check: ChainCheck) -> str:
        """What is wrong, and what to do."""
        return f"{self.path}: line {check.line} {check.detail}; restore the log from a copy"

    def _check(self, data: bytes, head: tuple[int, str] | None) -> ChainCheck:
        previous, count, noted = FIRST, 0, FIRST
        torn = len(data) - (data.rfind(b"\n") + 1)
        for line in _whole_lines(data):
            if problem := _problem(line, count, previous):
                return ChainCheck(False, count, previous, count + 1, problem, torn)
            previous, count = _sha256(line), count + 1
            if head and count == head[0]:
                noted = previous
        problem = _against_head(head, count, noted)
        line_number = (head[0] if head else count) if problem else None
        return ChainCheck(not problem, count, previous, line_number, problem, torn)

    def _head(self) -> tuple[int, str] | None:
        try:
            told = json.loads(self._head_path.read_bytes())
            return int(told["entries"]), str(told["sha256"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return 0, "damaged"

    def _write_head(self, entries: int, digest: str) -> None:
        told = canonical_json({"entries": entries, "sha256": digest})
        replace(self.path.parent, self._head_path, told, mode=self._mode)

    @property
    def _head_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.head")

    def _bytes(self) -> bytes:
        try:
            return read_bytes(self.path)
        except FileNotFoundError:
            return b""

    def _write(self, data: bytes, at: int) -> None:
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, self._mode)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(at)
            file.seek(at)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync(self.path.parent)


def _lines(entries: Sequence[Mapping[str, Any]], after: ChainCheck) -> Iterator[bytes]:
    index, previous = after.entries, after.head
    for entry in entries:
        if taken := sorted(_OWN.intersection(entry)):
            raise StoreError(f"the log itself writes {', '.join(taken)}")
        try:
            line = canonical_json({**entry, "index": index, "previous": previous}) + b"\n"
        except (ValueError, RecursionError) as error:
            raise StoreError(f"an entry of a log is not JSON: {error}") from None
        yield line
        index, previous = index + 1, _sha256(line)


def _problem(line: bytes, index: int, previous: str) -> str:
    """Why a line cannot be the entry ``index`` of the chain; empty if it can."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or not entry.keys() >= _OWN:
        return "is not an entry"
    if entry["index"] != index or entry["previous"] != previous:
        return "does not follow from the line before it"
    return ""


def _against_head(head: tuple[int, str] | None, count: int, noted: str) -> str:
    """Why the lines are not what was noted of them; empty if they are."""
    if head is None:
        return "is the last one, but what should say so (the .head file) is missing" * (count > 0)
    if head[1] == "damaged":
        return "cannot be held against the .head file, which is damaged"
    if head[0] > count:
        return "is missing: lines were taken away at the end"
    return "" if noted == head[1] else "was changed, or another stands in its place"


def _whole_lines(data: bytes) -> Iterator[bytes]:
    """Lines with their line end; what comes after the last line end is left out."""
    for line in data.split(b"\n")[:-1]:
        yield line + b"\n"


def _sha256(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
