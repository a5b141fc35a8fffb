"""The registry of sources as a certificate tells it, in the words of a public standard.

The fields, in three groups, are those of the Data & Trust Alliance's Data Provenance Standards
1.0.0 (July 2024). What this project asks for beyond them is told under ``beyond_the_standard``.
What is not declared is listed, never filled in.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataset_pipeline.certify.completeness import Gap, gap
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.config import EvidenceFile, Rights, SourceBase
from dataset_pipeline.rights.licences import NON_COMMERCIAL, OWN_TERMS

STANDARD = "Data & Trust Alliance, Data Provenance Standards"
STANDARD_VERSION = "1.0.0"
_GEOGRAPHY = "geography inclusion/exclusion"
# Fields that only some sources have; nothing is missing where they are not declared.
_WHERE_APPLICABLE = (
    "Source (if different from issuer)",
    "Date of previously issued version of the dataset",
)
Entry = dict[str, Any]


def registry(content: PackageContent) -> Entry:
    """Every source by the standard's fields, with what of them is not declared."""
    sources = content.config.sources.items()
    return {
        "standard": STANDARD,
        "standard_version": STANDARD_VERSION,
        "sources": {name: _entry(name, source) for name, source in sources},
    }


def decisions(content: PackageContent) -> dict[str, Entry]:
    """What ``raw`` decided on each source, by which evidence, and the records in and out."""
    raw = content.snapshots["raw"]
    kept = dict(raw.records.group_by("source_id").len().collect().rows())
    found = {}
    for row in raw.table("rights").collect().iter_rows(named=True):
        name = row["source"]
        arrived = content.snapshots[f"raw/{name}"].rows("records")
        found[name] = {
            "granted": row["rule"] is None,
            "rule": row["rule"],
            "reason": row["reason"],
            "decided_by": json.loads(row["evidence"]),
            "records_in": arrived,
            "records_kept": kept.get(name, 0),
            "records_excluded": arrived - kept.get(name, 0),
        }
    return found


def registry_gaps(content: PackageContent) -> list[Gap]:
    """What nobody has declared about a source, and what of its right nobody can check."""
    gaps = []
    use, raw_days = content.config.task.restrictions.use, content.config.retention.raw_days
    decided = decisions(content)
    for name, source in content.config.sources.items():
        if missing := _entry(name, source)["not_declared"]:
            what = f"not declared: {', '.join(missing)}"
            gaps.append(gap("sources", f"all that is to be known of source {name}", what))
        terms = decided[name]["decided_by"]["terms"] if decided[name]["granted"] else []
        for why in (*_uncheckable(source.rights), *_unread(terms, use)):
            gaps.append(gap("rights", f"the right to source {name}", why))
        allowed = source.rights.retention_days
        if allowed is not None and (raw_days is None or raw_days > allowed):
            why = f"it ends {allowed} days after a collection; retention.raw_days is not set so"
            claim = f"raw data of {name} is kept no longer than allowed"
            gaps.append(gap("rights", claim, why))
    return [*gaps, *_without_rights(content)]


def _without_rights(content: PackageContent) -> list[Gap]:
    """What else was brought in; a configuration declares rights of sources alone."""
    other = [
        name for name in content.snapshots if name.startswith(("annotations/", "distillates/"))
    ]
    why = "a configuration declares the rights to sources alone"
    return [gap("rights", f"the right to {name}", why) for name in other]


def _unread(terms: Sequence[str], use: str) -> Iterator[str]:
    """What a licence leaves to the judgement of whoever approved its use."""
    if OWN_TERMS in terms:
        yield "the licence has terms of its own, which only whoever approved it has read"
    if NON_COMMERCIAL in terms and use == "internal":
        yield "that this internal use is no commercial one is declared, and was not checked"


