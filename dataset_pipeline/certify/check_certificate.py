"""Does the certificate hold, and is it about what was found?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.check_signatures import check_signatures
from dataset_pipeline.certify.check_statements import check_statements
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import EnvelopeError, StatementError
from dataset_pipeline.certify.sealed import Sealed
from dataset_pipeline.certify.sigstore_bundle import check_bundle
from dataset_pipeline.certify.statement import read_subjects
from dataset_pipeline.certify.strays import check_named
from dataset_pipeline.certify.trust import Trust


@dataclass(frozen=True)
class Expected:
    """What the certificate must say: subject name -> SHA-256 (None: could not be computed).

    No ``subjects`` at all: what the certificate is about is not looked at, nor are its gaps.
    ``elsewhere``: what it may be about besides, and is not looked at.
    """

    predicate_type: str
    subjects: Mapping[str, str | None] | None
    version: str | None
    elsewhere: frozenset[str] = frozenset()


def check_certificate(
    sealed: Sealed, expected: Expected, trust: Trust | None, findings: Findings
) -> None:
    """Check form, time, signatures, subjects and version of a certificate; list its gaps.

    ``trust`` is None when nobody said whom to trust.
    """
    try:
        envelope = read_envelope(sealed.data)
        subjects = read_subjects(envelope.statement, expected.predicate_type)
    except (EnvelopeError, StatementError) as error:
        findings.fail(names.CERTIFICATE, sealed.file, str(error))
        return
    findings.close(names.CERTIFICATE, "a DSSE envelope with an in-toto statement")
    check_signatures(sealed, envelope, trust, datetime.now(UTC), findings)
    check_bundle(sealed, envelope, findings)
    predicate = envelope.statement["predicate"]
    if expected.version is not None:
        _check_version(sealed, predicate, expected.version, findings)
    if expected.subjects is not None:
        for name in sorted(subjects.keys() & expected.elsewhere):
            findings.not_provable(f"{name} is what was certified", "it was not looked at")
        looked_at = {name: subjects[name] for name in subjects.keys() - expected.elsewhere}
        _check_subjects(sealed, looked_at, expected.subjects, findings)
        check_statements(sealed, envelope, trust, findings)
        check_named(sealed, envelope, findings)
        _tell_completeness(sealed, predicate, findings)
        _list_gaps(sealed, predicate, findings)


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


def _tell_completeness(sealed: Sealed, predicate: Mapping[str, Any], findings: Findings) -> None:
    """Say first whether the certificate knows all or a part; it must fit its own gaps."""
    said = predicate.get("completeness")
    if said is None:
        return
    gaps = predicate.get("gaps")
    listed = [gap for gap in gaps if isinstance(gap, dict)] if isinstance(gaps, list) else []
    sections = sorted({str(gap["section"]) for gap in listed if "section" in gap})
    overall = said.get("overall") if isinstance(said, dict) else None
    if overall != ("partial" if sections else "complete"):
        findings.fail(names.COMPLETENESS, sealed.file, "it does not fit the gaps that are declared")
    elif sections:
        findings.not_provable(names.COMPLETENESS, f"partial: {', '.join(sections)}; see the gaps")
    else:
        findings.close(names.COMPLETENESS, "every section is complete")


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
