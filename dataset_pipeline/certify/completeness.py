"""How complete each section of a certificate is, by the gaps that are declared in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

Section = Literal[
    "sources",
    "rights",
    "transformations",
    "exclusions",
    "annotations",
    "distillates",
    "splits",
    "leakage",
    "privacy",
    "checks",
    "package",
]
Gap = dict[str, str]
Basis = Literal["observed", "reconstructed", "declared"]
# What a section rests on besides what the pipeline itself saw.
_DECLARED = ("sources", "rights", "annotations", "distillates")


def gap(section: Section | None, claim: str, why: str) -> Gap:
    """What is not claimed, and why.

    ``section``: what is incomplete by it; None for a limit that lies in the nature of the proof.
    """
    told = {"claim": claim, "why": why}
    return told if section is None else {"section": section, **told}


def completeness(gaps: Iterable[Mapping[str, str]], absent: Mapping[str, str]) -> dict[str, Any]:
    """``overall`` and for each section: status, why, when it was recorded, what it rests on.

    ``complete``: nothing that belongs in it is missing; ``partial``: ``why`` names the claims that
    stand under ``gaps``; ``none``: there is nothing to tell (``absent``: section -> why), which
    makes nothing partial. Everything in it was recorded as it happened.
    """
    listed = list(gaps)
    sections = {name: _section(name, listed, absent) for name in get_args(Section)}
    partial = any(section["status"] == "partial" for section in sections.values())
    return {"overall": "partial" if partial else "complete", "sections": sections}


def _section(
    name: str, gaps: Sequence[Mapping[str, str]], absent: Mapping[str, str]
) -> dict[str, Any]:
    mine = list(dict.fromkeys(item["claim"] for item in gaps if item.get("section") == name))
    status = "partial" if mine else "none" if name in absent else "complete"
    basis: list[Basis] = ["declared", "observed"] if name in _DECLARED else ["observed"]
    return {
        "status": status,
        "why": mine or [absent[name]] if status != "complete" else [],
        "recorded": "contemporaneous",
        "basis": basis,
    }


def not_allowed(gaps: Iterable[Mapping[str, str]], allowed: Iterable[str]) -> list[str]:
    """Reasons to refuse: gaps in sections that the policy does not let be partial."""
    open_to = {None, *allowed}
    return [
        f"certificate.partial_allowed does not name {item['section']}, and it is incomplete: "
        f"{item['claim']}: {item['why']}"
        for item in gaps
        if item.get("section") not in open_to
    ]
