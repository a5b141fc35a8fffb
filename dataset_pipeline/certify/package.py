"""A version's packages: the data with all that describes it, and for large data a small one.

The same content and name give the same bytes, on any machine: nothing here depends on a run, its
times, or the machine. Both packages are subjects of the version's certificate.
"""

from pathlib import Path

from dataset_pipeline.certify import croissant, ro_crate
from dataset_pipeline.certify.bag import BagDigests, Measured, measured, write_bag
from dataset_pipeline.certify.bag_text import PAYLOAD
from dataset_pipeline.certify.card import dataset_card
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.payload import package_payload
from dataset_pipeline.certify.verify_md import verify_instructions
from dataset_pipeline.store.versions import Version

SOFTWARE = "dataset_pipeline"


def write_package(
    content: PackageContent, version: Version, destination: Path, temporary: Path
) -> BagDigests:
    """Write the package of a version: the same content and name give the same bytes.

    ``temporary`` is an empty folder for what has to lie on disk meanwhile. Raises BagError when a
    file that the policy includes is gone, or cannot be packed.
    """
    payload = described(content, version, measured(package_payload(content, temporary)))
    facts = {f"{PAYLOAD}{path}": file.facts for path, file in payload.items()}
    tags = {
        "README.md": dataset_card(content, version).encode(),
        "VERIFY.md": verify_instructions(version.name),
        croissant.FILE: croissant.croissant(content, version, facts),
    }
    destination.parent.mkdir(parents=True, exist_ok=True)
    return write_bag(destination, version.name, payload, tags, bag_info(content, version))


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
