"""A certificate as it lies there, and the small files that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.errors import CertificateMissing

_MAX_CERTIFICATE = 64 << 20
_MAX_BUNDLE = 2 * _MAX_CERTIFICATE
_MAX_OTHER = 1 << 20
_MOST_FILES = 1000


@dataclass(frozen=True)
class Sealed:
    """A certificate's place and bytes; ``beside``: what belongs to it (``layout``), by name.

    ``named``: every name in its folder that begins with its own.
    """

    path: Path
    data: bytes
    beside: Mapping[str, bytes]
    named: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """The certificate's name."""
        return self.path.name


def sealed_certificate(certificate: Path, findings: Findings) -> Sealed | None:
    """The certificate and what lies beside it; None when it is missing and something failed."""
    data = _read_small(certificate, _MAX_CERTIFICATE, names.CERTIFICATE, findings)
    if data is None:
        if findings.any_failed:
            findings.not_provable(names.SIGNATURE, f"there is no certificate {certificate.name}")
            return None
        raise CertificateMissing(
            f"{certificate}: no certificate here. What was found is intact in itself, "
            "but nothing says what it should be; give the certificate with --certificate"
        )
    named = _named(certificate, findings)
    belonging = [path for path in named if layout.belongs_to(certificate, path.name)]
    found = {path.name: _beside(path, findings) for path in belonging}
    beside = {name: content for name, content in found.items() if content is not None}
    return Sealed(certificate, data, beside, frozenset(path.name for path in named))


def _named(certificate: Path, findings: Findings) -> list[Path]:
    try:
        children = certificate.parent.iterdir()
        named = (path for path in children if layout.bears_name_of(certificate, path.name))
        return list(islice(named, _MOST_FILES))
    except OSError as error:
        folder = certificate.parent.name
        findings.fail(names.CERTIFICATE, folder, f"cannot be listed: {error.strerror}")
        return []


def _beside(path: Path, findings: Findings) -> bytes | None:
    if path.name.endswith(layout.STATEMENTS_SUFFIX):
        return _read_small(path, _MAX_CERTIFICATE, names.STATEMENTS, findings)
    if path.name.endswith(layout.BUNDLE_SUFFIX):
        return _read_small(path, _MAX_BUNDLE, names.BUNDLE, findings)
    claim = names.SIGNATURE if path.name.endswith(layout.KEY_SUFFIX) else names.TIME
    return _read_small(path, _MAX_OTHER, claim, findings)


def _read_small(path: Path, limit: int, claim: str, findings: Findings) -> bytes | None:
    try:
        if not path.exists():
            return None
        if not path.is_file():
            findings.fail(claim, path.name, "is not a file")
            return None
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        findings.fail(claim, path.name, f"cannot be read: {error.strerror}")
        return None
    if len(data) > limit:
        findings.fail(claim, path.name, f"is longer than {limit} bytes")
        return None
    return data
