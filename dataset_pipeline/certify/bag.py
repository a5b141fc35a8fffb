"""Write a package: a BagIt 1.0 bag (RFC 8493) as a deterministic ZIP.

The package holds one top folder with the bag. Its bytes depend on the content alone (``zip_form``),
so two machines that build the same version build the same file.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dataset_pipeline.certify import bag_text
from dataset_pipeline.certify.archive import archive_chunks
from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.facts import Aside, FileFacts, chunks_of, measure
from dataset_pipeline.certify.paths import clashes, display, name_problem, path_problem
from dataset_pipeline.files import published

MAX_FILES = 1_000_000
MAX_TAG_BYTES = 256 << 20


@dataclass(frozen=True)
class BagDigests:
    """What a certificate says of a package: three SHA-256 (64 hex) and the payload's extent."""

    manifest_sha256: str
    tagmanifest_sha256: str
    package_sha256: str
    payload_files: int
    payload_bytes: int

    def subjects(self, name: str) -> dict[str, str]:
        """The subjects of the certificate of the package ``name``: file name -> SHA-256."""
        return {
            f"{name}.zip": self.package_sha256,
            bag_text.MANIFEST: self.manifest_sha256,
            bag_text.TAG_MANIFEST: self.tagmanifest_sha256,
        }


@dataclass(frozen=True)
class Measured:
    """A file's content, and what was measured of it."""

    source: Path | bytes
    facts: FileFacts


def write_bag(
    dest: Path,
    name: str,
    payload: Mapping[str, Path | bytes | Measured],
    tag_files: Mapping[str, bytes],
    bag_info: Sequence[tuple[str, str]],
) -> BagDigests:
    """Write the bag ``name`` to the new file ``dest``; nothing is visible there until it is whole.

    ``payload`` maps paths below ``data/`` to content (files are streamed: read once to measure them
    and once to write them); ``tag_files`` maps paths beside ``data/`` to content; ``bag_info`` is
    written in the given order, Payload-Oxum is added.

    Raises BagError for a name that not every system can hold, an empty payload, a payload file that
    is not regular or changes meanwhile, a reserved tag file; FileExistsError when ``dest`` exists.
    """
    files = measured(_sources(name, payload, tag_files))
    files |= measured(_own_files({path: file.facts for path, file in files.items()}, bag_info))
    facts = {path: file.facts for path, file in files.items()}
    package = Aside()
    with published(dest) as file:
        for chunk in archive_chunks(name, facts, lambda path: _content(files[path].source)):
            package.add(chunk)
            file.write(chunk)
    count, size = _extent(facts)
    return BagDigests(
        manifest_sha256=facts[bag_text.MANIFEST].sha256,
        tagmanifest_sha256=facts[bag_text.TAG_MANIFEST].sha256,
        package_sha256=package.hexdigest(),
        payload_files=count,
        payload_bytes=size,
    )


def measured(sources: Mapping[str, Path | bytes | Measured]) -> dict[str, Measured]:
    """Measure what is not measured yet, several files at a time.

    Raises BagError for a file that is not regular.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(sources, pool.map(_measured, sources.values()), strict=True))


def _measured(source: Path | bytes | Measured) -> Measured:
    if isinstance(source, Measured):
        return source
    return Measured(source, measure(_content(source)))


def _sources(
    name: str, payload: Mapping[str, Path | bytes | Measured], tag_files: Mapping[str, bytes]
) -> dict[str, Path | bytes | Measured]:
    """Path inside the bag -> content, all names checked."""
    if problem := name_problem(name):
        raise BagError(f"{display(name)}: {problem}")
    if not payload:
        raise BagError(f"{name}: a package needs at least one payload file")
    sources: dict[str, Path | bytes | Measured] = {
        f"{bag_text.PAYLOAD}{path}": source for path, source in payload.items()
    }
    sources.update(tag_files)
    if len(sources) + len(bag_text.OWN_FILES) > MAX_FILES:
        raise BagError(f"{name}: more than {MAX_FILES} files; put them together into fewer")
    _refuse((display(path), bag_text.tag_file_problem(path)) for path in tag_files)
    # An absolute payload path would turn relative behind "data/", so it is looked at by itself.
    _refuse((display(path), path_problem(path)) for path in [*payload, *sources])
    for path, earlier in clashes(sources):
        raise BagError(
            f"{display(path)}: on some systems the same file or folder as {display(earlier)}"
        )
    return sources


def _refuse(found: Iterable[tuple[str, str | None]]) -> None:
    for path, problem in found:
        if problem:
            raise BagError(f"{path}: {problem}")


def _own_files(
    facts: Mapping[str, FileFacts], bag_info: Sequence[tuple[str, str]]
) -> dict[str, bytes]:
    """The four files that BagIt defines, for the payload and tag files measured so far."""
    digests = {path: fact.sha256 for path, fact in facts.items()}
    payload = {path: digests[path] for path in digests if path.startswith(bag_text.PAYLOAD)}
    files, size = _extent(facts)
    own = {
        bag_text.DECLARATION: bag_text.DECLARATION_BYTES,
        bag_text.INFO: bag_text.info_bytes(bag_info, size, files),
        bag_text.MANIFEST: bag_text.manifest_bytes(payload),
    }
    tags = {path: digests[path] for path in digests.keys() - payload.keys()}
    tags |= {path: measure([data]).sha256 for path, data in own.items()}
    own[bag_text.TAG_MANIFEST] = bag_text.manifest_bytes(tags)
    return own


def _extent(facts: Mapping[str, FileFacts]) -> tuple[int, int]:
    """(files, bytes) of the payload."""
    sizes = [fact.size for path, fact in facts.items() if path.startswith(bag_text.PAYLOAD)]
    return len(sizes), sum(sizes)


def _content(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    if not stat.S_ISREG(source.stat().st_mode):
        raise BagError(f"{display(source.name)}: not a regular file")
    with source.open("rb") as file:
        yield from chunks_of(file)
