"""What a certificate says of a version: the predicate of its statement, from plain records."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dataset_pipeline.certify.bag import BagDigests
from dataset_pipeline.certify.completeness import Basis, Gap, completeness, gap
from dataset_pipeline.certify.content import PackageContent, attached_files
from dataset_pipeline.certify.contracts import contract_gaps, contract_result
from dataset_pipeline.certify.not_looked_for import text_gaps
from dataset_pipeline.certify.recheck import Reason
from dataset_pipeline.certify.registry import decisions, registry, registry_gaps
from dataset_pipeline.certify.unread import unread_gaps
from dataset_pipeline.store.versions import Version

RECORD_TREES_ARE_THE_PUBLISHERS = gap(
    None,
    "record proofs are about the package's records, all of them and no others",
    "only whoever has the publisher's salts can build the trees again from the package; "
    "a proof is about a prompt or a record id, not about an answer",
)
RAW_NOT_INCLUDED = gap(
    "package", "the collected files", "the package names them by SHA-256 and does not hold them"
)
ATTACHMENTS_NOT_INCLUDED = gap(
    "package",
    "the attached files",
    "records name them by SHA-256, and the package does not hold them",
)
# The sections of a certificate, and what they rest on.
_SEEN: tuple[Basis, ...] = ("observed",)
_SAID: tuple[Basis, ...] = ("declared", "observed")
SECTIONS = {
    "sources": _SAID,
    "rights": _SAID,
    "transformations": _SEEN,
    "exclusions": _SEEN,
    "annotations": _SAID,
    "distillates": _SAID,
    "splits": _SEEN,
    "leakage": _SEEN,
    "privacy": _SEEN,
    "checks": _SEEN,
    "package": _SEEN,
}
_MISSING = {
    "checks": "every check of every stage was made",
    "transformations": "by which code each stage was made",
}
Stages = Sequence[Mapping[str, Any]]


def dataset_predicate(  # noqa: PLR0913 - each is another kind of evidence
    content: PackageContent,
    version: Version,
    package: BagDigests,
    stages: Stages,
    *,
    gaps: Sequence[Gap],
    residue: Mapping[str, int],
    issued: str,
) -> dict[str, Any]:
    """The predicate (``schemas/certificate-v1.json`` tells each field).

    ``stages``: for each asset its materialization and checks, as plain values; ``gaps``:
    ``declared_gaps``; ``residue``: the counts of the last search of the splits for personal data.

    Not in it: ``records``, what a certificate commits to for record proofs (``record_tree``),
    ``time`` and ``approvals``, who may stamp and who must approve it, and ``statements``, the file
    of statements about stages.
    """
    config = content.config
    redacted = config.stages.redacted
    covered = [*redacted.entities, *redacted.patterns]
    splits = content.snapshots["splits"]
    leakage = splits.table("leakage").collect().to_dicts()
    return {
        "version": {
            "name": version.name,
            "dataset": version.dataset,
            "title": config.title,
            "content_digest": version.content,
            "day": version.day,
        },
        "issued": issued,
        "completeness": _completeness(content, gaps),
        "task": config.task.plain(),
        "sources": _sources(content, stages),
        "registry": registry(content),
        "stages": list(stages),
        "exclusions": {
            name: rules for name in content.snapshots if (rules := content.excluded_by_rule(name))
        },
        "checks": _check_counts(stages),
        "annotations": {
            "labels": content.snapshots["annotated"].rows("labels"),
            "records": content.snapshots["annotated"].rows("records"),
            "agreement": content.snapshots["annotated"].table("agreement").collect().to_dicts(),
        },
        "distillates": {
            "records": content.snapshots["distilled"].rows("records"),
            "excluded_by_rule": content.excluded_by_rule("distilled"),
        },
        "splits": _split_counts(content),
        "leakage": leakage,
        "privacy": {
            "methods": dict(content.methods),
            "modes": {name: redacted.mode_of(name) for name in covered},
            "pseudonyms": redacted.pseudonym.plain() if redacted.pseudonym else None,
            "covered": covered,
            "residue": dict(residue),
            "not_covered": content.not_covered,
        },
        "documents": dict(content.document_digests),
        "configuration": content.config.digest(),
        "package": {"files": package.payload_files, "bytes": package.payload_bytes},
        "reconstructed": False,
        "gaps": list(gaps),
    }


def declared_gaps(content: PackageContent, stages: Stages, missing: Sequence[Reason]) -> list[Gap]:
    """What the certificate does not claim. ``missing``: evidence that is not there any more."""
    whys = {name: [r.why for r in missing if r.section == name] for name in _MISSING}
    lost = [gap(name, _MISSING[name], "; ".join(why)) for name, why in whys.items() if why]
    unread = unread_gaps(content.dataset, stages)
    return [*_gaps(content), *unread, *contract_gaps(content, stages), *lost]


def _completeness(content: PackageContent, gaps: Sequence[Gap]) -> dict[str, Any]:
    """How complete each section is."""
    absent = {}
    if content.config.annotations is None:
        absent["annotations"] = "the configuration names no files of annotations"
    if not content.config.distillates:
        absent["distillates"] = "the configuration names no files of distillates"
    return completeness(SECTIONS, gaps, absent)


def _check_counts(stages: Stages) -> dict[str, int]:
    """How many checks passed, warned and failed."""
    checks = [check for stage in stages for check in stage["checks"]]
    missed = [check["blocking"] for check in checks if not check["passed"]]
    return {
        "passed": len(checks) - len(missed),
        "warned": missed.count(False),
        "failed": missed.count(True),
    }


def _sources(content: PackageContent, stages: Stages) -> list[dict[str, Any]]:
    """What each source is used by, what was decided on it, what it promised and brought."""
    decided = decisions(content)
    return [
        {
            "id": name,
            "system": source.system,
            "owner": source.owner,
            "rights": source.rights.plain(),
            "decision": decided[name],
            "contract": contract_result(content, name, stages),
            "batch": content.batches[name],
            "rows_read": content.snapshots[f"raw/{name}"].rows("records")
            + content.snapshots[f"raw/{name}"].rows("excluded"),
            "quarantined": content.snapshots[f"raw/{name}"].rows("excluded"),
        }
        for name, source in content.config.sources.items()
    ]


def _split_counts(content: PackageContent) -> dict[str, int]:
    counted = content.snapshots["splits"].records.group_by("split").len().collect()
    return {str(split): int(count) for split, count in sorted(counted.rows())}


def _attachment_gaps(content: PackageContent) -> list[Gap]:
    files = attached_files(content)
    named = files.filter(pl.col("sha256").is_null()).height
    referenced = content.config.package.attachments == "referenced"
    gaps = [ATTACHMENTS_NOT_INCLUDED] if files.height > named and referenced else []
    if named:
        why = f"{named} attachments in the splits are known by name alone: no digest, no content"
        gaps.append(gap("package", "which files are attached", why))
    return gaps


def _gaps(content: PackageContent) -> list[Gap]:
    raw_gaps = [RAW_NOT_INCLUDED] if content.config.package.raw == "referenced" else []
    gaps = [RECORD_TREES_ARE_THE_PUBLISHERS, *raw_gaps, *_attachment_gaps(content)]
    gaps += text_gaps(content.not_covered, content.config.stages.redacted.entities)
    return [*gaps, *registry_gaps(content)]
