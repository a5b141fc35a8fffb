"""Verify a package, a published version, an unpacked bag or a model, with no more than its files.

Needs neither the store, nor Dagster, nor the network, and unpacks nothing. Whatever is wrong with
what is there becomes a failed claim that names the file; an exception means that the question could
not be answered.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataset_pipeline.certify import bag_text, layout
from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.check_bag import check_bag
from dataset_pipeline.certify.check_certificate import Expected, check_certificate
from dataset_pipeline.certify.claims import Claim, Findings, Kind, Verification
from dataset_pipeline.certify.contents import Contents
from dataset_pipeline.certify.errors import (
    CannotVerify,
    CertificateMissing,
    NotAPackage,
    TrustUnreadable,
)
from dataset_pipeline.certify.expected import expected_of, version_name
from dataset_pipeline.certify.log_proof import HEADER, verify_log_proof
from dataset_pipeline.certify.model import subjects_found
from dataset_pipeline.certify.read_folder import read_bag_folder, read_folder
from dataset_pipeline.certify.read_zip import read_package
from dataset_pipeline.certify.removals import list_beside, tell_removals
from dataset_pipeline.certify.retrospective import (
    FOLDER,
    NOT_LOOKED_AT,
    check_folder,
    retrospective_subjects,
)
from dataset_pipeline.certify.sealed import sealed_certificate
from dataset_pipeline.certify.standing import Asked, certified_folder, tell_of_model, tell_standing
from dataset_pipeline.certify.statement import RETROSPECTIVE_TYPE, TRAINING_TYPE
from dataset_pipeline.certify.strays import check_others
from dataset_pipeline.certify.trust import Trust
from dataset_pipeline.certify.trust_files import read_trust

__all__ = [
    "CannotVerify",
    "CertificateMissing",
    "Claim",
    "NotAPackage",
    "TrustUnreadable",
    "Verification",
    "verify",
]

_PROOF = HEADER[:4].encode()
# Which options tell something about which kind.
_READ_OF_VERSIONS = {"certificate", "removed", "notice"}
_READ: Mapping[Kind, set[str]] = {
    "model": {"certificate"},
    "retrospective": {"certificate", "folder", "notice"},
    "proof": set(),
}


def verify(  # noqa: PLR0913 - every option is a parameter
    path: Path,
    *,
    trust: Path | None = None,
    certificate: Path | None = None,
    removed: Path | None = None,
    folder: Path | None = None,
    notices: Sequence[Path] = (),
) -> Verification:
    """Check what is at ``path`` against its certificate.

    ``path``: a version's folder, a package (ZIP), an unpacked bag, a model's folder, what
    ``certify-folder`` wrote, or the proof of an entry in the ledger (``log_proof``).
    ``trust``: a file of PEM public keys and authorities' certificates, a folder of such files, or a
    policy (``trust_policy``); without it the keys beside the certificate are used, and whose they
    are stays not provable.
    ``certificate``: where the certificate is, when it is not where it is published (``layout``).
    ``removed``: what the retention policy removed (``<store>/removed/<dataset>.jsonl``), when the
    version does not lie in that store.
    ``folder``: the old folder that a retrospective certificate is about.
    ``notices``: proofs of entries in the ledger that tell what became of the version.

    Raises NotAPackage (nothing here that can be verified), CertificateMissing (intact, but nothing
    says what it should be), TrustUnreadable; all of them CannotVerify.
    """
    trusted = None if trust is None else read_trust(trust)
    # The name counts, so "." must become one; links in the path are not resolved.
    path = Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps ".."
    kind, target = _locate(path)
    given = {"certificate": certificate, "removed": removed, "folder": folder, "notice": notices}
    _refuse_unread(path, kind, {option for option, value in given.items() if value})
    findings, asked = Findings(), Asked(notices, trust)
    if kind == "proof":
        return verify_log_proof(target, trusted)
    if kind == "model":
        return Verification(path, kind, _verify_model(target, certificate, trusted, findings))
    if kind == "retrospective":
        claims = _verify_retrospective(target, certificate, trusted, folder, asked)
        return Verification(path, kind, claims)
    contents = _read(kind, target, findings)
    _check_name(kind, target, contents, findings)
    if contents.whole:
        check_bag(contents, findings)
    if kind == "version":
        check_others(path, version_name(_version_of(kind, target)), (), findings)
    sealed = sealed_certificate(certificate or _certificate_beside(kind, target), findings)
    if sealed:
        bag = contents.name or _version_of(kind, target)
        expected = expected_of(target.parent, bag, contents, findings)
        check_certificate(sealed, expected, trusted, findings)
        tell_standing(sealed, str(expected.version), asked, findings)
        if tombstones := removed or list_beside(target.parent):
            tell_removals(sealed.data, tombstones, findings)
    return Verification(path, kind, tuple(findings.claims))


def _refuse_unread(path: Path, kind: Kind, given: set[str]) -> None:
    """What is given and would not be looked at is refused, lest it be taken for checked."""
    for option in sorted(given - _READ.get(kind, _READ_OF_VERSIONS)):
        raise NotAPackage(f"{path}: of a {kind}, nothing is said by --{option}; leave it out")


def _locate(path: Path) -> tuple[Kind, Path]:
    """What ``path`` is, and the package or folder to read."""
    try:
        if path.is_dir():
            return _locate_in(path)
        if not path.exists():
            raise NotAPackage(f"{path}: there is no such file or folder")
        if not path.is_file():
            raise NotAPackage(f"{path}: neither a file nor a folder")
        with path.open("rb") as file:
            start = file.read(4)
    except (OSError, ValueError) as error:
        raise NotAPackage(f"{path}: cannot be read: {error}") from None
    if path.suffix.lower() == layout.PACKAGE_SUFFIX or start == b"PK\x03\x04":
        return "package", path
    if start == _PROOF:
        return "proof", path
    if path.name.endswith(layout.CERTIFICATE_SUFFIX):
        raise NotAPackage(f"{path}: a certificate; verify the package or the folder that it is of")
    raise NotAPackage(f"{path}: not a package (expected a ZIP)")


def _locate_in(folder: Path) -> tuple[Kind, Path]:
    here = {child.name for child in folder.iterdir()}
    if here & set(bag_text.OWN_FILES):
        return "bag", folder
    suffixes = (layout.PACKAGE_SUFFIX, layout.CERTIFICATE_SUFFIX)
    stems = {
        version_name(name.removesuffix(suffix))
        for name in here
        for suffix in suffixes
        if name.endswith(suffix)
    }
    if folder.name in stems:
        return "version", layout.VersionFiles(folder, folder.name).package
    if layout.RETROSPECTIVE_CERTIFICATE in here:
        return "retrospective", folder
    if here & {layout.TRAINING_CERTIFICATE, layout.RUN}:
        return "model", folder
    if len(stems) == 1:
        return "version", layout.VersionFiles(folder, stems.pop()).package
    found = f"{len(stems)} packages; say which one" if stems else "no package, bag or model"
    raise NotAPackage(f"{folder}: holds {found}")


def _read(kind: Kind, target: Path, findings: Findings) -> Contents:
    if kind == "bag":
        return read_bag_folder(target, findings)
    try:
        if target.is_file():
            return read_package(target, findings)
        # Nothing else is opened: to read a pipe, one would wait for ever.
        findings.fail(names.FORM, target.name, "the package is missing, or no regular file")
        return Contents(whole=False)
    except OSError as error:
        raise NotAPackage(f"{target}: cannot be read: {error.strerror}") from None


def _check_name(kind: Kind, target: Path, contents: Contents, findings: Findings) -> None:
    """A file under another version's name must not pass for that version."""
    if contents.name and contents.name != _version_of(kind, target):
        findings.fail(
            names.VERSION, target.name, f"holds the bag {contents.name}; give it that name again"
        )


