"""``raw``: all sources as one, without those whose rights do not allow training."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import empty_records, exclusions, no_exclusions
from dataset_pipeline.stages.attachments import resolved
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.rights import CATEGORY, RightsDecision, plain

VERSION = "3"
ATTRIBUTE = "category"
WITHOUT_TEXT = "file_without_text"
DECISIONS = {"source": pl.String, "rule": pl.String, "reason": pl.String, "evidence": pl.String}


def raw(
    collected: Mapping[str, pl.LazyFrame],
    decisions: Mapping[str, RightsDecision],
    forbidden_categories: Collection[str] = (),
    catalogues: Collection[str] = (),
) -> StageResult:
    """Unite the sources' records; those without a right to train are excluded with the evidence.

    Of a source that may be used, the records of a forbidden category are out one by one. Of the
    sources that are ``catalogues`` of files, records get the files that they name; a file without
    text of its own is no record beyond that.
    """
    forbidden = {plain(name) for name in forbidden_categories}
    divided = {
        name: _divided(records, decisions[name], forbidden)
        for name, records in sorted(collected.items())
    }
    files = {name: divided[name] for name in catalogues}
    kept = {
        name: part.kept.filter(pl.col("prompt") != "") if name in files else part.kept
        for name, part in divided.items()
    }
    attachments = resolved(
        kept, _united(part.kept for part in files.values()), _united(p.out for p in files.values())
    )
    silent = [_without_text(part.kept) for part in files.values()]
    refused = sum(not decision.granted for decision in decisions.values())
    return StageResult(
        kept=attachments.filled(_united(kept.values())),
        excluded=pl.concat(
            [no_exclusions(), *(part.excluded for part in divided.values()), *silent]
        ),
        metrics={
            "sources": len(collected),
            "sources_refused": refused,
            **attachments.metrics,
        },
        tables={"rights": _table(decisions), "attachments": attachments.counts},
    )


@dataclass(frozen=True)
class _Divided:
    """Records of a source that may be used, those that may not, and why not."""

    kept: pl.LazyFrame
    out: pl.LazyFrame
    excluded: pl.LazyFrame


def _divided(
    records: pl.LazyFrame, decision: RightsDecision, forbidden: Collection[str]
) -> _Divided:
    nothing = empty_records().lazy()
    if not decision.granted:
        return _Divided(nothing, records, _out(records, decision))
    if not forbidden:
        return _Divided(records, nothing, no_exclusions())
    category = _category(forbidden)
    out = records.filter(category.is_not_null())
    return _Divided(records.filter(category.is_null()), out, _of_category(out, category))


def _united(records: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    return pl.concat([empty_records().lazy(), *records])


def _without_text(records: pl.LazyFrame) -> pl.LazyFrame:
    """Catalogued files that say nothing by themselves."""
    file = pl.col("attachments").list.first().struct.field
    return exclusions(
        records.filter(pl.col("prompt") == ""),
        rule=pl.lit(WITHOUT_TEXT),
        reason=pl.lit("a file without text is no example; it is carried by records that name it"),
        sha256=file("sha256"),
    )


def _table(decisions: Mapping[str, RightsDecision]) -> pl.DataFrame:
    """The decision on each source; ``rule`` is null where its records may be used."""
    rows = [
        (name, decision.rule, decision.reason, _json(decision))
        for name, decision in sorted(decisions.items())
    ]
    return pl.DataFrame(rows, schema=DECISIONS, orient="row")


def _json(decision: RightsDecision) -> str:
    return canonical_json(dict(decision.evidence)).decode()


def _out(records: pl.LazyFrame, decision: RightsDecision) -> pl.LazyFrame:
    return records.select(
        "record_id",
        pl.lit(decision.rule).alias("rule"),
        pl.lit(decision.reason).alias("reason"),
        pl.lit(_json(decision)).alias("evidence"),
    )


def _category(forbidden: Collection[str]) -> pl.Expr:
    """The forbidden category that a record carries; null where it carries none."""
    element = pl.element()
    value = element.struct.field("value").str.strip_chars().str.to_lowercase()
    named = element.struct.field("key") == ATTRIBUTE
    held = pl.when(named & value.is_in(sorted(forbidden))).then(value)
    return pl.col("attributes").list.eval(held.drop_nulls()).list.first()


def _of_category(records: pl.LazyFrame, category: pl.Expr) -> pl.LazyFrame:
    reason = pl.lit("the record is of a category that the dataset must not hold")
    return exclusions(records, rule=pl.lit(CATEGORY), reason=reason, category=category)
