"""Read a folder of files: an unpacked bag, or a model. Links are not followed, nothing is run."""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.archive import archive_chunks
from dataset_pipeline.certify.bag import MAX_FILES
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.contents import Contents, check_names
from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.facts import chunks_of
from dataset_pipeline.certify.paths import name_problem

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def read_folder(root: Path, findings: Findings) -> Contents:
    """Measure every file below ``root``.

    A link, a device, an unreadable file or folder is a failed claim. Names are compared in Unicode
    NFC, since some file systems give back another form than was written.
    """
    contents = Contents(name=root.name)
    for path in _walk(root, "", findings):
        name = unicodedata.normalize("NFC", path)
        if name in contents.files or len(contents.files) > MAX_FILES:
            findings.fail(names.FORM, path, f"is there twice, or one of over {MAX_FILES} files")
            contents.whole = False
            break
        try:
            contents.take(name, _read(root / path))
        except (OSError, BagError) as error:
            findings.fail(names.FORM, path, f"cannot be read: {_reason(error)}")
    check_names(contents, findings, lambda name: name or root.name)
    findings.close(names.FORM, f"{len(contents.files)} files, all of them regular")
    return contents


def read_bag_folder(root: Path, findings: Findings) -> Contents:
    """As ``read_folder``; and compute the SHA-256 of the package that the bag was unpacked from.

    It follows from name and content (``zip_form``). Left out when the folder has problems already.
    """
    if problem := name_problem(root.name):
        findings.fail(names.FORM, root.name, f"the bag's name: {problem}")
    contents = read_folder(root, findings)
    if not findings.any_failed:
        contents.package_sha256 = _package_digest(root, contents)
        if contents.package_sha256 is None:
            findings.fail(names.FORM, root.name, "its files changed while they were read")
    return contents


def _package_digest(root: Path, contents: Contents) -> str | None:
    digest = hashlib.sha256()
    try:
        for chunk in archive_chunks(root.name, contents.files, lambda path: _read(root / path)):
            digest.update(chunk)
    except (OSError, BagError):
        return None
    return digest.hexdigest()


def _walk(root: Path, prefix: str, findings: Findings) -> Iterator[str]:
    """Relative paths of all that is not a folder; deep folders need no deep stack."""
    waiting = [prefix]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as found:
                children = sorted(found, key=lambda child: os.fsencode(child.name))
        except OSError as error:
            findings.fail(names.FORM, folder or root.name, f"cannot be listed: {_reason(error)}")
            continue
        for child in children:
            path = f"{folder}/{child.name}" if folder else child.name
            if child.is_dir(follow_symlinks=False):
                waiting.append(path)
            else:
                yield path


def _read(path: Path) -> Iterator[bytes]:
    """The content of a regular file; raises BagError for anything else, OSError if unreadable."""
    if path.is_symlink():
        raise BagError("it is a symbolic link")
    descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise BagError("it is not a regular file")
        yield from chunks_of(file)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)
