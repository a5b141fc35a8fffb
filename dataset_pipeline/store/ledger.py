"""The append-only log of everything certified: one canonical JSON object (RFC 8785) a line.

Each line names the SHA-256 of the line before it (its bytes with the line end, so
``sed -n 3p ledger.jsonl | sha256sum`` gives what line 4 says) and of its own fields. A line that
was edited, removed, inserted or moved breaks the chain. What the chain cannot show is that lines
are missing at its end, or that all from some line on were written anew: for that somebody outside
must have noted an earlier ``head`` (a checkpoint). No version of this file does that yet.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import rfc8785
from filelock import FileLock

from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import sync

EntryKind = Literal["certified", "linked", "retrospective"]
FIRST = "0" * 64

_DIGEST = "entry_sha256"
_CHAIN = {"index", "time", "kind", "previous", _DIGEST}
_REQUIRED = ("dataset", "version", "statement_sha256")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LedgerCheck:
    """Whether the chain is intact.

    ``line``: number (from 1) of the first wrong line, None when intact, and ``detail``: what is
    wrong with it; ``entries``: intact lines before it; ``head``: SHA-256 of the last of them;
    ``torn_bytes``: length of a last line without a line end, left by a write that was cut short;
    ``set_aside``: files that hold such lines from earlier.
    """

    intact: bool
    entries: int
    head: str
    line: int | None = None
    detail: str = ""
    torn_bytes: int = 0
    set_aside: tuple[str, ...] = ()


class Ledger:
    """The ledger in the file ``path``, made on first use. Safe for many processes and threads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, kind: EntryKind, time: str, **fields: Any) -> dict[str, Any]:
        """Add an entry and return it; when this returns, the entry is on the disk.

        ``time``: RFC 3339 in UTC with ``Z``. ``fields`` must have dataset, version and
        statement_sha256, and may have more of what JSON can hold.

        Raises StoreError when a field is wrong or the chain is broken; then nothing is written.
        """
        _check_fields(kind, time, fields)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):
            self._set_torn_line_aside()
            check = self.check()
            if not check.intact:
                raise StoreError(
                    f"{self.path}: line {check.line} {check.detail}; nothing is added to a broken "
                    "ledger. Restore it from a copy."
                )
            entry = {**fields, "kind": kind, "time": time}
            line = _line(entry, index=check.entries, previous=check.head)
            written = _parse(line)
            if _problem(written, line, check.entries, check.head):
                raise StoreError("ledger: a field's number does not read back as it was written")
            self._write(line)
        return written

    def entries(self) -> Iterator[dict[str, Any]]:
        """The entries in order. Raises StoreError at the first line that breaks the chain."""
        previous = FIRST
        for index, line in enumerate(_whole_lines(self._bytes())):
            entry = _parse(line)
            if problem := _problem(entry, line, index, previous):
                raise StoreError(f"{self.path}: line {index + 1} {problem}")
            previous = hashlib.sha256(line).hexdigest()
            yield entry

    def check(self) -> LedgerCheck:
        """Read the whole chain and say whether it is intact. Changes nothing and takes no lock.

        While another process appends, its unfinished line may count as torn.
        """
        data = self._bytes()
        previous, count = FIRST, 0
        line_number, detail = None, ""
        for line in _whole_lines(data):
            if problem := _problem(_parse(line), line, count, previous):
                line_number, detail = count + 1, problem
                break
            previous, count = hashlib.sha256(line).hexdigest(), count + 1
        return LedgerCheck(
            intact=line_number is None,
            entries=count,
            head=previous,
            line=line_number,
            detail=detail,
            torn_bytes=len(data) - (data.rfind(b"\n") + 1),
            set_aside=tuple(sorted(p.name for p in self.path.parent.glob(self._torn_name("*")))),
        )

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""

    def _write(self, line: bytes) -> None:
        new = not self.path.exists()
        with self.path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync(self.path.parent)

    def _set_torn_line_aside(self) -> None:
        """Move what a killed writer left into a file of its own, on the disk before it is cut."""
        data = self._bytes()
        end = data.rfind(b"\n") + 1
        if end == len(data):
            return
        with self._new_torn_file().open("wb") as file:
            file.write(data[end:])
            file.flush()
            os.fsync(file.fileno())
        sync(self.path.parent)
        with self.path.open("r+b") as file:
            file.truncate(end)
            os.fsync(file.fileno())

    def _new_torn_file(self) -> Path:
        number = 1
        while True:
            path = self.path.with_name(self._torn_name(str(number)))
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                number += 1
            else:
                return path

    def _torn_name(self, number: str) -> str:
        return f"{self.path.name}.torn-{number}"


def _check_fields(kind: str, time: str, fields: dict[str, Any]) -> None:
    if kind not in get_args(EntryKind):
        raise StoreError(f"ledger: kind {kind!r} is not one of {', '.join(get_args(EntryKind))}")
    if not _TIME.fullmatch(time):
        raise StoreError(f"ledger: time {time!r} is not RFC 3339 in UTC (2026-05-01T12:00:00Z)")
    if taken := sorted(_CHAIN.intersection(fields)):
        raise StoreError(f"ledger: the ledger itself writes {', '.join(taken)}")
    if missing := [name for name in _REQUIRED if not isinstance(fields.get(name), str)]:
        raise StoreError(f"ledger: an entry needs {', '.join(missing)} as text")
    if not _SHA256.fullmatch(fields["statement_sha256"]):
        raise StoreError("ledger: statement_sha256 is not 64 lower-case hex digits")


def _line(fields: dict[str, Any], *, index: int, previous: str) -> bytes:
    entry = {**fields, "index": index, "previous": previous}
    try:
        entry[_DIGEST] = hashlib.sha256(rfc8785.dumps(entry)).hexdigest()
        return rfc8785.dumps(entry) + b"\n"
    except (ValueError, RecursionError) as error:
        raise StoreError(f"ledger: a field is not JSON: {error}") from None


def _whole_lines(data: bytes) -> Iterator[bytes]:
    """Lines with their line end; what comes after the last line end is left out."""
    for line in data.split(b"\n")[:-1]:
        yield line + b"\n"


def _parse(line: bytes) -> dict[str, Any]:
    """The entry in a line; empty when it holds none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _problem(entry: dict[str, Any], line: bytes, index: int, previous: str) -> str | None:
    """Why the line cannot be entry ``index`` of the chain; None if it can."""
    if not _CHAIN.union(_REQUIRED) <= entry.keys():
        return "is not an entry"
    if entry["index"] != index or entry["previous"] != previous:
        return "does not follow from the line before it"
    fields = {key: value for key, value in entry.items() if key not in {*_CHAIN} - {"time", "kind"}}
    try:
        expected = _line(fields, index=index, previous=previous)
    except StoreError:
        return "is not canonical JSON"
    return None if line == expected else "was changed"
