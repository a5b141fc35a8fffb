"""By what right a source may be used: read from its declaration, never guessed."""

import re
from dataclasses import dataclass
from datetime import date

from dataset_pipeline.config import Rights

_NON_COMMERCIAL = re.compile(r"\bNC\b|NON[- ]?COMMERCIAL")
_NO_DERIVATIVES = re.compile(r"\bND\b|NO[- ]?DERIV")


@dataclass(frozen=True)
class RightsDecision:
    """Whether a source's records may be trained on, and why not."""

    rule: str | None
    reason: str

    @property
    def granted(self) -> bool:
        """Whether the records may be used."""
        return self.rule is None


def decide_rights(rights: Rights, use: str, today: date) -> RightsDecision:
    """Decide by the declaration alone. What is unknown is not granted."""
    if rights.training == "forbidden":
        return RightsDecision("rights_forbidden", "the source's rights forbid training")
    if rights.training == "unknown":
        return RightsDecision("rights_unknown", "nobody has said that training is allowed")
    if rights.expires is not None and rights.expires < today:
        return RightsDecision("rights_expired", "the right to use the source has expired")
    return _by_licence(rights, use)


def _by_licence(rights: Rights, use: str) -> RightsDecision:
    licence = (rights.licence or "").upper()
    if rights.basis == "licence" and not licence.strip():
        return RightsDecision("rights_unknown", "the right is a licence, and none is named")
    if use == "commercial" and _NON_COMMERCIAL.search(licence):
        return RightsDecision("rights_clash", "the licence forbids commercial use")
    if _NO_DERIVATIVES.search(licence):
        return RightsDecision("rights_clash", "the licence forbids derived works")
    return RightsDecision(None, "training is allowed")
