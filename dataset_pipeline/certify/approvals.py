"""Who must approve what a certificate says, and who did."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_pipeline.certify.envelope import Envelope, read_envelope
from dataset_pipeline.certify.errors import EnvelopeError, StatementError

_KEY_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Demand:
    """Roles, each with the ids of the keys that may sign for it, and how many roles must."""

    roles: Mapping[str, tuple[str, ...]]
    threshold: int

    def role_of(self, key_id: str) -> str | None:
        """The role that a key signs for."""
        return next((role for role, keys in self.roles.items() if key_id in keys), None)

    def pending(self, given: Mapping[str, str]) -> list[str]:
        """Roles that have not approved (``given``: role -> key); none when enough have."""
        missing = [role for role in self.roles if role not in given]
        return missing if len(self.roles) - len(missing) < self.threshold else []


def demanded(predicate: Mapping[str, Any]) -> Demand | None:
    """What the certificate itself demands, which is signed with it.

    Raises StatementError when that is not what ``dataset_predicate`` writes.
    """
    said = predicate.get("approvals")
    if said is None:
        return None
    wrong = StatementError("approvals is not {roles: {role: [key id]}, threshold}")
    if not isinstance(said, dict) or said.keys() != {"roles", "threshold"}:
        raise wrong
    roles, threshold = said["roles"], said["threshold"]
    if not isinstance(roles, dict) or type(threshold) is not int:
        raise wrong
    if not 1 <= threshold <= len(roles) or not all(map(_are_keys, roles.values())):
        raise wrong
    return Demand({role: tuple(keys) for role, keys in roles.items()}, threshold)


def approved(envelope: Envelope) -> dict[str, str]:
    """The roles that have signed, with their keys' ids. Whether they hold is not looked at."""
    demand = demanded(envelope.statement["predicate"])
    signed = [key for key, _ in envelope.signatures[1:]]
    return {role: key for key in signed if demand and (role := demand.role_of(key))}


def pending_told(certificate: Path) -> str | None:
    """Which roles a certificate waits for, in words; None where nobody is waited for."""
    try:
        envelope = read_envelope(certificate.read_bytes())
        demand = demanded(envelope.statement["predicate"])
    except FileNotFoundError:
        return None
    except (EnvelopeError, StatementError, LookupError, TypeError):
        return "its certificate cannot be read"
    pending = demand.pending(approved(envelope)) if demand else []
    return f"pending: {', '.join(sorted(pending))}" if pending else None


def _are_keys(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(key, str) and _KEY_ID.fullmatch(key) for key in value
    )
