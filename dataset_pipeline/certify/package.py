"""A version's packages: the data with all that describes it, and for large data a small one.

The same content and name give the same bytes, on any machine: nothing here depends on a run, its
times, or the machine. Both packages are subjects of the version's certificate.
"""

from dataclasses import dataclass
from pathlib import Path

from dataset_pipeline.certify import croissant, ro_crate
from dataset_pipeline.certify.bag import BagDigests, Measured, measured, write_bag
from dataset_pipeline.certify.bag_text import MANIFEST, PAYLOAD, manifest_bytes
from dataset_pipeline.certify.card import dataset_card
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.layout import DOCUMENTATION_SUFFIX, PACKAGE_SUFFIX, VersionFiles
from dataset_pipeline.certify.payload import (
    Payload,
    documentation_payload,
    measures,
    package_payload,
)
from dataset_pipeline.certify.verify_md import verify_instructions
from dataset_pipeline.config import Package
from dataset_pipeline.store.versions import Version

SOFTWARE = "dataset_pipeline"


@dataclass(frozen=True)
class Packages:
    """What was written: the package of the data, and the one of the documentation if there is."""

    data: BagDigests
    documentation: BagDigests | None = None

    def subjects(self, name: str) -> dict[str, str]:
        """The subjects of the certificate of the version ``name``: file name -> SHA-256."""
        told = self.documentation
        return {
            **self.data.subjects(name),
            **({f"{name}{DOCUMENTATION_SUFFIX}": told.package_sha256} if told else {}),
        }


def write_packages(
    content: PackageContent, version: Version, folder: Path, temporary: Path
) -> Packages:
    """Write a version's packages to ``folder``: the same content and name give the same bytes.

    ``temporary`` is an empty folder for what has to lie on disk meanwhile. Raises BagError when a
    file that the policy includes is gone, or cannot be packed.
    """
    files = VersionFiles(folder, version.name)
    payload = described(content, version, measured(package_payload(content, temporary)))
    facts = {f"{PAYLOAD}{path}": file.facts for path, file in payload.items()}
    size = sum(fact.size for fact in facts.values())
    large = apart(size, content.config.package)
    tags = {
        "README.md": dataset_card(content, version).encode(),
        "VERIFY.md": verify_instructions(version.name, documentation=large),
        croissant.FILE: croissant.croissant(content, version, facts),
    }
    folder.mkdir(parents=True, exist_ok=True)
    info = bag_info(content, version)
    data = write_bag(files.package, version.name, payload, tags, info)
    if not large:
        return Packages(data)
    told = documentation(content, temporary, {path: fact.sha256 for path, fact in facts.items()})
    payload = described(content, version, measured(told))
    tags = {"README.md": dataset_card(content, version, data=False).encode()}
    name = files.documentation.name.removesuffix(PACKAGE_SUFFIX)
    return Packages(data, write_bag(files.documentation, name, payload, tags, info))


def apart(payload_bytes: int, policy: Package) -> bool:
    """Whether data of this size has a package of documentation beside it."""
    return payload_bytes >= policy.documentation_apart_mib << 20


def documentation(content: PackageContent, temporary: Path, manifest: dict[str, str]) -> Payload:
    """What the package of documentation holds: nothing that grows with the records.

    ``manifest``: path -> SHA-256 of the data, so that it is known what the other package holds.
    """
    return {
        **documentation_payload(content),
        **measures(content, temporary),
        f"package/{MANIFEST}": manifest_bytes(manifest),
    }


def described(
    content: PackageContent, version: Version, payload: dict[str, Measured]
) -> dict[str, Measured]:
    """A payload, and the RO-Crate that says what each file of it is."""
    facts = {path: file.facts for path, file in payload.items()}
    return payload | measured({ro_crate.FILE: ro_crate.ro_crate(content, version, facts)})


def bag_info(content: PackageContent, version: Version) -> list[tuple[str, str]]:
    """What ``bag-info.txt`` says of a version."""
    return [
        ("Bag-Software-Agent", SOFTWARE),
        ("Bagging-Date", version.day),
        ("External-Identifier", version.name),
        ("Internal-Sender-Identifier", content.digest),
        ("Internal-Sender-Description", " ".join(content.config.description.split())),
    ]