def _certificate_beside(kind: Kind, target: Path) -> Path:
    return layout.VersionFiles(target.parent, version_name(_version_of(kind, target))).certificate


def _version_of(kind: Kind, target: Path) -> str:
    """The bag's name by the name of the file or folder."""
    return target.name if kind == "bag" else target.name.removesuffix(layout.PACKAGE_SUFFIX)


def _verify_model(
    folder: Path,
    certificate: Path | None,
    trusted: Trust | None,
    findings: Findings,
) -> tuple[Claim, ...]:
    subjects = subjects_found(read_folder(folder, findings))
    sealed = sealed_certificate(certificate or folder / layout.TRAINING_CERTIFICATE, findings)
    if sealed:
        expected = Expected(TRAINING_TYPE, subjects, version=None)
        check_certificate(sealed, expected, trusted, findings)
        tell_of_model(sealed, findings)
    return tuple(findings.claims)


def _verify_retrospective(
    target: Path, certificate: Path | None, trusted: Trust | None, folder: Path | None, asked: Asked
) -> tuple[Claim, ...]:
    findings = Findings()
    subjects = retrospective_subjects(target, findings)
    check_others(target, layout.RETROSPECTIVE_CERTIFICATE.split(".")[0], subjects, findings)
    if folder is None:
        findings.not_provable(FOLDER, NOT_LOOKED_AT)
    elif folder.is_dir():
        check_folder(target / layout.INVENTORY, folder, findings)
    else:
        raise NotAPackage(f"{folder}: there is no such folder")
    sealed = sealed_certificate(certificate or target / layout.RETROSPECTIVE_CERTIFICATE, findings)
    if sealed:
        expected = Expected(RETROSPECTIVE_TYPE, subjects, version=None)
        check_certificate(sealed, expected, trusted, findings)
        if digest := certified_folder(sealed):
            tell_standing(sealed, digest, asked, findings)
    return tuple(findings.claims)
