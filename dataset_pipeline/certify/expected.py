"""What the certificate of a version must name, by what is looked at: one package, or both."""

import os
from collections.abc import Mapping
from pathlib import Path

from dataset_pipeline.certify import bag_text, layout
from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.check_bag import check_bag
from dataset_pipeline.certify.check_certificate import Expected
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.contents import Contents
from dataset_pipeline.certify.read_zip import read_package
from dataset_pipeline.certify.statement import CERTIFICATE_TYPE

_APART = layout.DOCUMENTATION_SUFFIX.removesuffix(layout.PACKAGE_SUFFIX)


def version_name(bag: str) -> str:
    """The version that a bag belongs to: that of its data, or that of its documentation."""
    return bag.removesuffix(_APART)


def expected_of(folder: Path, bag: str, contents: Contents, findings: Findings) -> Expected:
    """What the certificate of ``bag`` must say. ``folder``: where its other package would be.

    Of the documentation alone it can be said whether it is what was certified; the documentation
    beside the data is looked at too.
    """
    files = layout.VersionFiles(folder, version_name(bag))
    data = _data_subjects(files, contents)
    if bag != files.name:
        subjects: Mapping[str, str | None] = {files.documentation.name: contents.package_sha256}
        return Expected(CERTIFICATE_TYPE, subjects, files.name, frozenset(data))
    if not os.path.lexists(files.documentation):
        elsewhere = frozenset({files.documentation.name})
        return Expected(CERTIFICATE_TYPE, data, files.name, elsewhere)
    told = _documentation(files.documentation, findings)
    return Expected(CERTIFICATE_TYPE, {**data, files.documentation.name: told}, files.name)


def _data_subjects(files: layout.VersionFiles, contents: Contents) -> dict[str, str | None]:
    subjects = {files.package.name: contents.package_sha256}
    for file in (bag_text.MANIFEST, bag_text.TAG_MANIFEST):
        facts = contents.files.get(file)
        subjects[file] = facts.sha256 if facts else None
    return subjects


def _documentation(package: Path, findings: Findings) -> str | None:
    """Look at the package of documentation; its SHA-256."""
    if not package.is_file():
        findings.fail(names.FORM, package.name, "is no regular file")
        return None
    try:
        contents = read_package(package, findings)
    except OSError as error:
        findings.fail(names.FORM, package.name, f"cannot be read: {error.strerror}")
        return None
    if contents.name and f"{contents.name}{layout.PACKAGE_SUFFIX}" != package.name:
        findings.fail(names.VERSION, package.name, f"holds the bag {contents.name}")
    if contents.whole:
        check_bag(contents, findings)
    return contents.package_sha256
