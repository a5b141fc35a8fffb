"""``distillates/<file>``: what a model wrote, as it was handed in, with its provenance."""

from typing import Any

import polars as pl

from dataset_pipeline.config import JsonlForm
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import record_id
from dataset_pipeline.stages.quarantine import quarantine
from dataset_pipeline.stages.readers.jsonl import read_jsonl
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.result import StageResult

VERSION = "2"
PROVENANCE = ("model", "prompt", "inputs", "parameters", "filters", "review")
DISTILLATE_SCHEMA = {
    "record_id": pl.String,
    "source_id": pl.String,
    "batch_id": pl.String,
    "source_ref": pl.String,
    "generated_at": pl.String,
    "prompt": pl.String,
    "completion": pl.String,
    "label": pl.String,
    "language": pl.String,
    **{f"{name}_json": pl.String for name in PROVENANCE},
}


def distillate_file(name: str, batch_id: str, file: SourceFile) -> StageResult:
    """Read one import file; rows in = rows kept + rows quarantined.

    A row needs ``id`` and ``output``; with an ``input`` the output answers it, without one the
    output is itself what a model will read. Whether its provenance suffices is decided in
    ``distilled``. The provenance parts travel as canonical JSON, null where missing.
    """
    good: dict[str, dict[str, Any]] = {}
    bad: list[BadRow] = []
    rows = 0
    for row in read_jsonl(JsonlForm(), file):
        rows += 1
        found = row if isinstance(row, BadRow) else _distillate(name, batch_id, row)
        if isinstance(found, BadRow):
            bad.append(found)
        elif found["record_id"] in good:
            bad.append(BadRow(row.file, row.line, "duplicate_key", "the id stands already"))
        else:
            good[found["record_id"]] = found
    return StageResult(
        kept=pl.LazyFrame(list(good.values()), schema=DISTILLATE_SCHEMA),
        excluded=quarantine(f"distillates/{name}", bad).lazy(),
        metrics={"rows": float(rows), "quarantined_share": len(bad) / max(rows, 1)},
    )


def _distillate(name: str, batch_id: str, row: Row) -> dict[str, Any] | BadRow:
    values = row.values
    wrong = [
        field
        for field in ("id", "input", "output", "label", "language", "generated_at")
        if not isinstance(values.get(field), str | None) or _broken(values.get(field))
    ]
    if wrong:
        reason = f"expected sound text in {', '.join(wrong)}"
        return BadRow(row.file, row.line, "wrong_type", reason)
    if not values.get("id") or not values.get("output"):
        return BadRow(row.file, row.line, "missing_field", "expected id and output")
    source = f"distillates/{name}"
    try:
        parts = {f"{part}_json": _json(values.get(part)) for part in PROVENANCE}
    except (ValueError, TypeError, RecursionError):
        return BadRow(row.file, row.line, "wrong_type", "the provenance is not plain JSON")
    return {
        "record_id": record_id(source, values["id"]),
        "source_id": source,
        "batch_id": batch_id,
        "source_ref": row.ref,
        "generated_at": values.get("generated_at"),
        "prompt": values.get("input") or values["output"],
        "completion": values["output"] if values.get("input") else None,
        "label": values.get("label"),
        "language": values.get("language"),
        **parts,
    }


def _broken(text: str | None) -> bool:
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        return True
    return False


def _json(value: Any) -> str | None:
    return None if value in (None, "", [], {}) else canonical_json(value).decode()
