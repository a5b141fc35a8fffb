"""The certificate as a Sigstore bundle v0.3: for verifiers that know that form.

https://github.com/sigstore/protobuf-specs, ``sigstore_bundle.proto``: a DSSE envelope with exactly
one signature, which is the publisher's; the id of its key as hint; its time stamp. The certificate
is the master: the bundle is made from it and says nothing else. Approvals are in the certificate.
"""

import base64

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import PAYLOAD_TYPE, Envelope
from dataset_pipeline.certify.sealed import Sealed
from dataset_pipeline.digests import canonical_json

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sigstore_bundle(envelope: Envelope, stamp: bytes | None) -> bytes:
    """The bundle of an envelope; ``stamp``: the reply of an authority (DER), where there is one."""
    key_id, signature = envelope.signatures[0]
    stamps = [{"signedTimestamp": _base64(stamp)}] if stamp else []
    return canonical_json(
        {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "publicKey": {"hint": key_id},
                "tlogEntries": [],
                "timestampVerificationData": {"rfc3161Timestamps": stamps},
            },
            "dsseEnvelope": {
                "payload": _base64(envelope.payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"keyid": key_id, "sig": _base64(signature)}],
            },
        }
    )


def check_bundle(sealed: Sealed, envelope: Envelope, findings: Findings) -> None:
    """Does the bundle, where there is one, say what the certificate says, and nothing else?

    A stamp that came later may be missing in it, for a run was killed before it was put in.
    """
    file = layout.bundle_beside(sealed.path).name
    if file not in sealed.beside:
        return
    stamp = sealed.beside.get(layout.signature_files(sealed.path).stamp.name)
    if sealed.beside[file] not in {sigstore_bundle(envelope, one) for one in (stamp, None)}:
        findings.fail(names.BUNDLE, file, f"does not say what {sealed.file} says")
    findings.close(names.BUNDLE, "says what the certificate says")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