def _uncheckable(rights: Rights) -> Iterator[str]:
    evidence = rights.evidence
    if evidence is None or evidence == "":
        yield "no evidence was declared"
    elif isinstance(evidence, str):
        yield "its evidence is a reference in plain text, which nobody can check"
    elif not isinstance(evidence, EvidenceFile):
        yield f"its evidence is a page as of {evidence.retrieved}; it was not fetched again"
    elif not evidence.file.lower().endswith(".md"):
        yield f"{evidence.file} is named by its SHA-256; what it says was not read"


def _entry(name: str, source: SourceBase) -> Entry:
    entry: Entry = {"source": {}, "provenance": {}, "use": {}, "beyond_the_standard": {}}
    missing = []
    for group, field, value in _fields(name, source):
        if value in (None, "", [], {}):
            missing += [] if field in _WHERE_APPLICABLE else [field]
        else:
            entry[group][field] = value
    return {**entry, "not_declared": missing}


def _fields(name: str, source: SourceBase) -> Iterator[tuple[str, str, Any]]:
    said, rights = source.provenance.plain(), source.rights.plain()
    period = source.period.plain() if source.period else None
    yield "source", "Standards version used", STANDARD_VERSION
    yield "source", "Dataset title/name", name
    yield "source", "Unique metadata identifier", f"sha256:{source.digest()}"
    yield "source", "Metadata location", said["metadata_location"]
    yield "source", "Dataset issuer", said["issuer"]
    yield "source", "Description of the dataset", source.description
    yield "provenance", "Source metadata for dataset", said["source_metadata"]
    yield "provenance", "Source (if different from issuer)", said["origin"]
    yield "provenance", "Data origin geography", said["origin_geography"]
    yield "provenance", "Dataset issue date", said["issued"]
    previous = said["previously_issued"]
    yield "provenance", "Date of previously issued version of the dataset", previous
    yield "provenance", "Range of dates for data generation", period
    yield "provenance", "Method", said["method"]
    yield "provenance", "Data format", source.plain()["kind"]
    yield "use", "Confidentiality classification", said["confidentiality"]
    if source.rights.basis == "consent" or said["consent_documentation"]:
        yield "use", "Consent documentation location", said["consent_documentation"]
    yield "use", "Privacy enhancing technologies", said["privacy_technologies"]
    for what in ("processing", "storage"):
        bounds = {"inclusion": said[f"{what}_included"], "exclusion": said[f"{what}_excluded"]}
        told = {side: regions for side, regions in bounds.items() if regions}
        yield "use", f"Data {what} {_GEOGRAPHY}", told
    yield "use", "License to use", rights["licence"] or _terms(rights)
    yield "use", "Intended data use", said["intended_use"]
    for what in ("copyright", "patent", "trademark"):
        yield "use", f"Proprietary data presence: {what}", said[what]
    for field in ("system", "owner", "rank", "selection", "risks", "categories", "languages"):
        yield "beyond_the_standard", field, source.plain()[field]
    yield "beyond_the_standard", "rights", rights
    yield from _limits(rights)


def _terms(rights: Mapping[str, Any]) -> str | None:
    """Where the terms stand, for a right that is no licence."""
    evidence = rights["evidence"]
    if isinstance(evidence, dict):
        return str(evidence.get("file") or evidence.get("url"))
    return evidence or None


def _limits(rights: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Limits of a right that are worth knowing; ``unknown`` is not declared."""
    group, transfer = "beyond_the_standard", rights["transfer"]
    known = {name: None if answer == "unknown" else answer for name, answer in transfer.items()}
    redistribution = rights["redistribution"]
    yield group, "redistribution", None if redistribution == "unknown" else redistribution
    yield group, "transfer: regions", known["regions"]
    yield group, "transfer: contractors", known["contractors"]
    yield group, "transfer: cloud", known["cloud"]
    yield group, "retention_days", rights["retention_days"]
    yield group, "approved_by", rights["approved_by"]
    yield group, "approved_on", rights["approved_on"]
