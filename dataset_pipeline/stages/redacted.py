"""``redacted``: personal data and secrets replaced in every field; a second scan proves it."""

from collections.abc import Mapping
from functools import partial
from typing import Literal

import polars as pl

from dataset_pipeline.config import Redacted
from dataset_pipeline.records import exclusions
from dataset_pipeline.stages.evidence import Evidence, found_here
from dataset_pipeline.stages.redaction.apply import redact, residue, scopes_of
from dataset_pipeline.stages.redaction.plan import Plan, plan_of
from dataset_pipeline.stages.redaction.review import review, unusual
from dataset_pipeline.stages.redaction.scan import remembering
from dataset_pipeline.stages.result import StageResult, Whole
from dataset_pipeline.stages.spread import Spread, here
from dataset_pipeline.stages.texts import changed, texts_of, with_texts

VERSION = "7"
# Both say that a record is fit for no split.
RULES = frozenset({"residue", "nothing_but_personal_data"})


def redacted(
    records: pl.LazyFrame,
    policy: Redacted,
    spread: Spread = here,
    evidence: Evidence | None = None,
    *,
    key: bytes | None = None,
) -> StageResult:
    """Replace what is found as the policy says, then look again: a record with residue is out.

    Table ``findings`` counts what went, ``stayed`` what the policy keeps, by record, field and
    entity; ``review`` says where people should look, for which ``unusual`` holds what texts have by
    hashes; ``pseudonyms`` by which key's epoch they were
    made, and the key's check value. None holds a value. ``key``: of pseudonyms; raises
    KeyMissingError where the policy needs one.
    """
    frame = records.collect()
    plan = plan_of(policy, key)
    ask = remembering(evidence or partial(found_here, spread=spread))
    before = texts_of(frame, everything=True)
    done = redact(before, plan, ask, scopes_of(frame, policy.number_within))
    touched = changed(before, done.texts)
    result = with_texts(frame, done.texts).with_columns(
        pl.when(pl.col("record_id").is_in(touched.implode()))
        .then(pl.lit("transformed", frame.schema["origin"]))
        .otherwise("origin")
        .alias("origin")
    )
    final = texts_of(result, everything=True)
    left = residue(final, plan, ask)
    dirty = left.group_by("record_id").agg(pl.col("entity").unique().sort().str.join(","))
    kept = result.join(dirty, on="record_id", how="anti", maintain_order="left")
    emptied = kept.filter(~pl.col("prompt").str.contains(r"\S"))
    kept = kept.join(emptied, on="record_id", how="anti", maintain_order="left")
    residual = exclusions(
        result.lazy().join(dirty.lazy(), on="record_id", how="inner"),
        rule=pl.lit("residue"),
        reason=pl.lit("personal data is left after masking"),
        entities=pl.col("entity"),
    )
    nothing = exclusions(
        emptied.lazy(),
        rule=pl.lit("nothing_but_personal_data"),
        reason=pl.lit("no text is left without its personal data"),
    )
    clean = final.join(kept, on="record_id", how="semi", maintain_order="left")
    excluded = pl.concat([residual, nothing])
    found = {
        "findings": done.gone,
        "stayed": done.kept,
        "unusual": unusual(clean, policy.review, plan.markers),
    }
    everything = {name: table.lazy() for name, table in found.items()}
    told = whole({**everything, "records": kept.lazy(), "excluded": excluded}, policy, plan)
    return StageResult(kept.lazy(), excluded, told.metrics, {**found, **told.tables})


def unit(policy: Redacted) -> Literal["record_id", "group_id"]:
    """The column that names what must be looked at together: numbers may run through a thread."""
    return "group_id" if policy.number_within == "thread" else "record_id"


def whole(tables: Mapping[str, pl.LazyFrame], policy: Redacted, plan: Plan) -> Whole:
    """What is told of all records together."""
    gone, stayed, seen = pl.collect_all(
        [tables[name] for name in ("findings", "stayed", "unusual")]
    )
    residue_left = tables["excluded"].filter(pl.col("rule") == "residue").select(pl.len())
    metrics = {
        **{f"masked_{name.lower()}": float(n) for name, n in _totals(gone)},
        **{f"kept_{name.lower()}": float(n) for name, n in _totals(stayed)},
        "residue": float(residue_left.collect().item()),
    }
    told = review(tables["records"], seen, policy.review)
    return Whole(metrics, {"review": told, "pseudonyms": _keys(plan)})


def _keys(plan: Plan) -> pl.DataFrame:
    """The epoch of pseudonyms and what tells its key from others; nothing without pseudonyms."""
    rows = [(plan.epoch, plan.key_check)] if plan.key_check else []
    return pl.DataFrame(rows, schema={"epoch": pl.String, "check": pl.String}, orient="row")


def _totals(findings: pl.DataFrame) -> list[tuple[str, int]]:
    return findings.group_by("entity").agg(pl.col("count").sum()).sort("entity").rows()
