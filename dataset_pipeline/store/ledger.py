"""The ledger's file: one canonical JSON object (RFC 8785) a line, only ever added to.

Each line names the SHA-256 of the line before it (its bytes with the line end, so
``sed -n 3p ledger.jsonl | sha256sum`` gives what line 4 says) and of its own fields. So a line that
was edited, removed, inserted or moved shows, and where. That lines are missing at the end, or that
all from some line on were written anew, shows by the signed checkpoints over the lines: see
``certify/log.py``, by which everything is entered.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import opened, sync

EntryKind = Literal[
    "certified",
    "linked",
    "retrospective",
    "approval",
    "superseded",
    "withdrawn",
    "erasure",
    "test_look",
]
Entry = dict[str, Any]
FIRST = "0" * 64

_DIGEST = "entry_sha256"
_CHAIN = {"index", "time", "kind", "previous", _DIGEST}
_VERSION = ("dataset", "version", "statement_sha256")
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "certified": _VERSION,
    "linked": _VERSION,
    "retrospective": _VERSION,
    "approval": (*_VERSION, "role"),
    "superseded": (*_VERSION, "by", "reason"),
    "withdrawn": (*_VERSION, "reason"),
    "erasure": ("dataset", "reason", "tombstones_sha256"),
    "test_look": ("dataset", "version", "model"),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LedgerCheck:
    """Whether the chain is intact.

    ``line``: number (from 1) of the first wrong line, None when intact, and ``detail``: what is
    wrong with it; ``lines``: those before it, as they stand; ``head``: SHA-256 of the last of them;
    ``torn_bytes``: length of a last line without a line end, left by a write that was cut short;
    ``set_aside``: files that hold such lines from earlier.
    """

    lines: tuple[bytes, ...]
    head: str
    line: int | None = None
    detail: str = ""
    torn_bytes: int = 0
    set_aside: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether every line follows from the one before it."""
        return self.line is None

    @property
    def entries(self) -> int:
        """How many lines are sound."""
        return len(self.lines)


class Ledger:
    """The file ``path`` and its lines. Reading takes no lock and changes nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def lock(self) -> FileLock:
        """To be held from reading the last line until the next one is written."""
        return FileLock(f"{self.path}.lock")

    def entries(self) -> Iterator[Entry]:
        """The entries in order. Raises StoreError at the first line that breaks the chain."""
        for line in self.sound_lines():
            yield json.loads(line)

    def find(self, **values: str) -> list[Entry]:
        """The entries that have these values, the oldest first; the chain is not looked at."""
        try:
            marks = [canonical_json({name: value})[1:-1] for name, value in values.items()]
        except ValueError:  # what is not UTF-8, no line can hold
            return []
        found = [_parse(line) for line in whole_lines(self.read()) if all(m in line for m in marks)]
        return [entry for entry in found if values.items() <= entry.items()]

    def sound_lines(self) -> tuple[bytes, ...]:
        """The lines, with their ends. Raises StoreError when the chain is broken."""
        check = self.check()
        if not check.intact:
            raise StoreError(
                f"{self.path}: line {check.line} {check.detail}; nothing is added to a broken "
                "ledger, or read from it. Restore it from a copy."
            )
        return check.lines

    def check(self) -> LedgerCheck:
        """Read the whole chain and say whether it is intact.

        While another process appends, its unfinished line may count as torn.
        """
        data = self.read()
        sound: list[bytes] = []
        previous, number, detail = FIRST, None, ""
        for line in whole_lines(data):
            if problem := _problem(_parse(line), line, len(sound), previous):
                number, detail = len(sound) + 1, problem
                break
            previous = sha256_of(line)
            sound.append(line)
        return LedgerCheck(
            lines=tuple(sound),
            head=previous,
            line=number,
            detail=detail,
            torn_bytes=len(data) - (data.rfind(b"\n") + 1),
            set_aside=tuple(sorted(p.name for p in self.path.parent.glob(self._torn_name("*")))),
        )

    def read(self, start: int = 0) -> bytes:
        """The file's bytes from ``start`` on; empty where there is no file."""
        try:
            with opened(self.path) as file:
                if file.seekable():
                    file.seek(start)
                return file.read()
        except FileNotFoundError:
            return b""

    def write(self, line: bytes) -> None:
        """Add a line; when this returns, it is on the disk. The caller holds the lock."""
        new = not self.path.exists()
        with self.path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync(self.path.parent)

    def set_torn_line_aside(self, torn: bytes) -> None:
        """Move what a killed writer left at the end into a file of its own, which is synced first.

        The caller holds the lock.
        """
        with self._new_torn_file().open("wb") as file:
            file.write(torn)
            file.flush()
            os.fsync(file.fileno())
        sync(self.path.parent)
        with self.path.open("r+b") as file:
            file.truncate(self.path.stat().st_size - len(torn))
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


