"""Do the statements beside a certificate hold, and do they say what its stages say?"""

from collections.abc import Iterator, Mapping
from typing import Any

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import Envelope, verify_envelope
from dataset_pipeline.certify.errors import EnvelopeError, KeyFileError, StatementError
from dataset_pipeline.certify.keys import load_exact_public_key
from dataset_pipeline.certify.sealed import Sealed
from dataset_pipeline.certify.stage_statements import stage_statements
from dataset_pipeline.certify.statement_lines import STATEMENTS_FORMAT, read_statement_lines
from dataset_pipeline.certify.trust import Trust
from dataset_pipeline.digests import canonical_json, sha256_hex


def check_statements(
    sealed: Sealed, envelope: Envelope, trust: Trust | None, findings: Findings
) -> None:
    """Check the file of statements: named by the certificate, signed by its key, none too many.

    A certificate that names none has none: one beside it is a stray file.
    """
    file, said = layout.statements_beside(sealed.path).name, _said(envelope)
    data = sealed.beside.get(file)
    if said is None:
        if data is not None:
            findings.fail(names.STATEMENTS, file, f"{sealed.file} names no such file")
        return
    if data is None:
        findings.fail(names.STATEMENTS, file, f"is missing; {sealed.file} names it")
        return
    if said.get("format") != STATEMENTS_FORMAT:
        findings.not_provable(names.STATEMENTS, "they are of a format that is not known here")
        return
    if sha256_hex(data) != said.get("sha256"):
        findings.fail(names.STATEMENTS, file, f"its SHA-256 is not the one in {sealed.file}")
    try:
        found = read_statement_lines(data)
    except EnvelopeError as error:
        findings.fail(names.STATEMENTS, file, str(error))
        return
    findings.fail_all(names.STATEMENTS, file, _unlike(found, envelope.statement["predicate"]))
    if key := _key(sealed, envelope, trust):
        findings.fail_all(names.STATEMENTS, file, _unsigned(found, key))
        findings.close(names.STATEMENTS, f"{len(found)} statements about stages, by the same key")
    else:
        findings.not_provable(names.STATEMENTS, "who signed them: the certificate's key is unknown")


def _said(envelope: Envelope) -> Mapping[str, Any] | None:
    said = envelope.statement["predicate"].get("statements")
    return said if said is None or isinstance(said, dict) else {}


def _unlike(found: list[Envelope], predicate: Mapping[str, Any]) -> Iterator[str]:
    """Statements that are missing, stray or twice there, by what the certificate's stages say."""
    try:
        wanted = stage_statements(predicate["stages"])
    except (KeyError, TypeError, AttributeError, ValueError, StatementError):
        yield "the certificate's stages are not what statements could be about"
        return
    known = {canonical_json(statement): _told(statement) for statement in wanted}
    seen: set[bytes] = set()
    for number, payload in enumerate((envelope.payload for envelope in found), 1):
        if payload not in known:
            yield f"line {number}: not what the certificate says of any stage"
        elif payload in seen:
            yield f"line {number}: stands there twice"
        seen.add(payload)
    for payload in known.keys() - seen:
        yield f"no statement is what the certificate says of {known[payload]}"


def _told(statement: Mapping[str, Any]) -> str:
    kind = str(statement["predicateType"]).split("/")[-2]
    return f"{statement['subject'][0]['name']} ({kind})"


def _unsigned(found: list[Envelope], key: SSlibKey) -> Iterator[str]:
    for number, envelope in enumerate(found, 1):
        if [signer for signer, _ in envelope.signatures] != [key.keyid]:
            yield f"line {number}: not signed by the certificate's key alone"
            continue
        try:
            verify_envelope(envelope, [key])
        except EnvelopeError as error:
            yield f"line {number}: {error}"


def _key(sealed: Sealed, envelope: Envelope, trust: Trust | None) -> SSlibKey | None:
    """The key of the certificate's first signature: one that is trusted, or the one beside it."""
    key_id = envelope.signatures[0][0]
    if trust and key_id in trust.keys:
        return trust.keys[key_id].key
    beside = sealed.beside.get(layout.signature_files(sealed.path).key.name)
    try:
        key = load_exact_public_key(beside) if beside else None
    except KeyFileError:
        return None
    return key if key and key.keyid == key_id else None
