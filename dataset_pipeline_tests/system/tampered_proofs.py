"""What a forger does to all that lies with a package: certificate, stamps, model, proofs, ledger.

Goes on with ``tampered.TABLE``.
"""

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.envelope import envelope_file, sign_statement
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.layout import (
    TRAINING_CERTIFICATE,
    VersionFiles,
    bundle_beside,
    signature_files,
)
from dataset_pipeline.certify.timestamp import new_request
from dataset_pipeline.digests import canonical_json, sha256_hex
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.certify.stamps import bundle
from dataset_pipeline_tests.certify.tampering import edit_envelope, edit_statement
from dataset_pipeline_tests.certify.test_log import FIELDS, TIME, log_in
from dataset_pipeline_tests.system.tampered import TABLE, Case, Forge, row

__all__ = ["TABLE"]

# --------------------------------------------------------------------------------- the certificate


def statement_of(files: VersionFiles) -> dict[str, Any]:
    envelope = json.loads(files.certificate.read_bytes())
    found: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))
    return found


def take(case: Case, suffix: str) -> None:
    """The other version's file of this kind, renamed."""
    source = case.other.folder / f"{case.other.name}{suffix}"
    shutil.copy(source, case.files.folder / f"{case.files.name}{suffix}")


def signed_by(case: Case, signer: CryptoSigner, **changes: Any) -> None:
    """The certificate alone, by another signature; all that hung on the old one is gone."""
    for path in case.files.folder.iterdir():
        kept = {case.files.package, case.files.documentation, case.files.statements}
        if path not in kept:
            path.unlink()
    case.files.public_key.write_bytes(public_pem(signer))
    statement = {**statement_of(case.other), **changes}
    case.files.certificate.write_bytes(sign_statement(statement, signer))


@row("other key: all signed anew", "key", names.SIGNATURE, "{}.certificate.json")
def _(case: Case) -> None:
    signed_by(case, CryptoSigner.generate_ed25519(), **statement_of(case.files))


@row("other key beside the certificate", "signature key", names.SIGNATURE, "{}.pub.pem")
def _(case: Case) -> None:
    case.files.public_key.write_bytes(public_pem(CryptoSigner.generate_ed25519()))


@row("edited time", "signature", names.SIGNATURE, "{}.certificate.json")
def _(case: Case) -> None:
    edit_statement(case.files, '"issued":"2026-', '"issued":"2025-')


@row("removed gap", "signature", names.SIGNATURE, "{}.certificate.json")
def _(case: Case) -> None:
    gaps = canonical_json(statement_of(case.files)["predicate"]["gaps"]).decode()
    first = gaps[1 : gaps.index("},{") + 2]
    edit_statement(case.files, first, "")


def change_signatures(change: Callable[[list[dict[str, str]]], object]) -> Forge:
    def forge(case: Case) -> None:
        edit_envelope(case.files, lambda envelope: change(envelope["signatures"]))  # type: ignore[arg-type]

    return forge


row("no signature", "signature", names.CERTIFICATE, "{}.certificate.json")(
    change_signatures(lambda signatures: signatures.clear())
)


@row("signature of another payload", "signature time", names.SIGNATURE, "{}.certificate.json")
def _(case: Case) -> None:
    other = json.loads(case.other.certificate.read_bytes())["signatures"][0]["sig"]
    change_signatures(lambda signatures: signatures[0].update(sig=other))(case)


@row("other type of payload", "signature", names.CERTIFICATE, "{}.certificate.json")
def _(case: Case) -> None:
    edit_envelope(case.files, lambda envelope: envelope.update(payloadType="application/json"))


@row("older type of statement", "subjects", names.CERTIFICATE, "{}.certificate.json")
def _(case: Case) -> None:
    """A downgrade: truly signed by the publisher, in a form that says less."""
    statement = statement_of(case.files)
    statement["predicateType"] = re.sub(r"/v\d+$", "/v0", statement["predicateType"])
    signed_by(case, case.signer, **statement)


@row("certificate of another version", "subjects", names.SUBJECTS, "manifest-sha256.txt")
def _(case: Case) -> None:
    for suffix in (".certificate.json", ".certificate.tsr", ".sigstore.json", ".intoto.jsonl"):
        take(case, suffix)


@row("all of another version, renamed", "sha256sum subjects", names.VERSION, "{}.zip")
def _(case: Case) -> None:
    shutil.rmtree(case.files.folder)
    case.files.folder.mkdir()
    for path in case.other.folder.iterdir():
        shutil.copy(path, case.files.folder / path.name.replace(case.other.name, case.files.name))


