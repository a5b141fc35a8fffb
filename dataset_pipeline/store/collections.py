"""Every collection of every source, in the order in which they happened: append-only JSON lines.

A collection is told in two lines: what it brought (``collected``), and, once that was read, how
its records differ from those of the collection before (``rows``). Both lie in the raw zone.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from dataset_pipeline.digests import canonical_json, digest_of
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, sync, write_once

Entry = dict[str, Any]
_BLOCK = 1 << 16
_LOG, _WITHDRAWN = ".jsonl", ".withdrawn.jsonl"
_MARKERS = ".markers"  # no dataset is called so


class CollectionStore:
    """The collections below ``root``; safe for many processes and threads."""

    def __init__(self, root: Path, temporary: Path):
        self._root, self._temporary = root, temporary

    @contextmanager
    def alone(self, dataset: str, source: str) -> Iterator[None]:
        """Held while a source is collected: each collection builds on the one before it."""
        with _lock(self._path(dataset, source, ".lock")):
            yield

    def collected(self, dataset: str, source: str, entry: Mapping[str, Any]) -> Entry:
        """Enter a collection and return the entry; when this returns, it is on the disk.

        ``entry`` holds at, batch, previous (batch), files, names, markers, code and rights.
        """
        path = self._path(dataset, source, _LOG)
        with _lock(path.with_name(f"{path.name}.lock")):
            last = self.last(dataset, source)
            number = last["collection"] + 1 if last else 1
            line = {**entry, "kind": "collected", "collection": number}
            _append(path, [line])
        return line

    def counted(self, dataset: str, source: str, collection: int, **facts: Any) -> None:
        """Add to a collection what became known when it was read: rows, and the snapshot."""
        path = self._path(dataset, source, _LOG)
        with _lock(path.with_name(f"{path.name}.lock")):
            _append(path, [{**facts, "kind": "rows", "collection": collection}])

    def entries(self, dataset: str, source: str) -> list[Entry]:
        """The collections of a source, the oldest first."""
        found: dict[int, Entry] = {}
        for line in reversed(list(_backwards(self._path(dataset, source, _LOG)))):
            number = line["collection"]
            found[number] = _merged(found[number], line) if number in found else line
        return list(found.values())

    def last(self, dataset: str, source: str) -> Entry | None:
        """The latest collection of a source, read from the end of the file."""
        later: dict[int, Entry] = {}
        for line in _backwards(self._path(dataset, source, _LOG)):
            if line["kind"] == "collected":
                return _merged(line, later.get(line["collection"], {}))
            later.setdefault(line["collection"], line)
        return None

    def last_counted(self, dataset: str, source: str) -> Entry | None:
        """The latest line that names the snapshot of what was collected."""
        lines = _backwards(self._path(dataset, source, _LOG))
        return next((line for line in lines if line["kind"] == "rows"), None)

    def profile_before(self, dataset: str, source: str, batch: str) -> dict[str, Any] | None:
        """The profile of the batch that was there before this one; None where there is none."""
        previous = None
        for line in _backwards(self._path(dataset, source, _LOG)):
            if line["kind"] != "rows" or line["batch"] == batch:
                continue
            if line["batch"] != (previous or line["batch"]):
                return None
            previous = line["batch"]
            if profile := self.markers({"markers": line["profile"]} if "profile" in line else None):
                return profile
        return None

    def last_seen(self, dataset: str) -> dict[str, str]:
        """When each batch of a dataset was last what a collection of its source brought."""
        seen: dict[str, str] = {}
        for source in self.sources(dataset):
            for entry in self.entries(dataset, source):
                seen[entry["batch"]] = max(entry["at"], seen.get(entry["batch"], ""))
        return seen

    def datasets(self) -> list[str]:
        """The datasets of which something was ever collected."""
        folders = self._root.iterdir() if self._root.is_dir() else []
        return sorted(p.name for p in folders if p.is_dir() and p != self._root / _MARKERS)

    def sources(self, dataset: str) -> list[str]:
        """The sources (and files of annotations and distillates) that were ever collected."""
        folder = self._root / dataset
        found = (p.relative_to(folder).as_posix() for p in folder.glob(f"**/*{_LOG}"))
        return sorted(n.removesuffix(_LOG) for n in found if not n.endswith(_WITHDRAWN))

    def keep_markers(self, markers: Mapping[str, Any]) -> str:
        """Write down by what the next collection knows what is unchanged; the digest names it."""
        data = canonical_json(dict(markers))
        digest = digest_of(dict(markers))
        if not self._markers(digest).is_file():
            write_once(self._temporary, self._markers(digest), data, mode=PRIVATE_FILE)
        return digest

    def markers(self, entry: Mapping[str, Any] | None) -> dict[str, Any]:
        """The markers of a collection; none where there was none, or they are gone."""
        try:
            found = json.loads(self._markers(entry["markers"]).read_bytes()) if entry else {}
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def withdraw(
        self, dataset: str, source: str, record_ids: Iterable[str], *, batch: str, at: str
    ) -> None:
        """Write down records that the source no longer has, and the last batch that had them."""
        lines = [{"record_id": name, "last_batch": batch, "at": at} for name in record_ids]
        path = self._path(dataset, source, _WITHDRAWN)
        if lines:
            with _lock(path.with_name(f"{path.name}.lock")):
                _append(path, lines)

    def withdrawals(self, dataset: str, record_id: str) -> list[Entry]:
        """When a record was withdrawn, and from which source; the oldest first."""
        wanted = record_id.encode()
        found = []
        for source in self.sources(dataset):
            path = self._path(dataset, source, _WITHDRAWN)
            if path.is_file():
                with path.open("rb") as lines:
                    told = [json.loads(x) for x in lines if wanted in x and x.endswith(b"\n")]
                found += [{**x, "source": source} for x in told if x["record_id"] == record_id]
        return sorted(found, key=lambda entry: str(entry["at"]))

    def _path(self, dataset: str, source: str, suffix: str) -> Path:
        return self._root / dataset / f"{source}{suffix}"

    def _markers(self, digest: str) -> Path:
        return self._root / _MARKERS / f"{digest}.json"


def _merged(collected: Entry, counted: Entry) -> Entry:
    return {**collected, **{key: value for key, value in counted.items() if key != "kind"}}


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    with FileLock(path, mode=PRIVATE_FILE):
        yield


def _append(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add lines; what a killed writer left of one is cut off first."""
    new = not path.exists()
    path.touch(mode=PRIVATE_FILE)
    with path.open("r+b") as file:
        file.truncate(_end_of_lines(path))
        file.seek(0, os.SEEK_END)
        for entry in entries:
            file.write(canonical_json(dict(entry)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync(path.parent)


def _end_of_lines(path: Path) -> int:
    """Where the last whole line ends."""
    for start, block in _blocks(path):
        if b"\n" in block:
            return start + block.rindex(b"\n") + 1
    return 0


def _backwards(path: Path) -> Iterator[Entry]:
    """The lines from the last to the first; one without an end was never finished."""
    rest: bytes | None = None
    for start, block in _blocks(path):
        if rest is None:
            if b"\n" not in block:
                continue
            whole = block[: block.rindex(b"\n")]
        else:
            whole = block + rest
        first, *others = whole.split(b"\n")
        for line in reversed(others):
            yield _parsed(line, path)
        rest = first
        if start == 0:
            yield _parsed(first, path)


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file's blocks and where they begin, from its end."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        while start > 0:
            length = min(_BLOCK, start)
            start = file.seek(start - length)
            yield start, file.read(length)


def _parsed(line: bytes, path: Path) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or not {"kind", "collection"} <= entry.keys():
        raise StoreError(f"{path}: a line is damaged; restore the file from a copy")
    return entry
