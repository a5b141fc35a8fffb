"""Finds what is wrong with declared rights while a configuration is read, so that no run starts.

Only what holds on every day; what depends on the day is decided by the stage ``raw``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dataset_pipeline.config import EvidenceFile, Restrictions, Rights
from dataset_pipeline.config.keys import Location
from dataset_pipeline.config_problems.found import Found
from dataset_pipeline.rights.declared import NO_LICENCE, Purpose, judge_licence, unfounded
from dataset_pipeline.rights.evidence import prove
from dataset_pipeline.rights.licences import read_licence, suggestion

_LEAVE_OUT = "mend it, or name the source in gates.go_on_without"
_OWN = "for terms of its own write LicenseRef-<name>"


def rights_problems(data: dict[str, Any], folder: Path) -> list[Found]:
    """Every problem of the sources' rights, as (location, what is expected)."""
    sources = data.get("sources")
    sources = sources if isinstance(sources, dict) else {}
    purpose, left_out = _purpose(data), _named(data)
    found = [*_go_on_without(data, sources), *_certificate(data)]
    for name, source in sources.items():
        loc: Location = ("sources", name, "rights")
        rights = _rights(source)
        if rights:
            found += [((*loc, *where), what) for where, what in _source(rights, folder)]
            if purpose and name not in left_out:
                clashes = _clashes(rights, purpose, folder)
                found += [((*loc, *where), what) for where, what in clashes]
    return found


def _source(rights: Rights, folder: Path) -> Iterator[Found]:
    for field, what in unfounded(rights):
        yield (field,), what
    for part in _unknown_parts(rights.licence):
        yield ("licence",), f"{part!r} is no SPDX licence; {suggestion(part)}{_OWN}"
    for field, what in prove(rights, folder).problems:
        file = field == "evidence" and isinstance(rights.evidence, EvidenceFile)
        yield ((field, "file") if file else (field,)), what


def _clashes(rights: Rights, purpose: Purpose, folder: Path) -> Iterator[Found]:
    """What keeps a source out for good. Where the dataset goes on without it, that is no mistake:
    its records are excluded, each with this as the reason.
    """
    if rights.training != "allowed":
        return
    judgement = judge_licence(rights, purpose, prove(rights, folder))
    unread = bool(judgement.branch and judgement.branch.unknown)
    for rule, reason in judgement.objections:
        if rule == "rights_clash" or not unread:
            field = "licence" if rights.licence else "training"
            yield (field,), f"{rule}: {reason}; {_LEAVE_OUT}"


def _unknown_parts(expression: str | None) -> list[str]:
    if expression is None or not expression.strip():
        return []
    return sorted({part for branch in read_licence(expression) for part in branch.unknown})


def _certificate(data: dict[str, Any]) -> Iterator[Found]:
    certificate = data.get("certificate")
    licence = certificate.get("licence") if isinstance(certificate, dict) else None
    if isinstance(licence, str) and licence.strip().lower() not in NO_LICENCE:
        for part in _unknown_parts(licence) or ([] if licence.strip() else [licence]):
            what = f"{part!r} is no SPDX licence; {suggestion(part)}{_OWN}, or other"
            yield ("certificate", "licence"), what


def _go_on_without(data: dict[str, Any], sources: dict[str, Any]) -> Iterator[Found]:
    for index, name in enumerate(_named(data)):
        if isinstance(name, str) and name not in sources:
            known = ", ".join(str(source) for source in sources)
            yield ("gates", "go_on_without", index), f"no source {name!r} (there: {known})"


def _named(data: dict[str, Any]) -> list[Any]:
    """What ``gates.go_on_without`` names."""
    gates = data.get("gates")
    named = gates.get("go_on_without") if isinstance(gates, dict) else None
    return named if isinstance(named, list) else []


def _rights(source: Any) -> Rights | None:
    """The rights of a source, where they can be read; what cannot be is told elsewhere."""
    try:
        return Rights.model_validate(source.get("rights") if isinstance(source, dict) else None)
    except ValidationError:
        return None


def _purpose(data: dict[str, Any]) -> Purpose | None:
    task, certificate = data.get("task"), data.get("certificate")
    limits = task.get("restrictions") if isinstance(task, dict) else None
    licence = certificate.get("licence") if isinstance(certificate, dict) else None
    try:
        read = Restrictions.model_validate(limits)
    except ValidationError:
        return None
    return Purpose(read.use, licence) if isinstance(licence, str) else None
