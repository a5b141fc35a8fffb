"""What a certificate says of a version: the predicate of its statement, from plain records."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dataset_pipeline.certify.bag import BagDigests
from dataset_pipeline.certify.content import PackageContent, attached_files
from dataset_pipeline.certify.contracts import contract_gaps, contract_result
from dataset_pipeline.certify.registry import decisions, registry, registry_gaps
from dataset_pipeline.store.versions import Version

RECORD_TREES_ARE_THE_PUBLISHERS = {
    "claim": "record proofs are about the package's records, all of them and no others",
    "why": "only whoever has the publisher's salts can build the trees again from the package; "
    "a proof is about a prompt or a record id, not about an answer",
}
RAW_NOT_INCLUDED = {
    "claim": "the collected files",
    "why": "the package names them by SHA-256 and does not hold them",
}

ATTACHMENTS_NOT_INCLUDED = {
    "claim": "the attached files",
    "why": "records name them by SHA-256, and the package does not hold them",
}


def dataset_predicate(
    content: PackageContent,
    version: Version,
    package: BagDigests,
    stages: Sequence[Mapping[str, Any]],
    *,
    issued: str,
) -> dict[str, Any]:
    """The predicate. ``stages``: for each asset its materialization and checks, as plain values.

    Not in it: ``records``, what a certificate commits to for record proofs (``record_tree``), and
    ``time`` and ``approvals``, who may stamp and who must approve it.
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
        "task": config.task.plain(),
        "sources": _sources(content, stages),
        "registry": registry(content),
        "stages": list(stages),
        "annotations": {
            "labels": content.snapshots["annotated"].rows("labels"),
            "records": content.snapshots["annotated"].rows("records"),
            "agreement": content.snapshots["annotated"].table("agreement").collect().to_dicts(),
        },
        "distillates": {"records": content.snapshots["distilled"].rows("records")},
        "splits": _split_counts(content),
        "leakage": leakage,
        "privacy": {
            "methods": dict(content.methods),
            "modes": {name: redacted.mode_of(name) for name in covered},
            "pseudonyms": redacted.pseudonym.plain() if redacted.pseudonym else None,
            "covered": covered,
            "not_covered": content.not_covered,
        },
        "documents": dict(content.document_digests),
        "configuration": content.config.digest(),
        "package": {"files": package.payload_files, "bytes": package.payload_bytes},
        "reconstructed": False,
        "gaps": [*_gaps(content), *contract_gaps(content, stages)],
    }


def _sources(content: PackageContent, stages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
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


def _attachment_gaps(content: PackageContent) -> list[dict[str, str]]:
    files = attached_files(content)
    named = files.filter(pl.col("sha256").is_null()).height
    referenced = content.config.package.attachments == "referenced"
    gaps = [ATTACHMENTS_NOT_INCLUDED] if files.height > named and referenced else []
    if named:
        why = f"{named} attachments in the splits are known by name alone: no digest, no content"
        gaps.append({"claim": "which files are attached", "why": why})
    return gaps


def _gaps(content: PackageContent) -> list[dict[str, str]]:
    raw_gaps = [RAW_NOT_INCLUDED] if content.config.package.raw == "referenced" else []
    gaps = [RECORD_TREES_ARE_THE_PUBLISHERS, *raw_gaps, *_attachment_gaps(content)]
    gaps += [
        {
            "claim": f"no {entity} is left in the text",
            "why": "nothing here looks for it",
        }
        for entity in content.not_covered
    ]
    return [*gaps, *registry_gaps(content)]
