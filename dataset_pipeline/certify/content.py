"""All that a version is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.config import NOT_COVERED, DatasetConfig
from dataset_pipeline.digests import digest_of
from dataset_pipeline.store.snapshots import Snapshot


@dataclass(frozen=True)
class PackageContent:
    """All that a version is made of; its digest is what the version names.

    ``snapshots``: every stage's output by name (``raw/crm``, ``clean``, …); ``batches``: what
    each collection brought (files with SHA-256, rights), by source; ``documents``: the files that
    are certified beside the records, by path below the dataset's folder; ``methods``: how each kind
    of personal data was looked for; ``copies`` gives the place of a collected file by its SHA-256.
    """

    dataset: str
    config: DatasetConfig
    snapshots: Mapping[str, Snapshot]
    batches: Mapping[str, Mapping[str, Any]]
    documents: Mapping[str, Path]
    document_digests: Mapping[str, str]
    methods: Mapping[str, str]
    copies: Callable[[str], Path]

    @property
    def digest(self) -> str:
        """64 hex over every stage's content, the configuration and the documents."""
        return digest_of(
            {
                "dataset": self.dataset,
                "config": self.config.content_part(),
                "snapshots": {name: item.digest for name, item in self.snapshots.items()},
                "documents": dict(self.document_digests),
            }
        )

    @property
    def collected(self) -> set[str]:
        """SHA-256 of every collected file."""
        return {file["sha256"] for batch in self.batches.values() for file in batch["files"]}

    @property
    def not_covered(self) -> list[str]:
        """Kinds of personal data that nothing looked for."""
        return sorted(name for name, method in self.methods.items() if method == NOT_COVERED)

    def lineage(self) -> list[dict[str, Any]]:
        """Each stage: its tables with rows and digests, and what it took out, by rule.

        No times and no runs: what depends on a run would make two packages of the same content
        differ. The certificate tells these (``predicate.stages``).
        """
        return [
            {
                "stage": name,
                "snapshot": item.digest,
                "tables": {
                    table: {"rows": entry["rows"], "digest": entry["digest"]}
                    for table, entry in sorted(item.manifest["tables"].items())
                },
                "excluded_by_rule": self.excluded_by_rule(name),
            }
            for name, item in sorted(self.snapshots.items())
        ]

    def excluded_by_rule(self, stage: str) -> dict[str, int]:
        """How many records a stage took out, by rule."""
        snapshot = self.snapshots[stage]
        if not snapshot.rows("excluded"):
            return {}
        return dict(snapshot.excluded.group_by("rule").len().sort("rule").collect().rows())


def attached_files(content: PackageContent) -> pl.DataFrame:
    """The attachments of the records in the splits: name, SHA-256, media type, bytes."""
    records = content.snapshots["splits"].records.filter(pl.col("attachments").list.len() > 0)
    return records.select(pl.col("attachments").explode().struct.unnest()).collect()
