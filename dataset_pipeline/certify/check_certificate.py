"""Does the certificate hold, and is it about what was found?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import Envelope, read_envelope, verify_envelope
from dataset_pipeline.certify.errors import EnvelopeError, KeyFileError, StatementError
from dataset_pipeline.certify.keys import load_exact_public_key
from dataset_pipeline.certify.statement import read_subjects


@dataclass(frozen=True)
class Sealed:
    """A certificate as it lies there: its file name and bytes, its key's file name and bytes."""

    file: str
    data: bytes
    key_file: str
    key: bytes | None


@dataclass(frozen=True)
class Expected:
    """What the certificate must say: subject name -> SHA-256 (None: could not be computed).

    No ``subjects`` at all: what the certificate is about is not looked at, nor are its gaps.
    """

    predicate_type: str
    subjects: Mapping[str, str | None] | None
    version: str | None


def check_certificate(
    sealed: Sealed, expected: Expected, trusted: Sequence[SSlibKey] | None, findings: Findings
) -> None:
    """Check form, signature, subjects and version of a certificate; list its gaps.

    ``trusted`` is None when nobody said which keys to trust.
    """
    try:
        envelope = read_envelope(sealed.data)
        subjects = read_subjects(envelope.statement, expected.predicate_type)
    except (EnvelopeError, StatementError) as error:
        findings.fail(names.CERTIFICATE, sealed.file, str(error))
        return
    findings.close(names.CERTIFICATE, "a DSSE envelope with an in-toto statement")
    _check_signature(sealed, envelope, trusted, findings)
    predicate = envelope.statement["predicate"]
    if expected.version is not None:
        _check_version(sealed, predicate, expected.version, findings)
    if expected.subjects is not None:
        _check_subjects(sealed, subjects, expected.subjects, findings)
        _list_gaps(sealed, predicate, findings)


def _check_signature(
    sealed: Sealed,
    envelope: Envelope,
    trusted: Sequence[SSlibKey] | None,
    findings: Findings,
) -> None:
    beside = _key_beside(sealed, envelope, trusted, findings)
    keys = [beside] if trusted is None and beside else trusted
    if not keys:
        return
    try:
        verified = verify_envelope(envelope, keys)
    except EnvelopeError as error:
        whose = "" if trusted is None else " (of the trusted keys)"
        findings.fail(names.SIGNATURE, sealed.file, f"{error}{whose}")
        return
    signed_by = ", ".join(key.keyid for key in verified)
    findings.close(names.SIGNATURE, f"signed by key {signed_by}")
    if trusted is None:
        why = (
            f"no trusted key was given; ask the publisher whether {signed_by} is theirs, "
            "and give it with --trust"
        )
        findings.not_provable(names.OWNER, why)
    else:
        findings.close(names.OWNER, f"{signed_by} is a trusted key")


def _key_beside(
    sealed: Sealed,
    envelope: Envelope,
    trusted: Sequence[SSlibKey] | None,
    findings: Findings,
) -> SSlibKey | None:
    """The key that lies beside the certificate; it is needed only when no key is trusted."""
    if sealed.key is None:
        if trusted is None:
            findings.fail(
                names.SIGNATURE, sealed.key_file, "is missing, and no trusted key was given"
            )
        return None
    try:
        key = load_exact_public_key(sealed.key)
    except KeyFileError as error:
        findings.fail(names.SIGNATURE, sealed.key_file, str(error))
        return None
    if key.keyid not in {keyid for keyid, _ in envelope.signatures}:
        findings.fail(names.SIGNATURE, sealed.key_file, "is not the key that the certificate names")
        return None
    return key


def _check_subjects(
    sealed: Sealed,
    subjects: Mapping[str, str],
    expected: Mapping[str, str | None],
    findings: Findings,
) -> None:
    for name in sorted(expected.keys() - subjects.keys()):
        findings.fail(names.SUBJECTS, name, f"is here and is not a subject of {sealed.file}")
    for name in sorted(subjects.keys() - expected.keys()):
        findings.fail(names.SUBJECTS, name, f"is a subject of {sealed.file} and is not here")
    for name in sorted(subjects.keys() & expected.keys()):
        found = expected[name]
        if found is None:
            findings.fail(names.SUBJECTS, name, "its SHA-256 could not be computed")
        elif found != subjects[name]:
            findings.fail(names.SUBJECTS, name, f"its SHA-256 is not the one in {sealed.file}")
    findings.close(names.SUBJECTS, f"SHA-256 of {', '.join(sorted(subjects)[:8])}")


def _check_version(
    sealed: Sealed, predicate: Mapping[str, Any], version: str, findings: Findings
) -> None:
    named = predicate.get("version")
    name = named.get("name") if isinstance(named, dict) else None
    if name != version:
        says = f"names the version {name}" if isinstance(name, str) else "names no version"
        findings.fail(names.VERSION, sealed.file, f"{says}, the package is {version}")
    findings.close(names.VERSION, version)


def _list_gaps(sealed: Sealed, predicate: Mapping[str, Any], findings: Findings) -> None:
    gaps = predicate.get("gaps", [])
    if not isinstance(gaps, list):
        gaps = [gaps]
    for gap in gaps:
        texts = (gap.get("claim"), gap.get("why")) if isinstance(gap, dict) else (None, None)
        if all(isinstance(text, str) for text in texts):
            findings.not_provable(*(str(text) for text in texts))
        else:
            findings.fail(names.CERTIFICATE, sealed.file, "a gap is not {claim, why}")
