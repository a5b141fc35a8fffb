"""What is wrong with a declared right in itself, and where it clashes with the dataset's purpose.

Used twice: when a configuration is read, so that a run does not start, and when a stage decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dataset_pipeline.config import DatasetConfig, Rights
from dataset_pipeline.rights import licences as terms
from dataset_pipeline.rights.evidence import FieldProblem, Proof
from dataset_pipeline.rights.licences import Branch, compatible, read_licence

CLASH, UNKNOWN = "rights_clash", "rights_unknown"
# What may stand for a licence where a dataset has none that anybody could look up.
NO_LICENCE = ("other", "proprietary", "unknown", "none")
_PASSED_ON = (terms.NON_COMMERCIAL, terms.RESEARCH_ONLY, terms.USE_RESTRICTIONS)
Objection = tuple[str, str]  # a rule, and the reason in words


@dataclass(frozen=True)
class Purpose:
    """What a dataset is for, as far as rights are held against it."""

    use: Literal["commercial", "internal", "research"]
    licence: str
    languages: Sequence[str] = ()
    forbidden_categories: Sequence[str] = ()

    @classmethod
    def of(cls, config: DatasetConfig) -> "Purpose":
        """The purpose that a configuration declares."""
        limits = config.task.restrictions
        return cls(
            limits.use, config.certificate.licence, limits.languages, limits.forbidden_categories
        )

    @property
    def ways(self) -> tuple[Branch, ...]:
        """How others may take the dataset: the ways to accept its licence; none where it has none.

        A dataset with a known licence is given on under it; any other is not given on.
        """
        if self.licence.strip().lower() in NO_LICENCE:
            return ()
        found = read_licence(self.licence)
        return found if all(way.known for way in found) else ()


def unfounded(rights: Rights) -> list[FieldProblem]:
    """What a right that is said to allow training lacks, by field."""
    if rights.training != "allowed":
        return []
    problems: list[FieldProblem] = []
    if rights.basis == "unknown":
        problems.append(("basis", "training: allowed needs a basis; say by what right"))
    missing = [name for name in ("approved_by", "evidence") if not _said(rights, name)]
    if missing:
        what = f"training: allowed needs approved_by and evidence; missing: {', '.join(missing)}"
        problems.append(("training", what))
    return problems


def _said(rights: Rights, field: str) -> bool:
    value = getattr(rights, field)
    return bool(value.strip()) if isinstance(value, str) else value is not None


@dataclass(frozen=True)
class Judgement:
    """What speaks against a licence, on the branch of it that has the least against it."""

    branch: Branch | None
    objections: tuple[Objection, ...]


def judge_licence(rights: Rights, purpose: Purpose, proof: Proof) -> Judgement:
    """Hold the licence and its known terms against the dataset's purpose, whoever approved it."""
    expression = (rights.licence or "").strip()
    if not expression:
        missing = (UNKNOWN, "the right is a licence, and none is named; name it in SPDX's words")
        unnamed = [missing] if rights.basis == "licence" else []
        return Judgement(None, (*unnamed, *_given_on(rights, None, purpose)))
    judged = [
        Judgement(branch, tuple(_objections(rights, branch, purpose, proof)))
        for branch in read_licence(expression)
    ]
    return min(judged, key=lambda judgement: len(judgement.objections))


def _objections(rights: Rights, branch: Branch, purpose: Purpose, proof: Proof) -> list[Objection]:
    named = " and ".join(sorted(branch.licences))
    found = [(CLASH, f"{named} {what}") for what in _against_use(branch, purpose.use)]
    found += [(CLASH, f"{named} {what}") for what in _against_licence(branch, purpose)]
    found += _given_on(rights, branch, purpose)
    for part in sorted(branch.unknown):
        found.append((UNKNOWN, f"{part!r} is no licence that SPDX knows"))
    if terms.OWN_TERMS in branch.terms and rights.basis == "licence" and not proof.checkable:
        where = "give them as evidence, in a file or by URL and sha256"
        found.append((UNKNOWN, f"the terms of {named} are not public; {where}"))
    return found


def _against_use(branch: Branch, use: str) -> list[str]:
    against = {
        terms.NO_TRAINING: (True, "forbids training"),
        terms.NO_DERIVATIVES: (True, "forbids derived works"),
        terms.NON_COMMERCIAL: (use == "commercial", "forbids commercial use"),
        terms.RESEARCH_ONLY: (use != "research", "allows research alone"),
        terms.NON_PRODUCTION: (use != "research", "forbids use in production"),
    }
    return [why for term, (holds, why) in against.items() if holds and term in branch.terms]


def _against_licence(branch: Branch, purpose: Purpose) -> list[str]:
    """Share-alike and the like, against the licence that the dataset itself is under."""
    found = []
    if terms.SHARE_ALIKE in branch.terms:
        sharing = [key for key in branch.licences if _shares_alike(key)] or list(branch.licences)
        for key in sorted(sharing):
            if not _goes_over(key, purpose.ways):
                found.append(f"asks for itself as the dataset's licence, not {purpose.licence}")
    for term in _PASSED_ON:
        if term in branch.terms and any(term not in way.terms for way in purpose.ways):
            what = f"is {term.replace('_', ' ')}, and {purpose.licence} does not pass that on"
            found.append(what)
    return list(dict.fromkeys(found))


def _shares_alike(key: str) -> bool:
    return any(terms.SHARE_ALIKE in branch.terms for branch in read_licence(key))


def _goes_over(key: str, ways: Sequence[Branch]) -> bool:
    return bool(ways) and all(any(compatible(key, our) for our in way.licences) for way in ways)


def _given_on(rights: Rights, branch: Branch | None, purpose: Purpose) -> list[Objection]:
    """What speaks against giving the records on, where the dataset's licence lets others do so."""
    if not purpose.ways:
        return []
    under = f"the dataset is given on under {purpose.licence}, and"
    licensed = rights.basis == "licence" and branch is not None and branch.known
    public = licensed or rights.basis == "public_domain"
    found = []
    if rights.redistribution == "forbidden":
        found.append((CLASH, f"{under} the source must not be"))
    elif rights.redistribution == "unknown" and not public:
        found.append((CLASH, f"{under} nobody has said that the source may be"))
    if rights.transfer.regions:
        allowed = ", ".join(rights.transfer.regions)
        found.append((CLASH, f"{under} the source may go to {allowed} alone"))
    return found
