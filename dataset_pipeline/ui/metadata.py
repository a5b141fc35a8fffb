"""What Dagster's UI shows of a materialization: counts, rules, digests; never text.

What people look at comes first and as tables; what programs read (``excluded_by_rule``,
``metrics``, ``inputs``, ``external``) stays beside it as plain mappings.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.ui.tables import SPLITS, Shown, markdown, table
from dataset_pipeline.ui.words import COLUMNS

MetadataMap = dict[str, Any]
_BY_HAND = "without this code: `VERIFY.md` in the package says how."


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
        "computation": "unchanged: the stored result was used" if reused else "computed",
        "records_in": facts["arrived"],
        "dagster/row_count": facts["kept"],
        "records_excluded": sum(excluded.values()),
        **shown_metadata(facts.get("shown", [])),
        "excluded_by_rule": dict(sorted(excluded.items())),
        "metrics": {name: float(value) for name, value in sorted(facts["metrics"].items())},
        "inputs": {name: dict(read) for name, read in inputs.items()},
        "external": dict(facts["external"]),
        "content_digest": snapshot.digest,
        "reused": reused,
        "duration_seconds": round(seconds, 3),
        "dagster/column_schema": _columns(snapshot.records),
    }


def collection_metadata(entry: Mapping[str, Any]) -> MetadataMap:
    """What a collection brought and changed; nothing for a stage that collects nothing."""
    if not entry:
        return {}
    said = f"collected {entry['at']}"
    if entry["batch"] == entry["previous"]:
        said = "unchanged: the source is what it was the time before, and nothing was collected"
    files = {f"files_{kind}": count for kind, count in entry["files"].items()}
    rows = {f"rows_{kind}": count for kind, count in entry["rows"].items()}
    return {"collection": said, "batch": entry["batch"], **files, **rows}


def certificate_metadata(predicate: Mapping[str, Any], folder: Path) -> MetadataMap:
    """What a certificate covers, what it does not, and how to check it."""
    gaps = [[gap["claim"], gap["why"]] for gap in predicate["gaps"]]
    counts = [[split, predicate["splits"].get(split, 0)] for split in SPLITS]
    return shown_metadata(
        [
            table("covers", ["split", "records"], counts),
            table("completeness", ["section", "is", "what is missing"], _sections(predicate)),
            table("not_covered", ["claim", "why it is not made"], gaps),
            markdown("verify", f"`dataset-pipeline verify {folder}`; {_BY_HAND}"),
        ]
    )


def _sections(predicate: Mapping[str, Any]) -> list[list[str]]:
    """How complete each section of a certificate is; older ones do not say."""
    told = predicate.get("completeness", {"sections": {}})["sections"]
    return [[name, part["status"], "; ".join(part["why"])] for name, part in told.items()]


def scores_metadata(metrics: Mapping[str, Mapping[str, float]]) -> MetadataMap:
    """A model's figures, a row for each set of records that it was measured on."""
    names = sorted({name for part in metrics.values() for name in part})
    rows = [
        [measured_on, *(_figure(part.get(name)) for name in names)]
        for measured_on, part in metrics.items()
    ]
    return shown_metadata([table("scores", ["measured on", *names], rows)])


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def shown_metadata(shown: Shown) -> MetadataMap:
    """Plain tables and Markdown as Dagster's metadata; of two with one name, the later."""
    return {
        value["name"]: dg.MetadataValue.md(value["markdown"])
        if "markdown" in value
        else _table(value)
        for value in shown
    }


def _table(value: Mapping[str, Any]) -> dg.TableMetadataValue:
    columns = value["columns"]
    records = [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in value["rows"]]
    types = [_type(row) for row in zip(*value["rows"], strict=True)] or ["string"] * len(columns)
    described = [dg.TableColumn(name, kind) for name, kind in zip(columns, types, strict=True)]
    return dg.MetadataValue.table(records, dg.TableSchema(described))


def _type(values: tuple[Any, ...]) -> str:
    return "int" if all(isinstance(value, int) for value in values) else "string"


def _columns(records: pl.LazyFrame) -> dg.TableSchema:
    schema = records.collect_schema()
    return dg.TableSchema(
        [dg.TableColumn(name, _kind(dtype), COLUMNS.get(name)) for name, dtype in schema.items()]
    )


def _kind(dtype: pl.DataType) -> str:
    return "Enum" if isinstance(dtype, pl.Enum) else str(dtype)
