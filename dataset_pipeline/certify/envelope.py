"""The certificate file: a DSSE v1 envelope (Dead Simple Signing Envelope) in one exact form.

The signature is over PAE(payloadType, payload), the payload is the RFC 8785 canonical JSON of an
in-toto statement. The file's own form is fixed too, one key a line: what ``sed`` cuts out of it by
hand is then the same as what a JSON parser finds in it, whatever an attacker writes.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    CryptoSigner,
    Signature,
    SSlibKey,
)

from dataset_pipeline.certify.errors import EnvelopeError
from dataset_pipeline.certify.keys import key_id, public_pem
from dataset_pipeline.digests import canonical_json

_KEY_ID = re.compile(r"[0-9a-f]{64}")
PAYLOAD_TYPE = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Envelope:
    """A read envelope: the payload's bytes, the statement in them, (key id, signature) pairs."""

    payload: bytes
    statement: Mapping[str, Any]
    signatures: tuple[tuple[str, bytes], ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_statement(statement: Mapping[str, Any], signer: CryptoSigner) -> bytes:
    """The envelope of ``statement``, signed by ``signer``: the bytes of a certificate file.

    Raises EnvelopeError when the statement is not JSON that reads back as itself (RFC 8785).
    """
    try:
        payload = canonical_json(dict(statement))
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"the statement cannot be written as JSON: {error}") from None
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    # The id is computed here, so that a signer that was made elsewhere gets the same one.
    keyid = key_id(public_pem(signer))
    data = _envelope_bytes(payload, [(keyid, bytes.fromhex(signature.signature))])
    read_envelope(data)  # so that nothing is signed that cannot be read: a float of 2**53, say
    return data


def countersigned(envelope: Envelope, signer: CryptoSigner) -> bytes:
    """The same envelope with one signature more, of the same statement.

    Raises EnvelopeError when the key signed it already.
    """
    signature = signer.sign(pae(PAYLOAD_TYPE, envelope.payload))
    added = (key_id(public_pem(signer)), bytes.fromhex(signature.signature))
    data = _envelope_bytes(envelope.payload, [*envelope.signatures, added])
    read_envelope(data)
    return data


def read_envelope(data: bytes) -> Envelope:
    """Read an envelope; nothing is verified yet but its form.

    Raises EnvelopeError for anything but the exact bytes that ``sign_statement`` would write:
    unknown or repeated keys, another payload type, loose base64, a payload that is not canonical
    JSON, several signatures by one key.
    """
    outer = _object(_parse(data, "the envelope"), {"payload", "payloadType", "signatures"})
    if outer["payloadType"] != PAYLOAD_TYPE:
        raise EnvelopeError(f"payloadType is not {PAYLOAD_TYPE}")
    payload = _from_base64(outer["payload"], "payload")
    statement = _parse(payload, "the payload")
    if not isinstance(statement, dict):
        raise EnvelopeError("the payload is not a JSON object")
    if _canonical(statement) != payload:
        raise EnvelopeError("the payload is not canonical JSON (RFC 8785)")
    signatures = _signatures(outer["signatures"])
    if _envelope_bytes(payload, signatures) != data:
        raise EnvelopeError("the envelope is not written in the form of a certificate file")
    return Envelope(payload, statement, tuple(signatures))


def verify_envelope(envelope: Envelope, keys: Iterable[SSlibKey]) -> list[SSlibKey]:
    """The keys among ``keys`` that signed the envelope: at least one.

    Raises EnvelopeError when no signature is by any of the keys, or one that claims to be does not
    hold. Signatures by other keys are not looked at.
    """
    known = {key.keyid: key for key in keys}
    signed = pae(PAYLOAD_TYPE, envelope.payload)
    verified = []
    for keyid, signature in envelope.signatures:
        if keyid in known:
            _check(known[keyid], signature, signed)
            verified.append(known[keyid])
    if not verified:
        raise EnvelopeError("none of the given keys signed it")
    return verified


def _check(key: SSlibKey, signature: bytes, signed: bytes) -> None:
    try:
        key.verify_signature(Signature(key.keyid, signature.hex()), signed)
    except UnverifiedSignatureError:
        raise EnvelopeError(f"the signature by key {key.keyid} does not hold") from None
    except Exception as error:  # a verdict is owed, whatever the library thinks of the bytes
        raise EnvelopeError(f"the signature by key {key.keyid} cannot be read") from error


def envelope_file(envelope: object) -> bytes:
    """The form in which a certificate file holds an envelope (JSON-like)."""
    return json.dumps(envelope, indent=2, ensure_ascii=True).encode() + b"\n"


def _envelope_bytes(payload: bytes, signatures: Sequence[tuple[str, bytes]]) -> bytes:
    envelope = {
        "payload": _to_base64(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": keyid, "sig": _to_base64(sig)} for keyid, sig in signatures],
    }
    return envelope_file(envelope)


def _signatures(value: object) -> list[tuple[str, bytes]]:
    if not isinstance(value, list) or not value:
        raise EnvelopeError("signatures is not a list with at least one signature")
    found = []
    for item in value:
        fields = _object(item, {"keyid", "sig"})
        if not isinstance(fields["keyid"], str) or not _KEY_ID.fullmatch(fields["keyid"]):
            raise EnvelopeError("a keyid is not 64 lower-case hex digits")
        found.append((fields["keyid"], _from_base64(fields["sig"], "sig")))
    if len({keyid for keyid, _ in found}) != len(found):
        raise EnvelopeError("several signatures have the same keyid")
    return found


def _object(value: object, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != keys:
        raise EnvelopeError(f"expected a JSON object with exactly the keys {sorted(keys)}")
    return value


def _parse(data: bytes, what: str) -> object:
    """Parse JSON that repeats no key and holds no NaN."""
    try:
        return json.loads(
            data.decode(), object_pairs_hook=_unique_keys, parse_constant=_no_constant
        )
    except EnvelopeError:
        raise
    except (ValueError, RecursionError):
        raise EnvelopeError(f"{what} is not JSON in UTF-8") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise EnvelopeError("a JSON object has a key twice")
    return found


def _no_constant(name: str) -> None:
    raise EnvelopeError(f"{name} is not JSON")


def _canonical(value: object) -> bytes | None:
    try:
        return canonical_json(value)
    except (ValueError, RecursionError):
        return None


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: object, what: str) -> bytes:
    try:
        if isinstance(text, str):
            data = base64.b64decode(text.encode("ascii"), validate=True)
            if _to_base64(data) == text:
                return data
    except (binascii.Error, UnicodeEncodeError):
        pass
    raise EnvelopeError(f"{what} is not standard base64")
