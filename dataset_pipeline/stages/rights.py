"""By what right a source may be used: decided by its declaration, its evidence and the day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dataset_pipeline.config import DatasetConfig, Rights, SourceBase
from dataset_pipeline.rights.declared import Objection, Purpose, judge_licence, unfounded
from dataset_pipeline.rights.evidence import Proof, prove

# Every rule that takes out records for lack of a right, or for what the dataset must not hold.
CATEGORY, LANGUAGE = "restricted_category", "restricted_language"
RIGHTS_RULES = frozenset(
    {
        "rights_forbidden",
        "rights_unknown",
        "rights_expired",
        "rights_not_yet",
        "rights_clash",
        "rights_unfounded",
        CATEGORY,
        LANGUAGE,
    }
)


@dataclass(frozen=True)
class RightsDecision:
    """Whether a source's records may be trained on; ``objections``: all that speaks against it.

    ``evidence`` says by what the decision was made, as JSON-like values.
    """

    objections: tuple[Objection, ...]
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def granted(self) -> bool:
        """Whether the records may be used."""
        return not self.objections

    @property
    def rule(self) -> str | None:
        """The weightiest rule that speaks against it."""
        return self.objections[0][0] if self.objections else None

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.objections[0][1] if self.objections else "training is allowed"


def rights_decisions(config: DatasetConfig, folder: Path, today: date) -> dict[str, RightsDecision]:
    """The decision on each source of a dataset, on a given day; evidence is looked at anew."""
    purpose = Purpose.of(config)
    return {
        name: decide_rights(source, purpose, prove(source.rights, folder), today)
        for name, source in config.sources.items()
    }


def decide_rights(
    source: SourceBase, purpose: Purpose, proof: Proof, today: date
) -> RightsDecision:
    """Decide by declaration, evidence and day. What is unknown or not understood is not granted."""
    rights = source.rights
    judgement = judge_licence(rights, purpose, proof)
    objections = (
        *_said(rights),
        *_by_day(rights, today),
        *judgement.objections,
        *_founded(rights, proof),
        *_restricted(source, purpose),
    )
    evidence = {
        "basis": rights.basis,
        "licence": rights.licence,
        "terms": sorted(judgement.branch.terms) if judgement.branch else [],
        "training": rights.training,
        "redistribution": rights.redistribution,
        "expires": rights.expires.isoformat() if rights.expires else None,
        "evidence": proof.plain(),
        "rules": list(dict.fromkeys(rule for rule, _ in objections)),
    }
    return RightsDecision(objections, evidence)


def _said(rights: Rights) -> list[Objection]:
    if rights.training == "forbidden":
        return [("rights_forbidden", "the source's rights forbid training")]
    if rights.training != "allowed":
        return [("rights_unknown", "nobody has said that training is allowed")]
    return []


def _by_day(rights: Rights, today: date) -> list[Objection]:
    found = []
    if rights.expires is not None and rights.expires < today:
        found.append(("rights_expired", f"the right ended on {rights.expires}"))
    if rights.approved_on is not None and rights.approved_on > today:
        found.append(("rights_not_yet", f"the right is approved from {rights.approved_on} on"))
    return found


def _founded(rights: Rights, proof: Proof) -> list[Objection]:
    if rights.training != "allowed":
        return []
    lacks = [*unfounded(rights), *proof.problems]
    return [("rights_unfounded", what) for _, what in lacks]


def _restricted(source: SourceBase, purpose: Purpose) -> list[Objection]:
    found = []
    forbidden = {plain(name) for name in purpose.forbidden_categories}
    if held := sorted(forbidden & {plain(name) for name in source.categories}):
        found.append((CATEGORY, f"the source declares {', '.join(held)}, which is forbidden here"))
    allowed = {_primary(language) for language in purpose.languages}
    declared = {_primary(language) for language in source.languages}
    if declared and not declared & allowed:
        languages = ", ".join(sorted(declared))
        found.append((LANGUAGE, f"the source is in {languages}, which the dataset is not for"))
    return found


def plain(name: str) -> str:
    """A category's name as names are compared."""
    return name.strip().lower()


def _primary(language: str) -> str:
    return plain(language).replace("_", "-").split("-")[0]
