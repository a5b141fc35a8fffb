"""The bytes of a package, in order, for its writer and for whoever computes its digest."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.facts import FileFacts, ahead
from dataset_pipeline.certify.paths import display
from dataset_pipeline.certify.zip_form import Entry, directory, local_record

_LARGE = 8 << 20  # bytes; what is smaller is read before a thread for it would have begun
Content = Callable[[str], Iterable[bytes]]
"""Gives the content of the file at a path inside the bag, in pieces."""


def archive_chunks(name: str, files: Mapping[str, FileFacts], content: Content) -> Iterator[bytes]:
    """Yield the ZIP of bag ``name`` with ``files`` (path inside the bag -> facts).

    Raises BagError when a file's content is not, or no longer, what ``files`` says.
    """
    paths = sorted(files, key=str.encode)
    entries = [Entry(f"{name}/{path}", files[path].size, files[path].crc32) for path in paths]
    for path, entry in zip(paths, entries, strict=True):
        yield local_record(entry)
        chunks = _unchanged(path, files[path], content(path))
        yield from ahead(chunks) if entry.size >= _LARGE else chunks
    for _, record in directory(entries):
        yield record


def _unchanged(path: str, facts: FileFacts, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks; BagError in the end when length or CRC-32 are not what was measured before.

    That finds a file that is being written to, at a third of the cost of SHA-256. Whoever wants to
    be certain reads the package (``inspect_package``), which compares every digest.
    """
    size = crc = 0
    for chunk in chunks:
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        yield chunk
    if (size, crc) != (facts.size, facts.crc32):
        raise BagError(f"{display(path)}: changed while it was read")
