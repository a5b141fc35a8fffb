"""Measures a package as it lies on disk: what a certificate is about to vouch for."""

from pathlib import Path

from dataset_pipeline.certify import bag_text
from dataset_pipeline.certify.bag import BagDigests
from dataset_pipeline.certify.check_bag import check_bag
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.package import Packages, apart
from dataset_pipeline.certify.read_zip import read_package
from dataset_pipeline.config import Package


def inspect_packages(files: VersionFiles, policy: Package) -> tuple[Packages | None, list[str]]:
    """The digests of a version's packages, and everything that is wrong (then no digests)."""
    data, problems = inspect_package(files.package)
    if data is None or not apart(data.payload_bytes, policy):
        return (Packages(data) if data else None), problems
    documentation, problems = inspect_package(files.documentation)
    return (Packages(data, documentation) if documentation else None), problems


def inspect_package(path: Path) -> tuple[BagDigests | None, list[str]]:
    """The package's digests, and everything that is wrong with it (then no digests)."""
    findings = Findings()
    try:
        contents = read_package(path, findings)
    except OSError as error:
        return None, [f"{path.name}: cannot be read: {error.strerror}"]
    if contents.whole:
        check_bag(contents, findings)
    if findings.any_failed or contents.package_sha256 is None:
        return None, [f"{c.file}: {c.detail}" for c in findings.claims if c.status == "failed"]
    payload = [f for name, f in contents.files.items() if name.startswith(bag_text.PAYLOAD)]
    digests = BagDigests(
        manifest_sha256=contents.files[bag_text.MANIFEST].sha256,
        tagmanifest_sha256=contents.files[bag_text.TAG_MANIFEST].sha256,
        package_sha256=contents.package_sha256,
        payload_files=len(payload),
        payload_bytes=sum(file.size for file in payload),
    )
    return digests, []
