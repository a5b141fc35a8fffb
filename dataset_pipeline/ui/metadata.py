"""What Dagster's UI shows of a materialization: counts, rules, digests; never text."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dataset_pipeline.store.snapshots import Snapshot

MetadataMap = dict[str, Any]


def stage_metadata(
    snapshot: Snapshot,
    facts: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, str]],
    *,
    reused: bool,
    seconds: float,
) -> MetadataMap:
    """Row count, columns, exclusions by rule, inputs, duration, digest."""
    excluded = facts["excluded"]
    return {
        "content_digest": snapshot.digest,
        "dagster/row_count": facts["kept"],
        "dagster/column_schema": _columns(snapshot.records),
        "records_in": facts["arrived"],
        "records_excluded": sum(excluded.values()),
        "excluded_by_rule": dict(sorted(excluded.items())),
        "metrics": {name: float(value) for name, value in sorted(facts["metrics"].items())},
        "inputs": {name: dict(read) for name, read in inputs.items()},
        "external": dict(facts["external"]),
        "reused": reused,
        "computation": "unchanged: the stored result was used" if reused else "computed",
        "duration_seconds": round(seconds, 3),
    }


def _columns(records: pl.LazyFrame) -> dg.TableSchema:
    schema = records.collect_schema()
    columns = [dg.TableColumn(name, str(dtype)) for name, dtype in schema.items()]
    return dg.TableSchema(columns)
