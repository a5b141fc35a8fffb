"""A package's payload, by kind in separate folders: path below ``data/`` -> content.

Everything here follows from the version's content. What depends on a run (its id, its times, the
configuration of a training) is told by the certificates, which are signed beside the package.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
import yaml

from dataset_pipeline.certify.bag import Measured
from dataset_pipeline.certify.content import PackageContent, attached_files
from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.exports import write_splits
from dataset_pipeline.certify.registry import decisions
from dataset_pipeline.certify.tables import in_order, write_records, write_table
from dataset_pipeline.digests import canonical_json, digest_of
from dataset_pipeline.records import canonical_row
from dataset_pipeline.store.snapshots import Snapshot

Payload = dict[str, Path | bytes | Measured]
FOLDERS = {
    "original": "What was collected: each batch's files by SHA-256, and those that are included",
    "clean": "The records as people wrote them, cleaned",
    "annotated": "The records that people labelled",
    "distilled": "The records that a model wrote",
    "splits": "The records to train, tune and test on",
    "attachments": "Files that records name, by SHA-256",
    "exclusions": "Every record that was taken out, with rule, reason and evidence",
    "evidence": "What was found on the way: labels, agreement, clusters, personal data, leakage",
    "documentation": "Handwritten examples and other files that the configuration refers to",
    "guidelines": "What the annotators were told, and what was decided since",
    "prompts": "The prompts of the records that a model wrote",
    "configs": "The configuration",
    "policies": "What each stage decided by",
    "approvals": "By whose leave each source is used",
    "logs": "What each stage made of what it got",
    "package": "The manifest of the package that holds the data",
}  # fmt: skip
RECORDS = ("clean", "annotated", "distilled")
# What does not grow with the records, unlike the rest of the evidence.
_MEASURES = {
    "raw": ("rights",),
    "deduplicated": ("curve", "recall"),
    "clean": ("benchmarks",),
    "annotated": ("agreement",),
    "splits": ("leakage", "shares"),
}
_EVIDENCE = {
    "raw": ("attachments",),
    "normalized": ("changes",),
    "redacted": ("findings", "stayed", "pseudonyms", "review"),
    "deduplicated": ("clusters", "edges", "merged"),
    "clean": ("hits",),
    "annotated": ("labels",),
    "distilled": ("findings", "provenance"),
}


def package_payload(content: PackageContent, temporary: Path) -> Payload:
    """The whole payload; large tables are written below ``temporary``, two at a time."""
    makers = [partial(maker, content) for maker in (_splits, _evidence, _exclusions)]
    makers += [
        partial(write_records, content.snapshots[name], f"{name}/records") for name in RECORDS
    ]
    with ThreadPoolExecutor(2) as pool:
        large = list(pool.map(lambda maker: maker(temporary), makers))
    parts = (*large, documentation_payload(content), _collected(content), _attachments(content))
    return _together(parts)


def documentation_payload(content: PackageContent) -> Payload:
    """What does not grow with the records."""
    config, plain = content.config, published_config(content)
    policies = {f"policies/{name}.json": policy for name, policy in plain["stages"].items()}
    policies |= {f"policies/{name}.json": plain[name] for name in ("gates", "retention", "package")}
    lines = (canonical_json(stage) + b"\n" for stage in content.lineage())
    return _together(
        [
            {"configs/dataset.yaml": _yaml(plain)},
            {path: canonical_json(policy) for path, policy in policies.items()},
            _documents(content, "prompts", config.prompts),
            _documents(content, "guidelines", _guidelines(content)),
            _documents(content, "documentation", _others(content)),
            {"approvals/rights.json": canonical_json(_approvals(content))},
            {"original/batches.json": canonical_json(dict(content.batches))},
            {"logs/stages.jsonl": b"".join(lines)},
        ]
    )


def published_config(content: PackageContent) -> dict[str, Any]:
    """The configuration without the key of the group hash, which would undo the pseudonyms."""
    plain = content.config.content_part()
    normalized = plain["stages"]["normalized"]
    normalized["group_key"] = f"sha256:{digest_of(normalized['group_key'])}"
    return plain


def _splits(content: PackageContent, temporary: Path) -> dict[str, Path | Measured]:
    folder = temporary / "splits"
    folder.mkdir()
    formats = content.config.stages.splits.formats
    return write_splits(content.snapshots["splits"], content.config.task.type, formats, folder)


def measures(content: PackageContent, temporary: Path) -> dict[str, Path]:
    """The tables that measure a stage as a whole: agreement, recall, leakage and their like."""
    return _tables(content, _MEASURES, temporary)


def _evidence(content: PackageContent, temporary: Path) -> dict[str, Path]:
    return _tables(content, _EVIDENCE, temporary) | measures(content, temporary)


def _tables(
    content: PackageContent, named: Mapping[str, Iterable[str]], temporary: Path
) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for stage, tables in named.items():
        for table in tables:
            found = content.snapshots[stage].table(table)
            files |= write_table(found, f"evidence/{stage}-{table}", temporary)
    return files


def _exclusions(content: PackageContent, temporary: Path) -> dict[str, Path]:
    """One JSON Lines file a stage that took something out."""
    files = {}
    for name, snapshot in content.snapshots.items():
        if snapshot.rows("excluded"):
            stem = name.replace("/", "-")
            files[f"exclusions/{stem}.jsonl"] = path = temporary / f"exclusions-{stem}.jsonl"
            _write_exclusions(name, snapshot, path)
    return files


def _write_exclusions(stage: str, snapshot: Snapshot, path: Path) -> None:
    """Each as one JSON object: its evidence, which is JSON already, and then its other columns."""
    rows = in_order(snapshot.excluded.collect()).with_columns(stage=pl.lit(stage))
    rest = canonical_row(rows.drop("evidence").schema).str.slice(1)
    line = pl.concat_str(pl.lit('{"evidence":'), pl.col("evidence"), pl.lit(","), rest)
    # Lines are written as they are: no separator, no quotes, nothing to be escaped.
    rows.select(line.alias("line")).write_csv(path, include_header=False, quote_style="never")


def _documents(content: PackageContent, kind: str, named: Mapping[str, str]) -> Payload:
    """Documents by their names in the configuration."""
    return {
        f"{kind}/{name}{PurePosixPath(path).suffix}": content.documents[path]
        for name, path in named.items()
    }


def _guidelines(content: PackageContent) -> dict[str, str]:
    guided = content.config.annotations
    if guided is None:
        return {}
    return {**guided.guidelines, **({"decisions": guided.decisions} if guided.decisions else {})}


def _others(content: PackageContent) -> dict[str, str]:
    """The documents that are neither a guideline nor a prompt, by their paths."""
    taken = {*content.config.prompts.values(), *_guidelines(content).values()}
    paths = [path for path in content.documents if path not in taken]
    return {path.removesuffix(PurePosixPath(path).suffix): path for path in paths}


def _approvals(content: PackageContent) -> list[dict[str, Any]]:
    """By whose leave each source is used, and what was decided on it when it was collected."""
    decided = decisions(content)
    return [
        {"source": name, **source.rights.plain(), "decision": decided[name]}
        for name, source in content.config.sources.items()
    ]


def _collected(content: PackageContent) -> Payload:
    """The collected files, named by their SHA-256: names of others need not suit every system."""
    if content.config.package.raw == "referenced":
        return {}
    policy = "package.raw"
    return {
        f"original/files/{sha}": _copy(content, sha, policy) for sha in sorted(content.collected)
    }


def _attachments(content: PackageContent) -> Payload:
    """The named files that were collected; those that a mail brought are in their mails."""
    if content.config.package.attachments == "referenced":
        return {}
    named = set(attached_files(content)["sha256"].drop_nulls()) & content.collected
    policy = "package.attachments"
    return {f"attachments/{sha}": _copy(content, sha, policy) for sha in sorted(named)}


def _copy(content: PackageContent, sha256: str, policy: str) -> Path:
    path = content.copies(sha256)
    if not path.is_file():
        why = "is not in the raw zone any more; collect it again, or set"
        raise BagError(f"the file {sha256[:12]}… {why} {policy}: referenced")
    return path


def _together(parts: Iterable[Mapping[str, Path | bytes | Measured]]) -> Payload:
    """One payload of several; BagError when two kinds of files have one name."""
    payload: Payload = {}
    for part in parts:
        if twice := payload.keys() & part.keys():
            raise BagError(f"{min(twice)}: two files of the package have this name")
        payload |= part
    return payload


def _yaml(value: Any) -> bytes:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()