# ------------------------------------------------------------------------------ approvals and time


def approvals(case: Case) -> list[Path]:
    return sorted(case.files.folder.glob("*.approval-*"))


@row("approval taken away", "approvals", names.PENDING, "{}.certificate.json")
def _(case: Case) -> None:
    (gone,) = (
        s["keyid"] for s in json.loads(case.files.certificate.read_bytes())["signatures"][2:]
    )
    change_signatures(lambda signatures: signatures.pop())(case)
    for path in approvals(case):
        if gone[:16] in path.name:
            path.unlink()


@row("approval by nobody's key", "approvals", names.SIGNATURE, "{}.certificate.json")
def _(case: Case) -> None:
    """Under the id of the key that the certificate demands."""
    stranger = CryptoSigner.generate_ed25519()
    forged = json.loads(sign_statement(statement_of(case.files), stranger))["signatures"][0]["sig"]
    change_signatures(lambda signatures: signatures[-1].update(sig=forged))(case)


def stamped_by(case: Case, tsa: Credentials, signature: bytes) -> None:
    found = signature_files(case.files.certificate)
    found.stamp.write_bytes(tsa.answer(new_request(signature).as_bytes()))
    found.authority.write_bytes(tsa.ca.read_bytes())
    bundle_beside(case.files.certificate).unlink()
    bundle(case.files)


@row("stamp of another signature", "time beside", names.TIME, "{}.certificate.tsr")
def _(case: Case) -> None:
    take(case, ".certificate.tsr")


