"""Where the files of a published version and of a model lie.

A version is ``<version>/<version>.zip`` (the package) with ``<version>.certificate.json`` and
``<version>.pub.pem`` beside it. The certificate is not in the package, so that the package's bytes
depend on content alone. A model is a folder of files with its certificate and key among them. What
is certified of an old folder is its ``inventory.json`` and ``README.md``, in a folder of their own.
"""

from dataclasses import dataclass
from pathlib import Path

PACKAGE_SUFFIX = ".zip"
CERTIFICATE_SUFFIX = ".certificate.json"
KEY_SUFFIX = ".pub.pem"
RUN = "run.json"
TRAINING_CERTIFICATE = "training_certificate.json"
TRAINING_KEY = "training_certificate.pub.pem"
RETROSPECTIVE_CERTIFICATE = "retrospective.certificate.json"
RETROSPECTIVE_KEY = "retrospective.pub.pem"
INVENTORY = "inventory.json"
README = "README.md"


@dataclass(frozen=True)
class VersionFiles:
    """The three files of the version ``name`` in ``folder``."""

    folder: Path
    name: str

    @property
    def package(self) -> Path:
        """The ZIP."""
        return self.folder / f"{self.name}{PACKAGE_SUFFIX}"

    @property
    def certificate(self) -> Path:
        """The signed statement (a DSSE envelope)."""
        return self.folder / f"{self.name}{CERTIFICATE_SUFFIX}"

    @property
    def public_key(self) -> Path:
        """The key that the certificate was signed with."""
        return self.folder / f"{self.name}{KEY_SUFFIX}"


def key_beside(certificate: Path) -> Path:
    """Where the public key of a certificate file is looked for."""
    name = certificate.name
    for suffix in (CERTIFICATE_SUFFIX, ".json"):
        if name.endswith(suffix):
            return certificate.with_name(name.removesuffix(suffix) + KEY_SUFFIX)
    return certificate.with_name(name + KEY_SUFFIX)
