"""``distilled``: what a model wrote, if it says from what, by which model, and who let it pass."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import polars as pl

from dataset_pipeline.config import Deduplicated, Distilled, Normalized, Redacted
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import EXCLUSION_SCHEMA, RECORD_SCHEMA, record_id
from dataset_pipeline.stages.clean import EXAMPLE_RULE, example_matches
from dataset_pipeline.stages.copies.similarity import matches, near_pairs
from dataset_pipeline.stages.distillate_files import PROVENANCE
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.normalized import uniform
from dataset_pipeline.stages.redaction.apply import FINDINGS_SCHEMA, redact, residue, scopes_of
from dataset_pipeline.stages.redaction.plan import Plan, plan_of
from dataset_pipeline.stages.redaction.scan import remembering
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.spread import Spread, here
from dataset_pipeline.stages.texts import comparison_text, texts_of, with_texts

VERSION = "3"
_NAME = re.compile(r"[A-Za-z][\w./-]{0,99}", re.ASCII)
Verdict = tuple[str, str, dict[str, Any]]
PROVENANCE_SCHEMA = {
    "record_id": pl.String,
    **dict.fromkeys(PROVENANCE, pl.String),
    "prompt_digest": pl.String,
    "generated_at": pl.String,
}


@dataclass(frozen=True)
class Policies:
    """What the stage decides by: its own policy, and those that model-made text must meet too."""

    distilled: Distilled
    normalized: Normalized
    redacted: Redacted
    compared: Deduplicated


def distilled(  # noqa: PLR0913  what a stage decides by
    rows: pl.LazyFrame,
    clean: pl.LazyFrame,
    prompts: Mapping[str, str],
    examples: Sequence[Mapping[str, Any]],
    policies: Policies,
    *,
    spread: Spread = here,
    key: bytes | None = None,
) -> StageResult:
    """Turn imported rows (``DISTILLATE_SCHEMA``) into records of origin ``model_generated``.

    ``prompts`` gives each declared prompt template its digest. Each record names its parents, which
    must be train records of ``clean``, and is one generation deeper. Text is normalized, masked and
    compared with ``clean`` and the handwritten task ``examples`` as any other. Table
    ``provenance``: what each kept record came with. ``key``: of pseudonyms.
    """
    imported = rows.collect()
    known = clean.collect()
    records = [_record(row, known_parents) for row, known_parents in _with_parents(imported, known)]
    frame = _uniform(pl.DataFrame(records, schema=RECORD_SCHEMA), policies.normalized)
    frame, findings, dirty = _redacted(frame, plan_of(policies.redacted, key), policies, spread)
    verdicts = {
        **_copies(frame, known, policies.compared),
        **_example_copies(frame, examples, policies.compared),
        **_too_short(frame, policies.distilled),
        **{key: ("residue", "personal data is left after masking", {}) for key in dirty},
        **_provenance_verdicts(imported, known, prompts, policies.distilled),
    }
    verdicts |= _repeats(frame, verdicts, policies.compared, spread)
    out = pl.Series(list(verdicts), dtype=pl.String)
    kept = frame.filter(~pl.col("record_id").is_in(out.implode()))
    tables = {
        "findings": findings,
        "provenance": _provenance(imported, kept, prompts),
    }
    return StageResult(
        kept.lazy(), _excluded(verdicts), {"imported": float(imported.height)}, tables
    )


def _with_parents(
    imported: pl.DataFrame, known: pl.DataFrame
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    parents = {
        row["record_id"]: row
        for row in known.select("record_id", "group_id", "generation", "split").iter_rows(
            named=True
        )
    }
    return [
        (row, [parents[key] for key in _input_ids(row) or [] if key in parents])
        for row in imported.iter_rows(named=True)
    ]


def _input_ids(row: Mapping[str, Any]) -> list[str] | None:
    """Record ids of the inputs, or None when they are not written as source and key."""
    inputs = json.loads(row["inputs_json"] or "[]")
    if not isinstance(inputs, list):
        return None
    pairs = [
        (i.get("source"), i.get("key")) if isinstance(i, dict) else (None, None) for i in inputs
    ]
    if not all(isinstance(part, str) for pair in pairs for part in pair):
        return None
    return [record_id(str(source), str(key)) for source, key in pairs]


def _record(row: Mapping[str, Any], parents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    model = json.loads(row["model_json"] or "{}")
    named = [model.get("name"), model.get("version")] if isinstance(model, dict) else []
    return {
        "record_id": row["record_id"],
        "source_id": row["source_id"],
        "batch_id": row["batch_id"],
        "source_ref": row["source_ref"],
        "origin": "model_generated",
        "parents": sorted(parent["record_id"] for parent in parents),
        "generation": 1 + max((parent["generation"] for parent in parents), default=0),
        "group_id": min((p["group_id"] for p in parents), default=row["record_id"]),
        "event_time": _time(row["generated_at"]),
        "prompt": row["prompt"],
        "context": [],
        "completion": row["completion"],
        "rejected": None,
        "label": row["label"],
        "language": row["language"],
        "attributes": [{"key": "model", "value": " ".join(str(part) for part in named if part)}],
        "split": "train",
    }


def _time(text: str | None) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text or "")
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _uniform(frame: pl.DataFrame, policy: Normalized) -> pl.DataFrame:
    texts = texts_of(frame)
    return with_texts(frame, texts.with_columns(uniform(texts["text"], policy)))


def _redacted(
    frame: pl.DataFrame, plan: Plan, policies: Policies, spread: Spread
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """The records without personal data, what went, and the ids of those that still hold some."""
    if frame.is_empty():
        return frame, pl.DataFrame(schema=FINDINGS_SCHEMA), []
    ask = remembering(partial(found_here, spread=spread))
    scopes = scopes_of(frame, policies.redacted.number_within)
    done = redact(texts_of(frame, everything=True), plan, ask, scopes)
    left = residue(done.texts, plan, ask)["record_id"].unique().sort()
    return with_texts(frame, done.texts), done.gone, left.to_list()


def _provenance_verdicts(
    imported: pl.DataFrame, known: pl.DataFrame, prompts: Mapping[str, str], policy: Distilled
) -> dict[str, Verdict]:
    splits = dict(known.select("record_id", pl.col("split").cast(pl.String)).iter_rows())
    verdicts = (
        (row["record_id"], _verdict(row, splits, prompts, policy))
        for row in imported.iter_rows(named=True)
    )
    return {key: verdict for key, verdict in verdicts if verdict}


def _verdict(
    row: Mapping[str, Any], splits: Mapping[str, str], prompts: Mapping[str, str], policy: Distilled
) -> Verdict | None:
    missing = [name for name in policy.require if not _says(row, name)]
    if missing:
        return ("missing_provenance", "it does not say how it was made", {"missing": missing})
    template = _part(row, "prompt").get("template")
    if "prompt" in policy.require and template not in prompts:
        shown = _named(template=template)
        return ("unknown_prompt", "the config names no such prompt template", shown)
    filters = json.loads(row["filters_json"] or "[]")
    told = [item if isinstance(item, dict) else {} for item in filters]
    failed = [
        _named(name=item.get("name")).get("name", f"filter {place}")
        for place, item in enumerate(told, start=1)
        if item.get("passed") is not True
    ]
    if failed:
        return ("filter_failed", "a filter turned it down", {"filters": failed})
    review = _part(row, "review")
    if "review" in policy.require and review.get("decision") != "accepted":
        shown = _named(decision=review.get("decision"), guideline=review.get("guideline"))
        return ("review_rejected", "the review did not accept it", shown)
    return _input_verdict(row, splits)


def _named(**parts: Any) -> dict[str, str]:
    """Those parts of the provenance that are plain names: evidence holds nobody's sentences."""
    return {k: v for k, v in parts.items() if isinstance(v, str) and _NAME.fullmatch(v)}


