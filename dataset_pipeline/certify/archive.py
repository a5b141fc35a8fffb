"""The bytes of a package, in order, for its writer and for whoever computes its digest."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.facts import FileFacts, Meter
from dataset_pipeline.certify.paths import display
from dataset_pipeline.certify.zip_form import Entry, directory, local_record

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
        yield from _unchanged(path, files[path], content(path))
    for _, record in directory(entries):
        yield record


def _unchanged(path: str, facts: FileFacts, chunks: Iterable[bytes]) -> Iterator[bytes]:
    meter = Meter()
    for chunk in chunks:
        meter.add(chunk)
        yield chunk
    if meter.facts() != facts:
        raise BagError(f"{display(path)}: changed while it was read")
