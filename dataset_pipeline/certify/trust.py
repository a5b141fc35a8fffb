"""What a verifier trusts: keys, each perhaps for a role and a time, and time-stamping authorities.

Where it comes from is the matter of ``trust_files`` and ``trust_policy``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.approvals import Demand
from dataset_pipeline.certify.claims import Status
from dataset_pipeline.certify.timestamp import Authority


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


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
