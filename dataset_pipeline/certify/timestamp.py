"""RFC 3161 time stamps over signatures: what is asked, and whether a reply holds. No network here.

What is stamped is the SHA-256 of a signature's bytes, as Sigstore does it: the token shows that the
signature, and so what was signed, existed at its time.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from dataset_pipeline.certify.der import Element, element, parts
from dataset_pipeline.certify.errors import StampError
from dataset_pipeline.digests import sha256_hex

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

# An authority's clock and ours may differ by this; the network is in it.
SKEW = timedelta(minutes=10)
_VERIFY_ERROR = re.compile(r"Verify error: ([^\"]+)")
_REASON = re.compile(r'reason: "([^"]+)"')
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True)
class Authority:
    """Whose stamps are taken. ``ca``: PEM of the certificates that its own must lead to.

    ``trusted``: it is independent of who signs. ``name``: how it is called; ``url``: where it is
    asked.
    """

    name: str
    ca: bytes
    trusted: bool
    url: str = ""

    @property
    def ca_sha256(self) -> str:
        """What a certificate names it by."""
        return sha256_hex(self.ca)


@dataclass(frozen=True)
class Stamp:
    """A stamp that holds: the signature existed at ``time``, says ``by`` (a certificate's name)."""

    time: datetime
    by: str


def certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates in PEM form, at least one; StampError when there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise StampError("there are no certificates of its authority in PEM form") from None


def new_request(signature: bytes) -> "TimeStampRequest":
    """A request for a stamp, with a random nonce; the reply is to hold the certificate."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder(signature, HashAlgorithm.SHA256).build()


def check_reply(
    reply: bytes, request: "TimeStampRequest", signature: bytes, ca: bytes, now: datetime
) -> Stamp:
    """The stamp in a reply to ``request``, made at about ``now``; StampError when it is none."""
    response = _parsed(reply)
    stamp = _verified(response, signature, ca, request.nonce)
    if abs(stamp.time - now) > SKEW:
        raise StampError(f"the authority's time is {_told(stamp.time)}, here it is {_told(now)}")
    return stamp


def verify_stamp(reply: bytes, signature: bytes, ca: bytes) -> Stamp:
    """The stamp in a stored reply; StampError when it is none or leads to no certificate of ``ca``.

    The authority's certificates must be valid at the time that it states, not today.
    """
    return _verified(_parsed(reply), signature, ca, None)


def _verified(
    response: "TimeStampResponse", signature: bytes, ca: bytes, nonce: int | None
) -> Stamp:
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        imprint = response.tst_info.message_imprint
        if imprint.hash_algorithm.dotted_string != _SHA256:
            raise StampError("it is not over a SHA-256")
        verifier = VerifierBuilder(roots=certificates(ca), nonce=nonce).build()
        verifier.verify(response, hashlib.sha256(signature).digest())
        return Stamp(response.tst_info.gen_time.astimezone(UTC), _signer(response))
    except VerificationError as error:
        raise StampError(_why(str(error))) from None
    except StampError:
        raise
    except BaseException as error:  # a verdict is owed, whatever the library thinks of the bytes
        raise _unreadable(error, "it cannot be read") from error


def _why(said: str) -> str:
    """The library's error in a few words; of OpenSSL's, what its certificates lack."""
    if said == "Mismatch between messages":
        return "it is over something else than the signature"
    found = _VERIFY_ERROR.search(said) or _REASON.search(said)
    return f"it does not hold: {found[1] if found else said[:100]}"


def _parsed(reply: bytes) -> "TimeStampResponse":
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(_in_order(reply))
        status, said = response.status, "; ".join(response.status_string)
    except BaseException as error:  # the library's own, and what it makes of strange bytes
        raise _unreadable(error, "not a time stamp response (RFC 3161)") from error
    if status != 0:
        raise StampError(f"the authority refused (status {status}){': ' + said if said else ''}")
    return response


def _unreadable(error: BaseException, told: str) -> BaseException:
    """What to raise: the library panics at some bytes, and that error is no Exception."""
    if isinstance(error, Exception) or type(error).__name__ == "PanicException":
        return StampError(f"{told} ({type(error).__name__})")
    return error


def _signer(response: "TimeStampResponse") -> str:
    (info,) = response.signed_data.signer_infos
    for data in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(data)
        if certificate.issuer == info.issuer and certificate.serial_number == info.serial_number:
            return certificate.subject.rfc4514_string()
    raise StampError("it does not hold its signer's certificate")


def _in_order(reply: bytes) -> bytes:
    """The reply with its certificates in DER's order, which OpenSSL does not keep.

    The library insists on it (X.690, 11.6). The certificates are not among what is signed.
    """
    found = _certificate_set(reply)
    if found is None:
        return reply
    listed = [reply[part.start : part.end] for part in parts(reply, found)]
    return reply[: found.content] + b"".join(sorted(listed)) + reply[found.end :]


def _certificate_set(reply: bytes) -> Element | None:
    """``certificates`` ([0]) of the SignedData in a TimeStampResp; None where there is none."""
    try:
        _, token = parts(reply, element(reply, 0))
        _, wrapped = parts(reply, token)
        (signed,) = parts(reply, wrapped)
        return next((part for part in parts(reply, signed) if part.tag == 0xA0), None)
    except ValueError:
        return None


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
