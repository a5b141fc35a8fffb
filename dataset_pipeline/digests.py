"""Canonical JSON (RFC 8785) and SHA-256: how everything here is named.

Standard library and ``rfc8785`` only, so that verifying a certificate needs nothing more.
"""

import hashlib
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """Serialize ``value`` by RFC 8785 (sorted keys, no white space, UTF-8).

    Dates become ISO 8601 strings. Raises ``rfc8785.CanonicalizationError`` for what JSON cannot
    hold exactly (integers beyond 2**53, NaN).
    """
    return rfc8785.dumps(_plain(value))


def digest_of(value: Any) -> str:
    """Name a JSON-like value: the SHA-256 (64 hex) of its canonical JSON."""
    return sha256_hex(canonical_json(value))


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of ``data`` as 64 hex characters."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file, read piece by piece."""
    with Path(path).open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(folder: Path) -> str:
    """The SHA-256 over ``sha256sum``'s lines for a folder's files, in the order of their paths.

    It is ``dirHash1`` of in-toto's digest sets; compiled Python is left out.
    """
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    lines = (f"{sha256_file(paths[name])}  {name}\n" for name in sorted(paths, key=str.encode))
    return sha256_hex("".join(lines).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
