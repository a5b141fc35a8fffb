"""What a verifier trusts: keys, each perhaps for a role and a time, and time-stamping authorities.

Given as a PEM file or a folder of such files (public keys, and certificates of authorities), or as
a policy that says more (``trust_policy``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.approvals import Demand
from dataset_pipeline.certify.claims import Status
from dataset_pipeline.certify.errors import KeyFileError, StampError, TrustUnreadable
from dataset_pipeline.certify.keys import PUBLIC_KEY, load_public_keys
from dataset_pipeline.certify.timestamp import Authority, certificates

POLICIES = (".yaml", ".yml", ".json")
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class TrustedKey:
    """A key: for a role, or (None) the publisher's; when it counts, and from when it is revoked."""

    key: SSlibKey
    role: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    revoked: datetime | None = None

    def standing(self, proven: datetime | None, now: datetime) -> tuple[Status, str]:
        """Whether a signature by this key counts, and why not.

        ``proven``: when a trusted time stamp says that the signature was there. That a key signed
        while it was valid can be shown by such a stamp alone, once its time is over: a stamp from
        later shows nothing, for whoever has the key may have signed at any time.
        """
        ends = [end for end in (self.valid_until, self.revoked) if end]
        begin, end = self.valid_from, min(ends, default=None)
        whose = "was revoked" if end and end == self.revoked else "ended"
        if begin and proven and proven < begin:
            return (
                "failed",
                f"it was there on {_day(proven)}, before the key's time ({_day(begin)})",
            )
        if begin and now < begin:
            return "not_provable", f"the key's time has not begun ({_day(begin)})"
        if end is None or (proven or now) < end:
            return "ok", ""
        lacking = f"its time stamp is from {_day(proven)}" if proven else "no trusted time stamp"
        return "not_provable", (
            f"the key's time {whose} on {_day(end)}, and {lacking}"
            f"{'' if proven else ' says that it signed before'}"
        )


@dataclass(frozen=True)
class Trust:
    """What counts for a verifier. ``keys``: by their ids; ``approvals``: what they demand."""

    keys: Mapping[str, TrustedKey]
    authorities: tuple[Authority, ...] = ()
    approvals: Demand | None = None


def read_trust(path: Path) -> Trust:
    """What is trusted, from a PEM file, a policy, or a folder of either.

    A folder with a file ``trust.yaml`` (or ``.yml``, ``.json``) is what that file says, and nothing
    else; any other is all its ``*.pem`` files. Raises TrustUnreadable.
    """
    if path.is_dir():
        policies = [found for end in POLICIES if (found := path / f"trust{end}").is_file()]
        if len(policies) > 1:
            raise TrustUnreadable(f"{path}: holds {len(policies)} policies; keep one")
        return _policy(policies[0]) if policies else _pems(path, sorted(path.glob("*.pem")))
    return _policy(path) if path.suffix in POLICIES else _pems(path, [path])


def read_file(path: Path) -> bytes:
    """A file that trust rests on; TrustUnreadable when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise TrustUnreadable(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise TrustUnreadable(f"{path}: {error}") from None


def read_certificates(path: Path) -> bytes:
    """A file of an authority's certificates; TrustUnreadable when it is none."""
    data = read_file(path)
    try:
        certificates(data)
    except StampError:
        raise TrustUnreadable(f"{path}: holds no certificates in PEM form") from None
    return data


def _policy(path: Path) -> Trust:
    from dataset_pipeline.certify.trust_policy import read_policy

    return read_policy(path)


def _pems(path: Path, files: Iterable[Path]) -> Trust:
    keys: dict[str, TrustedKey] = {}
    authorities = []
    for file in files:
        data = read_file(file)
        stamps = _CERTIFICATE in data
        if stamps:
            authorities.append(Authority(file.name, read_certificates(file), trusted=True))
        if PUBLIC_KEY in data or not stamps:
            try:
                keys |= {key.keyid: TrustedKey(key) for key in load_public_keys(data)}
            except KeyFileError as error:
                raise TrustUnreadable(f"{file}: {error}") from None
    if not keys:
        raise TrustUnreadable(f"{path}: holds no *.pem file with a public key")
    return Trust(keys, tuple(authorities))


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
