"""Where the files of a published version and of a model lie.

A version is ``<version>/<version>.zip`` (the package) with ``<version>.certificate.json`` and
``<version>.pub.pem`` beside it, and where the data is large ``<version>.documentation.zip``, all
but the records. The certificate is not in the package, so that the package's bytes
depend on content alone. A model is a folder of files with its certificate and key among them. What
is certified of an old folder is its ``inventory.json`` and ``README.md``, in a folder of their own.

Beside a certificate may lie the time stamp of its signature with the authority's certificates, the
same for each approval, with the approver's key, a copy of the certificate as a Sigstore bundle, and
beside a version's certificate the statements about each stage (``.intoto.jsonl``).
"""

from dataclasses import dataclass
from pathlib import Path

PACKAGE_SUFFIX = ".zip"
DOCUMENTATION_SUFFIX = ".documentation.zip"
CERTIFICATE_SUFFIX = ".certificate.json"
KEY_SUFFIX = ".pub.pem"
STAMP_SUFFIX = ".tsr"
AUTHORITY_SUFFIX = ".tsa.pem"
BUNDLE_SUFFIX = ".sigstore.json"
STATEMENTS_SUFFIX = ".intoto.jsonl"
APPROVAL = ".approval-"
RUN = "run.json"
TRAINING_CERTIFICATE = "training_certificate.json"
TRAINING_KEY = "training_certificate.pub.pem"
RETROSPECTIVE_CERTIFICATE = "retrospective.certificate.json"
RETROSPECTIVE_KEY = "retrospective.pub.pem"
INVENTORY = "inventory.json"
README = "README.md"


@dataclass(frozen=True)
class VersionFiles:
    """The files of the version ``name`` in ``folder``."""

    folder: Path
    name: str

    @property
    def package(self) -> Path:
        """The ZIP."""
        return self.folder / f"{self.name}{PACKAGE_SUFFIX}"

    @property
    def documentation(self) -> Path:
        """The ZIP of all but the records, which large data has."""
        return self.folder / f"{self.name}{DOCUMENTATION_SUFFIX}"

    @property
    def certificate(self) -> Path:
        """The signed statement (a DSSE envelope)."""
        return self.folder / f"{self.name}{CERTIFICATE_SUFFIX}"

    @property
    def statements(self) -> Path:
        """The signed statements about each stage (an in-toto bundle)."""
        return self.folder / f"{self.name}{STATEMENTS_SUFFIX}"

    @property
    def public_key(self) -> Path:
        """The key that the certificate was signed with."""
        return self.folder / f"{self.name}{KEY_SUFFIX}"


@dataclass(frozen=True)
class SignatureFiles:
    """What belongs to one signature: its public key, its time stamp, who stamped."""

    key: Path
    stamp: Path
    authority: Path


def signature_files(certificate: Path, approval: str | None = None) -> SignatureFiles:
    """The files of a certificate's own signature, or of the approval by the key with this id."""
    stem = _stem(certificate.name)
    if approval is None:
        own = certificate.name.removesuffix(".json")
        names = (stem + KEY_SUFFIX, own + STAMP_SUFFIX, own + AUTHORITY_SUFFIX)
    else:
        stem += f"{APPROVAL}{approval[:16]}"
        names = (stem + KEY_SUFFIX, stem + STAMP_SUFFIX, stem + AUTHORITY_SUFFIX)
    return SignatureFiles(*(certificate.with_name(name) for name in names))


def bundle_beside(certificate: Path) -> Path:
    """Where the certificate's Sigstore bundle is."""
    return certificate.with_name(_stem(certificate.name) + BUNDLE_SUFFIX)


def statements_beside(certificate: Path) -> Path:
    """Where the statements are that belong to the certificate."""
    return certificate.with_name(_stem(certificate.name) + STATEMENTS_SUFFIX)


def beside(certificate: Path) -> tuple[Path, ...]:
    """The files that bear a certificate's name, but for those of its signatures."""
    stem = _stem(certificate.name)
    packages = (certificate.with_name(stem + end) for end in (PACKAGE_SUFFIX, DOCUMENTATION_SUFFIX))
    return (certificate, *packages, bundle_beside(certificate), statements_beside(certificate))


def bears_name_of(certificate: Path, name: str) -> bool:
    """Whether a file's name begins with that of the certificate."""
    return name.startswith(_stem(certificate.name) + ".")


def belongs_to(certificate: Path, name: str) -> bool:
    """Whether a file of this name is one of those that may lie beside a certificate."""
    own = signature_files(certificate)
    others = (bundle_beside(certificate), statements_beside(certificate))
    named = {path.name for path in (own.key, own.stamp, own.authority, *others)}
    return name in named or name.startswith(_stem(certificate.name) + APPROVAL)


def _stem(name: str) -> str:
    for suffix in (CERTIFICATE_SUFFIX, ".json"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name