def _says(row: Mapping[str, Any], name: str) -> bool:
    """Whether a part of the provenance is there, in the form that it must have."""
    value = json.loads(row[f"{name}_json"] or "null")
    needed = {"model": "name", "prompt": "template", "review": "decision"}
    if name in needed:
        return isinstance(value, dict) and isinstance(value.get(needed[name]), str)
    return isinstance(value, dict if name == "parameters" else list)


def _input_verdict(row: Mapping[str, Any], splits: Mapping[str, str]) -> Verdict | None:
    inputs = _input_ids(row)
    if inputs is None:
        return ("missing_provenance", "inputs are not source and key", {"missing": ["inputs"]})
    if unknown := [key for key in inputs if key not in splits]:
        return ("unknown_input", "an input is not among the clean records", {"inputs": unknown})
    if held := [key for key in inputs if splits[key] != "train"]:
        return ("held_out_input", "an input is held out", {"inputs": held})
    if not inputs:
        return ("missing_provenance", "it names no input", {"missing": ["inputs"]})
    return None


def _part(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = json.loads(row[f"{name}_json"] or "{}")
    return value if isinstance(value, dict) else {}


def _copies(frame: pl.DataFrame, known: pl.DataFrame, compared: Deduplicated) -> dict[str, Verdict]:
    """Distillates that repeat a held-out or a train record."""
    text = comparison_text(list(compared.compare))
    splits = dict(known.select("record_id", pl.col("split").cast(pl.String)).iter_rows())
    found = matches(
        dict(frame.select("record_id", text.alias("text")).drop_nulls().iter_rows()),
        dict(known.select("record_id", text.alias("text")).drop_nulls().iter_rows()),
        size=compared.shingle_characters,
        threshold=compared.threshold,
    )
    verdicts: dict[str, Verdict] = {}
    for mine, other, similarity in found.sort("similarity", "right").iter_rows():
        measure = round(similarity, 6)
        held = splits[other] != "train"
        if held:
            reason = "almost the same text as a held-out record"
            verdicts[mine] = ("held_out_overlap", reason, {"held_out": other, "overlap": measure})
        elif verdicts.get(mine, ("",))[0] != "held_out_overlap":
            reason = "almost the same text as a clean record"
            shown = {"kept": other, "similarity": measure}
            verdicts[mine] = ("copy_of_clean_record", reason, shown)
    return verdicts


def _example_copies(
    frame: pl.DataFrame, examples: Sequence[Mapping[str, Any]], compared: Deduplicated
) -> dict[str, Verdict]:
    prompts = frame.select("record_id", comparison_text(["prompt"]).alias("prompt"))
    found = example_matches(prompts, examples, compared).sort("overlap", "held_out")
    reason = "almost the same text as a handwritten task example"
    return {
        key: (EXAMPLE_RULE, reason, {"held_out": example, "overlap": round(overlap, 6)})
        for key, example, overlap in found.select("record_id", "held_out", "overlap").iter_rows()
    }


def _too_short(frame: pl.DataFrame, policy: Distilled) -> dict[str, Verdict]:
    """Texts of which normalization has left too little."""
    length = pl.col("prompt").str.len_chars()
    least = max(policy.min_characters, 1)
    short = frame.filter(length < least).select("record_id", length)
    reason = "shorter than the minimum"
    return {key: ("too_short", reason, {"characters": n}) for key, n in short.iter_rows()}


def _repeats(
    frame: pl.DataFrame, out: Mapping[str, Verdict], compared: Deduplicated, spread: Spread
) -> dict[str, Verdict]:
    """Of distillates that are near copies of one another the one with the first id is kept."""
    text = comparison_text(list(compared.compare)).alias("text")
    texts = dict(frame.select("record_id", text).drop_nulls().iter_rows())
    pairs = near_pairs(
        {key: value for key, value in texts.items() if key not in out},
        size=compared.shingle_characters,
        threshold=compared.threshold,
        permutations=compared.permutations,
        spread=spread,
    )
    verdicts: dict[str, Verdict] = {}
    for kept, copy, similarity in pairs.sort("right", "left").iter_rows():
        if kept not in verdicts and copy not in verdicts:
            shown = {"kept": kept, "similarity": round(similarity, 6)}
            verdicts[copy] = ("near_duplicate", "almost the same text as a kept record", shown)
    return verdicts


def _excluded(verdicts: Mapping[str, Verdict]) -> pl.LazyFrame:
    rows = [
        {
            "record_id": key,
            "rule": rule,
            "reason": reason,
            "evidence": canonical_json(evidence).decode(),
        }
        for key, (rule, reason, evidence) in sorted(verdicts.items())
    ]
    return pl.LazyFrame(rows, schema=EXCLUSION_SCHEMA)


def _provenance(
    imported: pl.DataFrame, kept: pl.DataFrame, prompts: Mapping[str, str]
) -> pl.DataFrame:
    mine = imported.join(kept.select("record_id"), on="record_id", how="semi")
    rows = [
        {
            "record_id": row["record_id"],
            **{name: row[f"{name}_json"] for name in PROVENANCE},
            "prompt_digest": prompts.get(str(_part(row, "prompt").get("template"))),
            "generated_at": row["generated_at"],
        }
        for row in mine.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=PROVENANCE_SCHEMA)
