"""Puts time stamps, and the Sigstore bundle, beside a certificate, which stays as it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import StampError
from dataset_pipeline.certify.sigstore_bundle import sigstore_bundle
from dataset_pipeline.certify.time_authority import stamped
from dataset_pipeline.certify.timestamp import Authority
from dataset_pipeline.files import replace, write_once


@dataclass(frozen=True)
class Desk:
    """Who stamps, the first choice first, by which clock; where to write, under which lock."""

    authorities: Sequence[Authority]
    clock: Callable[[], datetime]
    temporary: Path
    lock: Path


@dataclass(frozen=True)
class Stamping:
    """What became of a certificate's signatures: stamped now, by whom; and what is pending, why."""

    stamped: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


def complete(certificate: Path, desk: Desk) -> Stamping:
    """Stamp each signature that has no stamp, where an authority answers; renew the bundle.

    What no authority stamps is pending, and for the next call. Of several calls at once, the first
    stamp stays. No network without authorities.
    """
    envelope = read_envelope(certificate.read_bytes())
    done, pending = [], []
    for place, (key_id, signature) in enumerate(envelope.signatures):
        files = layout.signature_files(certificate, key_id if place else None)
        if desk.authorities and not files.stamp.exists():
            try:
                done.append(_stamp(signature, files, desk))
            except StampError as error:
                pending.append(f"{files.stamp.name}: {error}")
    _bundle(certificate, desk)
    return Stamping(tuple(done), tuple(pending))


def _stamp(signature: bytes, files: layout.SignatureFiles, desk: Desk) -> str:
    authority, reply = stamped(signature, desk.authorities, desk.clock)
    with FileLock(desk.lock):
        if not files.stamp.exists():  # else another was faster, and these are its authority's
            replace(desk.temporary, files.authority, authority.ca)
            write_once(desk.temporary, files.stamp, reply)
    return f"{files.stamp.name}: {authority.name}"


def _bundle(certificate: Path, desk: Desk) -> None:
    with FileLock(desk.lock):
        stamp = layout.signature_files(certificate).stamp
        envelope = read_envelope(certificate.read_bytes())
        wanted = sigstore_bundle(envelope, stamp.read_bytes() if stamp.is_file() else None)
        target = layout.bundle_beside(certificate)
        if not target.is_file() or target.read_bytes() != wanted:
            replace(desk.temporary, target, wanted)
