"""Rows that cannot be used, as exclusions: named by their place, with file and line."""

from collections.abc import Iterable

import polars as pl

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import EXCLUSION_SCHEMA, record_id
from dataset_pipeline.stages.readers.rows import BadRow


def quarantine(source_id: str, rows: Iterable[BadRow]) -> pl.LazyFrame:
    """One exclusion for each row; its id is a hash of where the row stands."""
    table = [
        {
            "record_id": record_id(source_id, f"quarantine:{row.ref}"),
            "rule": row.rule,
            "reason": row.reason,
            "evidence": canonical_json(
                {"file": row.file, "line": row.line, **row.evidence}
            ).decode(),
        }
        for row in rows
    ]
    return pl.LazyFrame(table, schema=EXCLUSION_SCHEMA)
