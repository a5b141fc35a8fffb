import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as LibraryEnvelope
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, Signature

from dataset_pipeline.certify.envelope import (
    PAYLOAD_TYPE,
    Envelope,
    pae,
    read_envelope,
    sign_statement,
    verify_envelope,
)
from dataset_pipeline.certify.errors import EnvelopeError
from dataset_pipeline.certify.keys import key_id, load_public_key, public_pem
from dataset_pipeline.digests import canonical_json

STATEMENT = {"_type": "x", "n": 1, "text": "größe"}


# https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, "Test Vectors"
TYPE, BODY = "http://example.com/HelloWorld", b"hello world"
PAE = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
X = 46950820868899156662930047687818585632848591499744589407958293238635476079160
Y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
SIG = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="


def test_pae_is_that_of_the_protocols_example() -> None:
    assert pae(TYPE, BODY) == PAE


def test_the_protocols_signature_holds_over_our_pae() -> None:
    """Their signature is r and s one after the other (IEEE P1363), not in DER."""
    raw = base64.b64decode(SIG)
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicNumbers(X, Y, ec.SECP256R1()).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = load_public_key(pem)
    signed = pae(TYPE, BODY)
    key.verify_signature(Signature(key.keyid, signature.hex()), signed)
    with pytest.raises(UnverifiedSignatureError):
        key.verify_signature(Signature(key.keyid, signature.hex()), signed + b" ")


def test_the_file_has_one_key_a_line(signer: CryptoSigner) -> None:
    data = sign_statement(STATEMENT, signer)
    payload = base64.b64encode(canonical_json(STATEMENT)).decode()
    sig = json.loads(data)["signatures"][0]["sig"]
    assert data.decode() == (
        "{\n"
        f'  "payload": "{payload}",\n'
        f'  "payloadType": "{PAYLOAD_TYPE}",\n'
        '  "signatures": [\n'
        "    {\n"
        f'      "keyid": "{key_id(public_pem(signer))}",\n'
        f'      "sig": "{sig}"\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_ed25519_certificates_are_deterministic(signer: CryptoSigner) -> None:
    assert sign_statement(STATEMENT, signer) == sign_statement(dict(STATEMENT), signer)


@pytest.mark.parametrize("make", [CryptoSigner.generate_ed25519, CryptoSigner.generate_ecdsa])
def test_what_was_signed_verifies(make: Callable[[], CryptoSigner]) -> None:
    signer = make()
    data = sign_statement(STATEMENT, signer)
    envelope = read_envelope(data)
    key = load_public_key(public_pem(signer))
    assert envelope.statement == STATEMENT
    assert verify_envelope(envelope, [key]) == [key]
    other = load_public_key(public_pem(make()))
    assert verify_envelope(envelope, [other, key]) == [key]
    with pytest.raises(EnvelopeError, match="none"):
        verify_envelope(envelope, [other])
    with pytest.raises(EnvelopeError, match="none"):
        verify_envelope(envelope, [])


@pytest.mark.parametrize("make", [CryptoSigner.generate_ed25519, CryptoSigner.generate_ecdsa])
@pytest.mark.parametrize("wrong", [b"", b"x", bytes(64)])
def test_a_wrong_signature_is_told_as_one(make: Callable[[], CryptoSigner], wrong: bytes) -> None:
    signer = make()
    key = load_public_key(public_pem(signer))
    with pytest.raises(EnvelopeError, match="does not hold"):
        verify_envelope(Envelope(b"{}", {}, ((key.keyid, wrong),)), [key])


def test_the_library_reads_what_we_write(signer: CryptoSigner) -> None:
    envelope = LibraryEnvelope.from_dict(json.loads(sign_statement(STATEMENT, signer)))
    key = load_public_key(public_pem(signer))
    assert envelope.verify([key], 1) == {key.keyid: key}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "unknown key": lambda e: e.update(x=1),
    "missing key": lambda e: e.pop("payloadType"),
    "payload type": lambda e: e.update(payloadType="application/json"),
    "unknown key in signature": lambda e: e["signatures"][0].update(cert="x"),
    "no signatures": lambda e: e.update(signatures=[]),
    "signatures not a list": lambda e: e.update(signatures={}),
    "signature not an object": lambda e: e.update(signatures=["x"]),
    "keyid not text": lambda e: e["signatures"][0].update(keyid=1),
    "keyid not an id": lambda e: e["signatures"][0].update(keyid="../" * 20 + "x.pem"),
    "same keyid twice": lambda e: e["signatures"].append(dict(e["signatures"][0])),
    "payload not text": lambda e: e.update(payload=1),
    "payload not base64": lambda e: e.update(payload="%%%%"),
    "payload in URL-safe base64": lambda e: e.update(payload="_-8="),
    "loose base64": lambda e: e.update(payload=e["payload"] + "\n"),
    "base64 with stray bits": lambda e: e.update(payload=b64(b"{}").replace("e30=", "e31=")),
    "base64 without padding": lambda e: e.update(payload=b64(b"{}").rstrip("=")),
    "spaces in payload": lambda e: e.update(payload=b64(b'{"a": 1}')),
    "unsorted payload": lambda e: e.update(payload=b64(b'{"b":1,"a":1}')),
    "repeated key in payload": lambda e: e.update(payload=b64(b'{"a":1,"a":1}')),
    "float for integer": lambda e: e.update(payload=b64(b'{"a":1.0}')),
    "NaN": lambda e: e.update(payload=b64(b'{"a":NaN}')),
    "infinite": lambda e: e.update(payload=b64(b'{"a":1e999}')),
    "large integer": lambda e: e.update(payload=b64(b'{"a":9007199254740993}')),
    "endless integer": lambda e: e.update(payload=b64(b'{"a":' + b"9" * 9999 + b"}")),
    "deep": lambda e: e.update(payload=b64(b"[" * 100_000 + b"]" * 100_000)),
    "less deep": lambda e: e.update(payload=b64(b'{"a":' + b"[" * 800 + b"]" * 800 + b"}")),
    "surrogate": lambda e: e.update(payload=b64(b'{"a":"\\ud800"}')),
    "surrogate key": lambda e: e.update(payload=b64(b'{"\\ud800":1}')),
    "escaped": lambda e: e.update(payload=b64(b'{"\\u0061":1}')),
    "not UTF-8": lambda e: e.update(payload=b64(b'{"a":"\xff"}')),
    "BOM": lambda e: e.update(payload=b64(b"\xef\xbb\xbf{}")),
    "list": lambda e: e.update(payload=b64(b"[]")),
    "empty": lambda e: e.update(payload=""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])
