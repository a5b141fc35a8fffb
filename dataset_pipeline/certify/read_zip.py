"""Read a package front to back, as a comparison: every byte must be the one that belongs there.

Nothing is looked up in the ZIP's directory and nothing is unpacked. Each local record says a name,
a size and a CRC-32; from these follows what the record's bytes must be, where the next one begins,
and in the end all of the directory. So a byte that differs from what ``write_bag`` would have
written is found wherever it is, and no reader of ZIP files can see other content than this one.
Memory: one chunk, and the facts of at most ``MAX_FILES`` files.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import zip_form
from dataset_pipeline.certify.bag import MAX_FILES
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.contents import Contents, check_names
from dataset_pipeline.certify.facts import CHUNK, Aside, chunks_of
from dataset_pipeline.certify.paths import name_problem
from dataset_pipeline.certify.zip_form import Entry


class _Broken(Exception):  # noqa: N818 - ends the reading, not the verification
    """The rest of the package cannot be read."""

    def __init__(self, file: str, detail: str) -> None:
        super().__init__(detail)
        self.file = file


def read_package(path: Path, findings: Findings) -> Contents:
    """Read the package at ``path``; whatever is wrong with its form becomes a failed claim.

    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        reader = _Reader(file, path, findings)
        try:
            reader.read()
        except _Broken as broken:
            findings.fail(names.FORM, broken.file, str(broken))
            reader.contents.whole = False
        reader.contents.package_sha256 = reader.finish()
    if reader.contents.whole:
        check_names(reader.contents, findings, lambda name: name or path.name)
    findings.close(names.FORM, f"{len(reader.entries)} entries, each byte of the ZIP as it must be")
    return reader.contents


class _Reader:
    def __init__(self, file: BinaryIO, path: Path, findings: Findings) -> None:
        self._file = file
        self._length = os.fstat(file.fileno()).st_size
        self._position = 0
        self._digest = Aside()
        self._zip = path.name
        self._findings = findings
        self.entries: list[Entry] = []
        self.contents = Contents()

    def read(self) -> None:
        """Read all entries, then the directory."""
        if self._length == 0:
            raise _Broken(self._zip, "the file is empty")
        start = self._take(4)
        while start == zip_form.LOCAL_SIGNATURE:
            self._entry(start)
            start = self._take(4)
        if start != zip_form.DIRECTORY_SIGNATURE or not self.entries:
            last = self.entries[-1].name if self.entries else self._zip
            raise _Broken(
                last, f"neither a file nor the directory begins at byte {self._position - 4}"
            )
        self._directory(start)

    def finish(self) -> str:
        """The SHA-256 of the whole file, whatever is in it."""
        for chunk in chunks_of(self._file):
            self._digest.add(chunk)
        return self._digest.hexdigest()

    def _entry(self, start: bytes) -> None:
        record, entry = self._local_record(start)
        expected = zip_form.local_record(entry)
        if record != expected:
            field = zip_form.difference(record, expected)
            self._findings.fail(
                names.FORM, entry.name, f"its local record is not canonical: {field}"
            )
        if entry.size > self._length - self._position:
            raise _Broken(entry.name, "says to be longer than the rest of the package")
        self._check_place(entry)
        self.entries.append(entry)
        path = self._inside(entry.name)
        facts = self.contents.take(path, self._data(entry.size))
        if facts.crc32 != entry.crc32:
            self._findings.fail(names.FORM, path, "its content does not have its CRC-32")

    def _local_record(self, start: bytes) -> tuple[bytes, Entry]:
        """The record's bytes and what they say; a file that cannot be skipped ends the reading."""
        fixed = start + self._take(zip_form.LOCAL.size - 4)
        _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = (
            zip_form.LOCAL.unpack(fixed)
        )
        name_bytes = self._take(name_length)
        extra = self._take(extra_length)
        name = name_bytes.decode("utf-8", "backslashreplace")
        if not name:
            raise _Broken(self._zip, f"the file that begins at byte {self._position} has no name")
        if flags & 0x1:
            raise _Broken(name, "is encrypted")
        if method != 0:
            raise _Broken(name, f"is compressed (method {method}); a package stores its files")
        if flags & 0x8:
            raise _Broken(name, "has its size behind its data")
        if size == zip_form.LIMIT32 and len(extra) == 20:
            packed = size = int.from_bytes(extra[4:12], "little")
        if packed != size or name_bytes != name.encode():
            raise _Broken(name, "its sizes differ or its name is not UTF-8")
        return fixed + name_bytes + extra, Entry(name, size, crc)

    def _check_place(self, entry: Entry) -> None:
        if len(self.entries) >= MAX_FILES:
            raise _Broken(self._zip, f"more than {MAX_FILES} files")
        if self.entries and entry.name.encode() <= self.entries[-1].name.encode():
            self._findings.fail(names.FORM, entry.name, "is there twice, or out of order")

    def _inside(self, full: str) -> str:
        """The path inside the bag; the first entry says the bag's name."""
        top, _, path = full.partition("/")
        if not self.contents.name:
            self.contents.name = top
            if problem := name_problem(top):
                self._findings.fail(names.FORM, full, f"the bag's name: {problem}")
        if not path or top != self.contents.name:
            self._findings.fail(
                names.FORM, full, f"is not in the bag's folder {self.contents.name}/"
            )
            return full
        if path in self.contents.files:
            self._findings.fail(names.FORM, path, "is there twice")
        return path

    def _directory(self, start: bytes) -> None:
        """Compare the rest of the file with the directory that follows from the entries."""
        lead = start
        for name, expected in zip_form.directory(self.entries):
            found = lead + self._file_bytes(len(expected) - len(lead))
            lead = b""
            if found == expected:
                continue
            file, what = self._zip, "the record that ends the ZIP is not canonical"
            if name:
                field = zip_form.difference(found, expected)
                file, what = name, f"its directory record is not canonical: {field}"
            self._findings.fail(names.FORM, file, what)
            return
        if extra := self._length - self._position:
            self._findings.fail(names.FORM, self._zip, f"{extra} bytes follow the ZIP's end")

    def _data(self, size: int) -> Iterator[bytes]:
        while size:
            chunk = self._take(min(size, CHUNK))
            size -= len(chunk)
            yield chunk

    def _take(self, count: int) -> bytes:
        data = self._file_bytes(count)
        if len(data) != count:
            raise _Broken(self._zip, f"the file ends early, at byte {self._position}")
        return data

    def _file_bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        self._digest.add(data)
        self._position += len(data)
        return data
