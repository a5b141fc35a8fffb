"""What goes into a version's package, by kind in separate folders."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dataset_pipeline.certify.bag import BagDigests, write_bag
from dataset_pipeline.certify.card import dataset_card
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.exports import write_splits
from dataset_pipeline.certify.tables import write_records, write_table
from dataset_pipeline.certify.verify_md import verify_instructions
from dataset_pipeline.digests import canonical_json, digest_of
from dataset_pipeline.store.versions import Version

SOFTWARE = "dataset_pipeline"
_RECORD_FOLDERS = ("clean", "annotated", "distilled")
_EVIDENCE = {
    "raw": ("attachments",),
    "normalized": ("changes",),
    "redacted": ("findings", "stayed", "pseudonyms", "review"),
    "deduplicated": ("clusters", "edges", "merged", "curve", "recall"),
    "clean": ("hits", "benchmarks"),
    "annotated": ("labels", "agreement"),
    "distilled": ("findings", "provenance"),
    "splits": ("leakage", "shares"),
}


def write_package(
    content: PackageContent, version: Version, destination: Path, temporary: Path
) -> BagDigests:
    """Write the package of a version: the same content and name give the same bytes.

    ``temporary`` is an empty folder for what has to lie on disk meanwhile.
    """
    payload: dict[str, Path | bytes] = {
        **_splits(content, temporary),
        **_records(content, temporary),
        **_exclusions(content),
        **_evidence(content, temporary),
        **{f"documentation/{path}": file for path, file in content.documents.items()},
        "configs/dataset.yaml": _yaml(_published_config(content)),
        "original/batches.json": canonical_json(dict(content.batches)),
        "lineage.json": canonical_json(content.lineage()),
    }
    tags = {
        "README.md": dataset_card(content, version).encode(),
        "VERIFY.md": verify_instructions(version.name),
    }
    info = [
        ("Bag-Software-Agent", SOFTWARE),
        ("Bagging-Date", version.day),
        ("External-Identifier", version.name),
        ("Internal-Sender-Identifier", content.digest),
        ("Internal-Sender-Description", " ".join(content.config.description.split())),
    ]
    destination.parent.mkdir(parents=True, exist_ok=True)
    return write_bag(destination, version.name, payload, tags, info)


def _published_config(content: PackageContent) -> dict[str, Any]:
    """The configuration without the key of the group hash, which would undo the pseudonyms."""
    plain = content.config.content_part()
    normalized = plain["stages"]["normalized"]
    normalized["group_key"] = f"sha256:{digest_of(normalized['group_key'])}"
    return plain


def _splits(content: PackageContent, temporary: Path) -> dict[str, Path]:
    folder = temporary / "splits"
    folder.mkdir()
    formats = content.config.stages.splits.formats
    return write_splits(content.snapshots["splits"], content.config.task.type, formats, folder)


def _records(content: PackageContent, temporary: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for name in _RECORD_FOLDERS:
        files |= write_records(content.snapshots[name], f"{name}/records", temporary)
    return files


def _evidence(content: PackageContent, temporary: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for stage, tables in _EVIDENCE.items():
        for table in tables:
            found = content.snapshots[stage].table(table)
            files |= write_table(found, f"evidence/{stage}-{table}", temporary)
    return files


def _exclusions(content: PackageContent) -> dict[str, Path | bytes]:
    """One JSON Lines file a stage that took something out."""
    files: dict[str, Path | bytes] = {}
    for name, snapshot in content.snapshots.items():
        if snapshot.rows("excluded"):
            rows = snapshot.excluded.sort("record_id", "rule").collect().to_dicts()
            lines = (canonical_json(_exclusion(name, row)) + b"\n" for row in rows)
            files[f"exclusions/{name.replace('/', '-')}.jsonl"] = b"".join(lines)
    return files


def _exclusion(stage: str, row: Mapping[str, str]) -> dict[str, Any]:
    return {"stage": stage, **row, "evidence": json.loads(row["evidence"])}


def _yaml(value: Any) -> bytes:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()