def test_a_malformed_envelope_is_refused(
    signer: CryptoSigner, change: Callable[[dict[str, Any]], object]
) -> None:
    envelope = json.loads(sign_statement(STATEMENT, signer))
    change(envelope)
    data = json.dumps(envelope, indent=2).encode() + b"\n"
    try:
        read = read_envelope(data)
    except EnvelopeError:
        return
    assert change is CHANGES["less deep"]
    with pytest.raises(EnvelopeError):
        verify_envelope(read, [load_public_key(public_pem(signer))])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_with_our_error(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        read_envelope(data)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, 2.0**53, "\ud800", {1, 2}, b"x"]
)
def test_what_json_cannot_hold_is_not_signed(signer: CryptoSigner, value: object) -> None:
    with pytest.raises(EnvelopeError):
        sign_statement({"value": value}, signer)


def survives(number: float) -> bool:
    """RFC 8785 writes whole floats up to 10**21 as integers; ours end at 2**53 - 1."""
    return not 2**53 <= abs(number) < 10**21


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(survives)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=json_values)
def test_every_signed_statement_reads_back(value: object) -> None:
    signer = FIXED
    envelope = read_envelope(sign_statement({"value": value}, signer))
    assert envelope.statement["value"] == value
    assert canonical_json(envelope.statement) == envelope.payload
    assert verify_envelope(envelope, [load_public_key(public_pem(signer))])


FIXED = CryptoSigner(ec.derive_private_key(7, ec.SECP256R1()))


def test_no_file_is_needed(tmp_path: Path) -> None:
    sign_statement(STATEMENT, FIXED)
    assert list(tmp_path.iterdir()) == []
