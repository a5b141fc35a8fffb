"""``annotations/<file>``: labels and adjudications as people wrote them, checked row by row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from dataset_pipeline.config import CsvForm
from dataset_pipeline.records import record_id
from dataset_pipeline.stages.quarantine import quarantine
from dataset_pipeline.stages.readers.csv import read_csv
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.result import StageResult

VERSION = "3"
Role = Literal["labels", "adjudications"]

ANNOTATION_SCHEMA = {
    "annotation_id": pl.String,
    "record_id": pl.String,
    "source_id": pl.String,
    "source_ref": pl.String,
    "role": pl.String,
    "annotator": pl.String,
    "label": pl.String,
    "uncertain": pl.Boolean,
    "guideline": pl.String,
    "guideline_digest": pl.String,
    "annotated_at": pl.String,
}
_COLUMNS: dict[Role, dict[str, str]] = {
    "labels": {"who": "annotator", "when": "annotated_at"},
    "adjudications": {"who": "adjudicator", "when": "decided_at"},
}
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no", "")


@dataclass(frozen=True)
class Declared:
    """What the config names: each guideline version with its digest, the labels, the sources."""

    guidelines: Mapping[str, str]
    labels: Collection[str]
    sources: Collection[str]


def annotation_file(name: str, role: Role, file: SourceFile, declared: Declared) -> StageResult:
    """Read one file of labels or adjudications; rows in = annotations kept + rows quarantined.

    Whether the record that a row names is there is decided in ``annotated``.
    """
    good: dict[object, dict[str, object]] = {}
    bad: list[BadRow] = []
    rows = 0
    for row in read_csv(CsvForm(), file):
        rows += 1
        problem = row if isinstance(row, BadRow) else _problem(row, role, declared)
        if isinstance(row, Row) and problem is None:
            found = _annotation(name, row, role, declared)
            if found["annotation_id"] in good:
                problem = BadRow(row.file, row.line, "duplicate_key", "labelled twice by the same")
            else:
                good[found["annotation_id"]] = found
        if problem:
            bad.append(problem)
    return StageResult(
        kept=pl.LazyFrame(list(good.values()), schema=ANNOTATION_SCHEMA),
        excluded=quarantine(f"annotations/{name}", bad).lazy(),
        metrics={"rows": float(rows), "quarantined_share": len(bad) / max(rows, 1)},
    )


def _problem(row: Row, role: Role, declared: Declared) -> BadRow | None:
    needed = ["source", "key", "label", "guideline", _COLUMNS[role]["who"]]
    if missing := [name for name in needed if not row.values.get(name)]:
        return BadRow(row.file, row.line, "missing_field", f"no {', '.join(missing)}")
    if row.values["guideline"] not in declared.guidelines:
        shown = _unnamed("guideline", row, declared.guidelines)
        reason = "the config names no such guideline"
        return BadRow(row.file, row.line, "unknown_guideline", reason, shown)
    if declared.labels and row.values["label"] not in declared.labels:
        shown = _unnamed("label", row, declared.labels)
        return BadRow(row.file, row.line, "unknown_label", "the task has no such label", shown)
    if str(row.values.get("uncertain") or "").lower() not in (*_TRUE, *_FALSE):
        return BadRow(row.file, row.line, "wrong_type", "uncertain is neither true nor false")
    return None


def _unnamed(field: str, row: Row, known: Collection[str]) -> dict[str, object]:
    """What can be shown of a value that is none of those known: it may hold anything."""
    return {"field": field, "characters": len(row.values[field]), "allowed": len(known)}


def _annotation(name: str, row: Row, role: Role, declared: Declared) -> dict[str, object]:
    """A row as an annotation; a source that the config does not name is left out."""
    values, columns = row.values, _COLUMNS[role]
    target = record_id(values["source"], values["key"])
    identity = f"{target}:{role}:{values[columns['who']]}"
    return {
        "annotation_id": record_id(f"annotations/{name}", identity),
        "record_id": target,
        "source_id": values["source"] if values["source"] in declared.sources else None,
        "source_ref": row.ref,
        "role": role,
        "annotator": values[columns["who"]],
        "label": values["label"],
        "uncertain": str(values.get("uncertain") or "").lower() in _TRUE,
        "guideline": values["guideline"],
        "guideline_digest": declared.guidelines[values["guideline"]],
        "annotated_at": values.get(columns["when"]),
    }
