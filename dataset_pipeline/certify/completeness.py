"""How complete each section of a certificate is, by the gaps that are declared in it."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

Gap = dict[str, str]
Basis = Literal["observed", "reconstructed", "declared"]
Recorded = Literal["contemporaneous", "reconstructed"]


def gap(section: str | None, claim: str, why: str) -> Gap:
    """What is not claimed, and why.

    ``section``: what is incomplete by it; None for a limit that lies in the nature of the proof.
    """
    told = {"claim": claim, "why": why}
    return told if section is None else {"section": section, **told}


def completeness(
    sections: Mapping[str, Iterable[Basis]],
    gaps: Iterable[Mapping[str, str]],
    absent: Mapping[str, str],
    recorded: Recorded = "contemporaneous",
) -> dict[str, Any]:
    """``overall``, and for each section: status, why, when it was recorded, what it rests on.

    ``complete``: nothing that belongs in it is missing; ``partial``: ``why`` names the claims that
    stand under ``gaps``; ``none``: there is nothing to tell (``absent``: section -> why). Overall
    it is partial where any section has gaps.
    """
    missing: dict[str, list[str]] = {}
    for item in gaps:
        if "section" in item:
            missing.setdefault(item["section"], []).append(item["claim"])
    told = {}
    for name, basis in sections.items():
        claims = list(dict.fromkeys(missing.get(name, [])))
        status = "none" if name in absent else "partial" if claims else "complete"
        why = [absent[name]] if name in absent else claims
        told[name] = {"status": status, "why": why, "recorded": recorded, "basis": sorted(basis)}
    return {"overall": "partial" if missing else "complete", "sections": told}


def not_allowed(gaps: Iterable[Mapping[str, str]], allowed: Iterable[str]) -> list[str]:
    """Reasons to refuse: gaps in sections that the policy does not let be partial."""
    open_to = {None, *allowed}
    return [
        f"certificate.partial_allowed does not name {item['section']}, and it is incomplete: "
        f"{item['claim']}: {item['why']}"
        for item in gaps
        if item.get("section") not in open_to
    ]
