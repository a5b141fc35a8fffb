"""When was it signed? The time stamps beside a certificate, and what they are worth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings, Status
from dataset_pipeline.certify.envelope import Envelope
from dataset_pipeline.certify.errors import StampError
from dataset_pipeline.certify.sealed import Sealed
from dataset_pipeline.certify.timestamp import SKEW, Authority, Stamp, verify_stamp
from dataset_pipeline.certify.trust import Trust
from dataset_pipeline.digests import sha256_hex

_NO_STAMP = "no time stamp lies beside it, and nobody named this authority"
_NONE = "no time stamp lies beside the certificate; its times are its publisher's own"


@dataclass(frozen=True)
class _Judged:
    """What a stamp is worth. ``time``: when the signature was there, where that is proven."""

    status: Status
    detail: str
    stamp: Stamp | None = None

    @property
    def proven(self) -> datetime | None:
        return self.stamp.time if self.stamp and self.status == "ok" else None


def check_times(
    sealed: Sealed, envelope: Envelope, trust: Trust | None, findings: Findings
) -> dict[str, datetime]:
    """Check the stamp of each signature; the key ids of those whose time is proven, with it."""
    predicate = envelope.statement["predicate"]
    proven = {}
    for place, (key_id, signature) in enumerate(envelope.signatures):
        files = layout.signature_files(sealed.path, key_id if place else None)
        reply = sealed.beside.get(files.stamp.name)
        judge = _Judge(predicate, trust, sealed.beside.get(files.authority.name))
        if reply is None:
            if place == 0:
                _tell_missing(predicate, files.stamp.name, findings)
            if not judge.knows_beside:
                findings.fail(names.TIME, files.authority.name, _NO_STAMP)
            continue
        judged = judge.of(reply, signature)
        if place == 0:
            judged = _consistent(judged, predicate)
        _tell(judged, files.stamp.name, f"approval by key {key_id}: " if place else "", findings)
        if judged.proven:
            proven[key_id] = judged.proven
    return proven


@dataclass(frozen=True)
class _Judge:
    """By whom a stamp counts: whom the verifier trusts, whom the signed certificate names."""

    predicate: Mapping[str, Any]
    trust: Trust | None
    beside: bytes | None

    def of(self, reply: bytes, signature: bytes) -> _Judged:
        """What a stamp of a signature is worth."""
        for authority in self._trusted():
            try:
                stamp = verify_stamp(reply, signature, authority.ca)
            except StampError:
                continue
            if problem := self._beside_wrong(reply, signature):
                return _Judged("failed", problem, stamp)
            independent = authority.trusted and self._named(authority.ca_sha256) is not False
            return _Judged("ok", _told(stamp), stamp) if independent else _own(stamp)
        try:
            stamp = verify_stamp(reply, signature, self.beside or b"")
        except StampError as error:
            return _Judged("failed", str(error))
        return self._by_the_certificates_beside(stamp)

    def _by_the_certificates_beside(self, stamp: Stamp) -> _Judged:
        named = self._named(sha256_hex(self.beside or b""))
        if named is None and (any(self._trusted()) or any(self._listed())):
            return _Judged("failed", f"{_told(stamp)}: an authority that nobody named")
        if named is False:
            return _own(stamp)
        why = "whether it can be trusted, nobody said: give its certificate with --trust"
        return _Judged("not_provable", f"{_told(stamp)}; {why}", stamp)

    @property
    def knows_beside(self) -> bool:
        """Whether the certificates beside a stamp, where there are any, were named by anybody.

        A run that was killed leaves them without their stamp.
        """
        known = [one["ca_sha256"] for one in self._listed()]
        known += [authority.ca_sha256 for authority in self._trusted()]
        return self.beside is None or sha256_hex(self.beside) in known

    def _beside_wrong(self, reply: bytes, signature: bytes) -> str | None:
        """Why the certificates beside a stamp, which prove nothing here, must not lie there."""
        if self.knows_beside or self.beside is None:
            return None
        if any(self._listed()):
            return "the authority's certificates beside it are not those that were named"
        try:
            verify_stamp(reply, signature, self.beside)
        except StampError as error:
            return f"the authority's certificates beside it: {error}"
        return None

    def _trusted(self) -> tuple[Authority, ...]:
        return self.trust.authorities if self.trust else ()

    def _named(self, ca_sha256: str) -> bool | None:
        """Whether the certificate calls an authority independent; None when it names it not."""
        said = [one["trusted"] is True for one in self._listed() if one["ca_sha256"] == ca_sha256]
        return all(said) if said else None

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        listed = _part(self.predicate, "authorities", [])
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and {"ca_sha256", "trusted"} <= one.keys():
                yield one


def _part(predicate: Mapping[str, Any], name: str, otherwise: object) -> Any:
    said = predicate.get("time")
    return said.get(name, otherwise) if isinstance(said, dict) else otherwise


def _own(stamp: Stamp) -> _Judged:
    why = "which is operated by the publisher: no trusted time"
    return _Judged("not_provable", f"{_told(stamp)}, {why}", stamp)


def _consistent(judged: _Judged, predicate: Mapping[str, Any]) -> _Judged:
    """A certificate cannot have been issued after its signature was there."""
    try:
        issued = datetime.fromisoformat(str(predicate.get("issued")))
        later = judged.stamp is not None and issued - judged.stamp.time > SKEW
    except (ValueError, TypeError):  # it says no time, or one without a zone
        return judged
    if later:
        return _Judged("failed", f"{judged.detail}, but says that it was issued {issued}")
    return judged


def _tell_missing(predicate: Mapping[str, Any], file: str, findings: Findings) -> None:
    if _part(predicate, "stamp_required", False) is True:
        findings.fail(names.PENDING, file, "the certificate demands a time stamp; there is none")
    findings.not_provable(names.TIME, _NONE)


def _tell(judged: _Judged, file: str, whose: str, findings: Findings) -> None:
    if judged.status == "failed":
        findings.fail(names.TIME, file, whose + judged.detail)
    elif judged.status == "ok":
        findings.close(names.TIME, whose + judged.detail)
    else:
        findings.not_provable(names.TIME, whose + judged.detail)


def _told(stamp: Stamp) -> str:
    return f"the signature was there on {stamp.time:%Y-%m-%dT%H:%M:%SZ}, says {stamp.by}"
