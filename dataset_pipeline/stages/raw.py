"""``raw``: all sources as one, without those whose rights do not allow training."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from dataset_pipeline.config import Source
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import empty_records, no_exclusions
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.rights import RightsDecision, decide_rights

VERSION = "1"


def rights_decisions(
    sources: Mapping[str, Source], use: str, today: date
) -> dict[str, RightsDecision]:
    """The decision on each source, on a given day."""
    return {name: decide_rights(source.rights, use, today) for name, source in sources.items()}


def raw(
    collected: Mapping[str, pl.LazyFrame],
    sources: Mapping[str, Source],
    decisions: Mapping[str, RightsDecision],
) -> StageResult:
    """Unite the sources' records; those without a right to train are excluded with the evidence."""
    kept = [empty_records().lazy()]
    excluded = [no_exclusions()]
    for name, records in sorted(collected.items()):
        decision = decisions[name]
        if decision.granted:
            kept.append(records)
        else:
            excluded.append(_out(records, sources[name], decision))
    refused = sum(not decision.granted for decision in decisions.values())
    return StageResult(
        kept=pl.concat(kept),
        excluded=pl.concat(excluded),
        metrics={"sources": len(collected), "sources_refused": refused},
    )


def _out(records: pl.LazyFrame, source: Source, decision: RightsDecision) -> pl.LazyFrame:
    rights = source.rights
    evidence = {
        "basis": rights.basis,
        "licence": rights.licence,
        "training": rights.training,
        "expires": rights.expires.isoformat() if rights.expires else None,
        "evidence": rights.evidence,
    }
    return records.select(
        "record_id",
        pl.lit(decision.rule).alias("rule"),
        pl.lit(decision.reason).alias("reason"),
        pl.lit(canonical_json(evidence).decode()).alias("evidence"),
    )
