"""Approve a certificate: one more signature over the same statement."""

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.approvals import approved, demanded
from dataset_pipeline.certify.claims import PENDING
from dataset_pipeline.certify.envelope import Envelope, countersigned, read_envelope
from dataset_pipeline.certify.errors import ApprovalRefused
from dataset_pipeline.certify.keys import key_id, public_pem
from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.files import replace


@dataclass(frozen=True)
class Place:
    """A published version's folder and name, where to write first, and the lock of signing."""

    folder: Path
    name: str
    temporary: Path
    lock: Path

    @property
    def certificate(self) -> Path:
        """Its certificate."""
        return layout.VersionFiles(self.folder, self.name).certificate


@dataclass(frozen=True)
class Approved:
    """An approval. ``fresh``: False when that key had approved already."""

    key_id: str
    statement: str
    fresh: bool


def approve(place: Place, role: str, signer: CryptoSigner) -> Approved:
    """Sign a version's certificate for a role; what it says stays as it is.

    Of several that approve at once, each signature is kept. Raises ApprovalRefused when the
    certificate does not hold, or does not name the key for the role.
    """
    pem = public_pem(signer)
    key = key_id(pem)
    checked = read_envelope(_certificate(place)).payload
    _still_holds(place)
    with FileLock(place.lock):
        envelope = read_envelope(place.certificate.read_bytes())
        if envelope.payload != checked:
            raise ApprovalRefused(f"{place.name}: its certificate was exchanged meanwhile")
        if why := _not_asked(envelope, role, key):
            raise ApprovalRefused(f"{place.name}: {why}")
        fresh = key not in {signed for signed, _ in envelope.signatures}
        if fresh:
            replace(place.temporary, place.certificate, countersigned(envelope, signer))
        beside = layout.signature_files(place.certificate, key).key
        if not beside.is_file():  # it follows the signature: a run may be killed in between
            replace(place.temporary, beside, pem)
    return Approved(key, sha256_hex(envelope.payload), fresh)


def _not_asked(envelope: Envelope, role: str, key: str) -> str | None:
    """Why a key cannot approve a certificate for a role."""
    demand = demanded(envelope.statement["predicate"])
    if demand is None:
        return "its certificate demands no approvals"
    if role not in demand.roles:
        return f"no role {role!r} in its certificate ({', '.join(sorted(demand.roles))})"
    if demand.role_of(key) != role:
        return f"its certificate does not name {key} for {role}"
    return None


def enter_approvals(log: Log, dataset: str, version: str, envelope: Envelope, time: str) -> None:
    """Enter in the ledger who approved a version, unless it is there. ``time``: RFC 3339 in UTC."""
    statement = sha256_hex(envelope.payload)
    for role, key in approved(envelope).items():
        log.enter(
            "approval",
            time,
            once=("statement_sha256", "role", "key_id"),
            dataset=dataset,
            version=version,
            statement_sha256=statement,
            role=role,
            key_id=key,
        )


def _certificate(place: Place) -> bytes:
    if not place.certificate.is_file():
        raise ApprovalRefused(f"{place.name} is not certified")
    return place.certificate.read_bytes()


def _still_holds(place: Place) -> None:
    """Nobody approves what is damaged; what is pending is no damage."""
    found = verify(place.folder / f"{place.name}{layout.PACKAGE_SUFFIX}")
    wrong = [claim for claim in found.failed if claim.name != PENDING]
    if wrong:
        told = "; ".join(f"{claim.file}: {claim.detail}" for claim in wrong[:5])
        raise ApprovalRefused(f"{place.name} does not verify: {told}")
