"""``redacted``: personal data and secrets masked in every field; a second scan proves it."""

import re
from collections.abc import Sequence
from functools import partial

import polars as pl

from dataset_pipeline.config import Redacted
from dataset_pipeline.records import exclusions
from dataset_pipeline.stages.file_names import file_names, without_names
from dataset_pipeline.stages.personal.recognizers import (
    Finding,
    Recognizer,
    find_all,
    recognizers,
)
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.spread import Spread, here
from dataset_pipeline.stages.texts import changed, texts_of, with_texts

VERSION = "1"
_MAX_PASSES = 4
_MARKER = re.compile(r"\[[A-Z][A-Z0-9_]*\]")
FINDINGS_SCHEMA = {
    "record_id": pl.String,
    "field": pl.String,
    "entity": pl.String,
    "count": pl.UInt32,
}


def redacted(records: pl.LazyFrame, policy: Redacted, spread: Spread = here) -> StageResult:
    """Mask each entity by one marker, then look again: a record with residue is out.

    The table ``findings`` counts what was masked by record, field and entity; it holds no value.
    """
    frame = records.collect()
    active = recognizers(policy)
    before = texts_of(frame, everything=True)
    after, findings = masked(before, active, policy.min_score, spread)
    residue = residue_of(after, active, policy.min_score, spread)
    touched = changed(before, after)
    result = with_texts(frame, after).with_columns(
        pl.when(pl.col("record_id").is_in(touched.implode()))
        .then(pl.lit("transformed", frame.schema["origin"]))
        .otherwise("origin")
        .alias("origin")
    )
    left = residue.group_by("record_id").agg(pl.col("entity").unique().sort().str.join(","))
    dirty = result.lazy().join(left.lazy(), on="record_id", how="inner")
    excluded = exclusions(
        dirty,
        rule=pl.lit("residue"),
        reason=pl.lit("personal data is left after masking"),
        entities=pl.col("entity"),
    )
    kept = result.lazy().join(left.lazy(), on="record_id", how="anti")
    metrics = {f"masked_{e.lower()}": float(n) for e, n in _totals(findings)}
    metrics["residue"] = float(left.height)
    return StageResult(kept, excluded, metrics, {"findings": findings})


def masked(
    texts: pl.DataFrame, active: Sequence[Recognizer], min_score: float, spread: Spread = here
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The texts with every finding masked, and the count of findings by record and entity.

    Masking one value may lay another bare, so a text that was masked is looked at again until
    nothing is found in it, a few times at the most. A file's name is looked at as people read it,
    too; one in which that finds anything goes as a whole.
    """
    markers = {recognizer.entity: f"[{recognizer.marker}]" for recognizer in active}
    current = texts["text"].to_list()
    ids, fields = texts["record_id"].to_list(), texts["field"].to_list()
    counts: list[tuple[str, str, str]] = []
    pending = list(range(len(current)))
    for _ in range(_MAX_PASSES):
        found = _scan([current[index] for index in pending], active, min_score, spread)
        for place, findings in found.items():
            index, chosen = pending[place], _disjoint(findings)
            current[index] = _mask(current[index], chosen, markers)
            counts += [(ids[index], fields[index], finding.entity) for finding in chosen]
        pending = [pending[place] for place in sorted(found)]
        if not pending:
            break
    result = texts.with_columns(pl.Series("text", current, pl.String))
    names = file_names(result)
    found = _scan(names["text"].to_list(), active, min_score, spread)
    counts += [
        (*names.row(index)[:2], finding.entity)
        for index, findings in found.items()
        for finding in _disjoint(findings)
    ]
    return without_names(result, names[sorted(found)]), _counted(counts)


def _counted(found: list[tuple[str, str, str]]) -> pl.DataFrame:
    keys = ["record_id", "field", "entity"]
    frame = pl.DataFrame(found, schema=dict.fromkeys(keys, pl.String), orient="row")
    return frame.group_by(keys).len("count").sort(keys).cast(FINDINGS_SCHEMA)  # type: ignore[arg-type]


def residue_of(
    texts: pl.DataFrame, active: Sequence[Recognizer], min_score: float, spread: Spread = here
) -> pl.DataFrame:
    """What the recognizers still find: record_id, entity."""
    looked_at = pl.concat(
        [texts.select("record_id", "text"), file_names(texts)["record_id", "text"]]
    )
    ids = looked_at["record_id"].to_list()
    rows = [
        {"record_id": ids[index], "entity": finding.entity}
        for index, findings in _scan(looked_at["text"].to_list(), active, min_score, spread).items()
        for finding in findings
    ]
    return pl.DataFrame(rows, schema={"record_id": pl.String, "entity": pl.String}).unique()


def _scan(
    texts: Sequence[str], active: Sequence[Recognizer], min_score: float, spread: Spread
) -> dict[int, list[Finding]]:
    """Findings by the text's index; a recognizer sees only texts that pass its gate."""
    column = pl.Series("text", texts, pl.String)
    distinct = column.unique()
    opened = (
        pl.DataFrame({"text": distinct})
        .select(
            "text",
            positions=pl.concat_list(
                pl.when(pl.col("text").str.contains(recognizer.gate)).then(pl.lit(position))
                for position, recognizer in enumerate(active)
            ).list.drop_nulls(),
        )
        .filter(pl.col("positions").list.len() > 0)
        .sort("text")
    )
    asked = list(opened.iter_rows())
    hits = spread(partial(find_all, active), asked)
    found = {
        text: sure
        for (text, _), findings in zip(asked, hits, strict=True)
        if (sure := [hit for hit in findings if hit.score >= min_score and _speaks(text, hit)])
    }
    return {index: found[text] for index, text in enumerate(texts) if text in found}


def _speaks(text: str, hit: Finding) -> bool:
    """Whether more than markers and punctuation stands there: a marker is no finding."""
    span = _MARKER.sub("", text[hit.start : hit.end])
    return any(character.isalnum() for character in span)


def _disjoint(findings: list[Finding]) -> list[Finding]:
    """Findings that do not overlap: the surer and the longer first."""
    chosen: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (-f.score, f.start - f.end, f.start, f.entity)):
        if all(finding.end <= other.start or finding.start >= other.end for other in chosen):
            chosen.append(finding)
    return sorted(chosen)


def _mask(text: str, findings: list[Finding], markers: dict[str, str]) -> str:
    parts, end = [], 0
    for finding in findings:
        parts += [text[end : finding.start], markers[finding.entity]]
        end = finding.end
    return "".join([*parts, text[end:]])


def _totals(findings: pl.DataFrame) -> list[tuple[str, int]]:
    return findings.group_by("entity").agg(pl.col("count").sum()).sort("entity").rows()
