"""``curated``: original, annotated and model-made records as one, within the policy's bounds."""

import math
from collections.abc import Sequence

import polars as pl

from dataset_pipeline.config import Curated, Task
from dataset_pipeline.records import exclusions
from dataset_pipeline.stages.result import StageResult

VERSION = "2"
_REASONS = {
    "unlabelled": "the task needs a label, and the record has none that counts",
    "unknown_label": "the task has no such label",
    "no_completion": "the task needs an answer, and the record has none",
    "no_rejected": "the task needs a rejected answer, and the record has none",
    "synthetic_cap": "model-made records would exceed their share of train",
}


def arriving(
    clean: pl.LazyFrame,
    annotated: pl.LazyFrame,
    annotated_out: pl.LazyFrame,
    distilled: pl.LazyFrame,
) -> pl.LazyFrame:
    """What reaches this stage: what people labelled in place of the record that they labelled.

    A record that ``annotated`` took out (``annotated_out``) does not come back by the side door.
    """
    taken = pl.concat([annotated.select("record_id"), annotated_out.select("record_id")])
    untouched = clean.join(taken, on="record_id", how="anti")
    return pl.concat([untouched, annotated, distilled])


def curated(records: pl.LazyFrame, policy: Curated, task: Task) -> StageResult:
    """Take out what the task cannot use, then cap the share of model-made records in train."""
    frame = records.with_columns(_unusable(policy, task).alias("rule")).collect()
    usable = frame.filter(pl.col("rule").is_null())
    capped = _over_the_cap(usable, policy.max_synthetic_share)
    decided = frame.with_columns(
        pl.when(pl.col("record_id").is_in(capped.implode()))
        .then(pl.lit("synthetic_cap"))
        .otherwise("rule")
        .alias("rule")
    ).lazy()
    out = decided.filter(pl.col("rule").is_not_null())
    unknown = pl.col("rule") == "unknown_label"
    excluded = [
        _excluded(out.filter(~unknown)),
        _excluded(out.filter(unknown), **_unknown_label(task.labels)),
    ]
    kept = decided.filter(pl.col("rule").is_null()).drop("rule")
    return StageResult(kept, pl.concat(excluded), {"synthetic_share": _share(usable, capped)})


def _excluded(out: pl.LazyFrame, **evidence: pl.Expr) -> pl.LazyFrame:
    reason = pl.col("rule").replace_strict(_REASONS, return_dtype=pl.String)
    origin = pl.col("origin").cast(pl.String)
    return exclusions(out, rule=pl.col("rule"), reason=reason, origin=origin, **evidence)


def _unknown_label(labels: Sequence[str]) -> dict[str, pl.Expr]:
    """What can be shown of a label that is none of the task's: it may hold anything."""
    characters = pl.col("label").str.len_chars()
    return {"field": pl.lit("label"), "characters": characters, "allowed": pl.lit(len(labels))}


def _unusable(policy: Curated, task: Task) -> pl.Expr:
    """The rule by which the task cannot use a record, or null."""
    nothing = pl.lit(None, pl.String)
    if task.type == "classification":
        from_source = pl.col("origin").is_in(["original", "transformed"])
        refused = from_source if not policy.accept_source_labels else pl.lit(value=False)
        return (
            pl.when(pl.col("label").is_null() | refused)
            .then(pl.lit("unlabelled"))
            .when(~pl.col("label").is_in(task.labels))
            .then(pl.lit("unknown_label"))
            .otherwise(nothing)
        )
    if task.type in ("chat", "preference"):
        missing = pl.when(pl.col("completion").is_null()).then(pl.lit("no_completion"))
        if task.type == "chat":
            return missing.otherwise(nothing)
        return missing.when(pl.col("rejected").is_null()).then(pl.lit("no_rejected"))
    return nothing


def _synthetic(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("generation") > 0)


def _over_the_cap(usable: pl.DataFrame, cap: float) -> pl.Series:
    """Model-made train records beyond the cap, in the order of their ids (hashes: a fair draw)."""
    train = usable.filter(pl.col("split") == "train")
    made = _synthetic(train)["record_id"].sort()
    natural = train.height - len(made)
    allowed = len(made) if cap >= 1 else math.floor(natural * cap / (1 - cap) + 1e-9)
    return made.slice(allowed)


def _share(usable: pl.DataFrame, capped: pl.Series) -> float:
    train = usable.filter(pl.col("split") == "train")
    made = _synthetic(train).height - len(capped)
    return made / max(train.height - len(capped), 1)
