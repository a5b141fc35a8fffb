"""``annotations/<file>``: labels and adjudications as people wrote them, checked row by row."""

from collections.abc import Sequence
from typing import Literal

import polars as pl

from dataset_pipeline.config import CsvForm
from dataset_pipeline.records import record_id
from dataset_pipeline.stages.quarantine import quarantine
from dataset_pipeline.stages.readers.csv import read_csv
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.result import StageResult

VERSION = "2"
Role = Literal["labels", "adjudications"]

ANNOTATION_SCHEMA = {
    "annotation_id": pl.String,
    "record_id": pl.String,
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


def annotation_file(
    name: str, role: Role, file: SourceFile, guidelines: dict[str, str], labels: Sequence[str]
) -> StageResult:
    """Read one file of labels or adjudications; rows in = annotations kept + rows quarantined.

    ``guidelines`` gives each guideline version its digest.
    """
    good: dict[object, dict[str, object]] = {}
    bad: list[BadRow] = []
    rows = 0
    for row in read_csv(CsvForm(), file):
        rows += 1
        problem = row if isinstance(row, BadRow) else _problem(row, role, guidelines, labels)
        if isinstance(row, Row) and problem is None:
            found = _annotation(name, row, role, guidelines)
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


def _problem(
    row: Row, role: Role, guidelines: dict[str, str], labels: Sequence[str]
) -> BadRow | None:
    needed = ["source", "key", "label", "guideline", _COLUMNS[role]["who"]]
    if missing := [name for name in needed if not row.values.get(name)]:
        return BadRow(row.file, row.line, "missing_field", f"no {', '.join(missing)}")
    if row.values["guideline"] not in guidelines:
        return BadRow(row.file, row.line, "unknown_guideline", "the config names no such guideline")
    if labels and row.values["label"] not in labels:
        return BadRow(row.file, row.line, "unknown_label", "the task has no such label")
    if str(row.values.get("uncertain") or "").lower() not in (*_TRUE, *_FALSE):
        return BadRow(row.file, row.line, "wrong_type", "uncertain is neither true nor false")
    return None


def _annotation(name: str, row: Row, role: Role, guidelines: dict[str, str]) -> dict[str, object]:
    values, columns = row.values, _COLUMNS[role]
    target = record_id(values["source"], values["key"])
    identity = f"{target}:{role}:{values[columns['who']]}"
    return {
        "annotation_id": record_id(f"annotations/{name}", identity),
        "record_id": target,
        "role": role,
        "annotator": values[columns["who"]],
        "label": values["label"],
        "uncertain": str(values.get("uncertain") or "").lower() in _TRUE,
        "guideline": values["guideline"],
        "guideline_digest": guidelines[values["guideline"]],
        "annotated_at": values.get(columns["when"]),
    }