@row("edited stamp", "time beside sigstore", names.TIME, "{}.certificate.tsr")
def _(case: Case) -> None:
    """Another year, in the stamp and in the bundle."""
    path = signature_files(case.files.certificate).stamp
    old = re.search(rb"\x18\x0f(20\d\d)\d{10}Z", path.read_bytes())
    assert old
    stamp = path.read_bytes().replace(old[0], old[0].replace(old[1], b"2019"))
    path.write_bytes(stamp)
    bundled = bundle_beside(case.files.certificate)
    value = json.loads(bundled.read_bytes())
    (one,) = value["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    one["signedTimestamp"] = base64.b64encode(stamp).decode()
    bundled.write_bytes(canonical_json(value) + b" ")


@row("stamp by an authority that nobody named", "time sigstore", names.TIME, "{}.certificate.tsr")
def _(case: Case) -> None:
    envelope = json.loads(case.files.certificate.read_bytes())
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    stamped_by(case, Credentials(case.room / "own", "Own"), signature)


@row("stamp taken away", "beside", names.BUNDLE, "{}.sigstore.json")
def _(case: Case) -> None:
    signature_files(case.files.certificate).stamp.unlink()


# ---------------------------------------------------------------------------------- what is beside


@row("stray file beside", "beside", names.BESIDE, "{}.board-approval.json")
def _(case: Case) -> None:
    (case.files.folder / f"{case.files.name}.board-approval.json").write_text("{}")


@row("bundle of another version", "beside", names.BUNDLE, "{}.sigstore.json")
def _(case: Case) -> None:
    take(case, ".sigstore.json")


@row("edited bundle", "beside sigstore", names.BUNDLE, "{}.sigstore.json")
def _(case: Case) -> None:
    path = bundle_beside(case.files.certificate)
    value = json.loads(path.read_bytes())
    payload = base64.b64decode(value["dsseEnvelope"]["payload"]).replace(b"2026", b"2025", 1)
    value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    path.write_bytes(canonical_json(value))


def lines_of(case: Case) -> list[bytes]:
    return case.files.statements.read_bytes().splitlines(keepends=True)


@row("statement about a stage taken away", "beside", names.STATEMENTS, "{}.intoto.jsonl")
def _(case: Case) -> None:
    case.files.statements.write_bytes(b"".join(lines_of(case)[1:]))


@row("stray statement", "beside", names.STATEMENTS, "{}.intoto.jsonl")
def _(case: Case) -> None:
    """Truly signed, about a stage of another version."""
    other = case.other.statements.read_bytes().splitlines(keepends=True)
    case.files.statements.write_bytes(b"".join([*lines_of(case), other[-1]]))


@row("edited statement about a stage", "beside", names.STATEMENTS, "{}.intoto.jsonl")
def _(case: Case) -> None:
    lines = lines_of(case)
    value = json.loads(lines[0])
    payload = base64.b64decode(value["payload"]).replace(b"2026", b"2025", 1)
    value["payload"] = base64.b64encode(payload).decode()
    case.files.statements.write_bytes(b"".join([canonical_json(value) + b"\n", *lines[1:]]))


@row("no statements", "beside", names.STATEMENTS, "{}.intoto.jsonl")
def _(case: Case) -> None:
    case.files.statements.unlink()


# ------------------------------------------------------------------------- model, record and ledger


@row("byte flip in the weights", "model", names.SUBJECTS, "weights.safetensors", about="model")
def _(case: Case) -> None:
    data = bytearray((case.model / "weights.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (case.model / "weights.safetensors").write_bytes(data)


@row("certificate of another model", "model", names.SUBJECTS, "weights.safetensors", about="model")
def _(case: Case) -> None:
    """Truly signed by the publisher, about other weights."""
    path = case.model / TRAINING_CERTIFICATE
    statement = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    for subject in statement["subject"]:
        subject["digest"]["sha256"] = sha256_hex(subject["name"].encode())
    path.write_bytes(sign_statement(statement, case.signer))
    (case.model / "training_certificate.sigstore.json").unlink()


@row("edited link to the version", "model", names.SIGNATURE, TRAINING_CERTIFICATE, about="model")
def _(case: Case) -> None:
    path = case.model / TRAINING_CERTIFICATE
    envelope = json.loads(path.read_bytes())
    payload = base64.b64decode(envelope["payload"])
    assert case.files.name.encode() in payload
    forged = payload.replace(case.files.name.encode(), case.other.name.encode())
    envelope["payload"] = base64.b64encode(forged).decode()
    path.write_bytes(envelope_file(envelope))


def edit_proof(case: Case, change: Callable[[dict[str, Any]], object]) -> None:
    line, _, hashes = case.proof.read_bytes().partition(b"\n")
    proof = json.loads(line)
    change(proof)
    case.proof.write_bytes(canonical_json(proof) + b"\n" + hashes)


@row("record proof for another version", "record", "record-proof", "proof.json", about="record")
def _(case: Case) -> None:
    edit_proof(case, lambda proof: proof.update(version=case.other.name))


@row("record proof for the certificate of another version", "record", "record-proof",
     "proof.json", about="record")  # fmt: skip
def _(case: Case) -> None:
    shutil.rmtree(case.files.folder)
    case.files.folder.mkdir()
    shutil.copy(case.other.certificate, case.files.certificate)


@row("record proof for another split", "record", "record-proof", "proof.json", about="record")
def _(case: Case) -> None:
    edit_proof(case, lambda proof: proof["statements"][0].update(tree="validation"))


def ledger(case: Case) -> list[bytes]:
    return (case.ledger / "ledger.jsonl").read_bytes().splitlines(keepends=True)


def write_ledger(case: Case, lines: list[bytes]) -> None:
    (case.ledger / "ledger.jsonl").write_bytes(b"".join(lines))


@row("removed withdrawal", "ledger", "ledger-checkpoint", "checkpoint", about="ledger")
def _(case: Case) -> None:
    lines = ledger(case)
    assert b'"kind":"withdrawn"' in lines[-1]
    write_ledger(case, lines[:-1])


@row("reordered ledger", "ledger", "ledger-lines", "ledger.jsonl", about="ledger")
def _(case: Case) -> None:
    first, second, *rest = ledger(case)
    write_ledger(case, [second, first, *rest])


@row("edited entry", "ledger", "ledger-lines", "ledger.jsonl", about="ledger")
def _(case: Case) -> None:
    write_ledger(case, [line.replace(b"2026", b"2025") for line in ledger(case)])


@row("truncated ledger, stale checkpoint", "ledger", "kept-checkpoint", "kept", about="ledger")
def _(case: Case) -> None:
    """All that lies beside the lines is cut with them: every signature is true."""
    write_ledger(case, ledger(case)[:-1])
    series = case.ledger / "checkpoints.jsonl"
    notes = series.read_bytes().splitlines(keepends=True)[:-1]
    series.write_bytes(b"".join(notes))
    (case.ledger / "checkpoint").write_text(json.loads(notes[-1]), encoding="utf-8")
    (case.ledger / "edge.json").unlink()


@row("ledger rewritten under another key", "ledger", "ledger-checkpoint", "checkpoint",
     about="ledger")  # fmt: skip
def _(case: Case) -> None:
    shutil.rmtree(case.ledger)
    forged = log_in(case.ledger, CryptoSigner.generate_ed25519())
    for _entry in range(8):
        forged.enter("certified", TIME, **FIELDS)