def next_line(
    kind: EntryKind, time: str, fields: Mapping[str, Any], *, index: int, previous: str
) -> bytes:
    """The line of an entry that is to follow ``index`` others, the last with SHA-256 ``previous``.

    ``time``: RFC 3339 in UTC with ``Z``. ``fields`` must have what the kind demands, and may have
    more of what JSON can hold. Raises StoreError when a field is wrong.
    """
    _check_fields(kind, time, fields)
    line = _line({**fields, "kind": kind, "time": time}, index=index, previous=previous)
    if _problem(_parse(line), line, index, previous):
        raise StoreError("ledger: a field's number does not read back as it was written")
    return line


def whole_lines(data: bytes) -> Iterator[bytes]:
    """Lines with their line end; what comes after the last line end is left out."""
    for line in data.split(b"\n")[:-1]:
        yield line + b"\n"


def sha256_of(line: bytes) -> str:
    """The SHA-256 (64 hex) of a line with its end, as the next line names it."""
    return hashlib.sha256(line).hexdigest()


def _check_fields(kind: str, time: str, fields: Mapping[str, Any]) -> None:
    if kind not in get_args(EntryKind):
        raise StoreError(f"ledger: kind {kind!r} is not one of {', '.join(get_args(EntryKind))}")
    if not _TIME.fullmatch(time):
        raise StoreError(f"ledger: time {time!r} is not RFC 3339 in UTC (2026-05-01T12:00:00Z)")
    if taken := sorted(_CHAIN.intersection(fields)):
        raise StoreError(f"ledger: the ledger itself writes {', '.join(taken)}")
    for name in _REQUIRED[kind]:
        value = fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise StoreError(f"ledger: an entry of kind {kind} needs {name} as text")
        if name.endswith("_sha256") and not _SHA256.fullmatch(value):
            raise StoreError(f"ledger: {name} is not 64 lower-case hex digits")


def _line(fields: Mapping[str, Any], *, index: int, previous: str) -> bytes:
    entry = {**fields, "index": index, "previous": previous}
    try:
        entry[_DIGEST] = hashlib.sha256(canonical_json(entry)).hexdigest()
        return canonical_json(entry) + b"\n"
    except (ValueError, RecursionError) as error:
        raise StoreError(f"ledger: a field is not JSON: {error}") from None


def _parse(line: bytes) -> Entry:
    """The entry in a line; empty when it holds none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _problem(entry: Entry, line: bytes, index: int, previous: str) -> str | None:
    """Why the line cannot be entry ``index`` of the chain; None if it can."""
    if not entry.keys() >= _CHAIN.union(_REQUIRED.get(str(entry.get("kind")), ("dataset",))):
        return "is not an entry"
    if entry["index"] != index or entry["previous"] != previous:
        return "does not follow from the line before it"
    try:
        if canonical_json(entry) + b"\n" != line:
            return "is not canonical JSON"
    except (ValueError, RecursionError):
        return "is not canonical JSON"
    own = b'"%b":"%b",' % (_DIGEST.encode(), str(entry[_DIGEST]).encode())
    rest = line.removesuffix(b"\n").replace(own, b"", 1)
    return None if hashlib.sha256(rest).hexdigest() == entry[_DIGEST] else "was changed"
