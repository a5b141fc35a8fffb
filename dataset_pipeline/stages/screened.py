"""``screened``: what is too poor to learn from, broken or harmful is out; texts get languages."""

from collections.abc import Mapping
from functools import partial

import polars as pl

from dataset_pipeline.config import Screened
from dataset_pipeline.stages.evidence import Evidence, found_here
from dataset_pipeline.stages.quality import language_evidence
from dataset_pipeline.stages.quality.content import content_rules
from dataset_pipeline.stages.quality.heuristics import corrupt_rules, quality_rules
from dataset_pipeline.stages.quality.rules import Measured, Rule, taken_out
from dataset_pipeline.stages.quality.short_messages import is_empty_phrase, merged
from dataset_pipeline.stages.result import StageResult, Whole
from dataset_pipeline.stages.spread import Spread, here

VERSION = "3"
UNDETERMINED = "und"
_ENOUGH_LETTERS_FOR_LANGUAGE = r"(?:\p{L}\P{L}*){20}"


def screened(  # noqa: PLR0913, PLR0917
    records: pl.LazyFrame,
    policy: Screened,
    languages: list[str],
    spread: Spread = here,
    evidence: Evidence | None = None,
    files: Mapping[str, str] | None = None,
) -> StageResult:
    """Tag languages, then take out what the policy's rules hit in the splits where they apply.

    ``languages`` (ISO 639-1) are those that the task allows; ``files`` the contents of those that
    the policy names (``policy.files()``).
    """
    ask = evidence or partial(found_here, spread=spread)
    frame = records.collect()
    tables: dict[str, pl.DataFrame] = {}
    if policy.short_messages == "merge":
        after = merged(frame, policy.empty_phrases)
        frame, tables["merged"] = after.records, after.table
    tagged = _tagged(frame, policy.min_language_confidence, ask)
    frame = tagged.drop("confidence")
    measured = Measured(frame, _decisive(tagged, policy), ask)
    rules = [
        *_own_rules(policy, languages),
        *corrupt_rules(measured, policy),
        *content_rules(measured, policy, "safety", files or {}),
        *quality_rules(measured, policy),
        *content_rules(measured, policy, "quality", files or {}),
    ]
    excluded = taken_out(measured.table, rules)
    kept = frame.lazy().join(excluded.lazy(), on="record_id", how="anti", maintain_order="left")
    metrics = whole({name: table.lazy() for name, table in tables.items()}).metrics
    return StageResult(kept, excluded.lazy(), metrics, tables)


def whole(tables: Mapping[str, pl.LazyFrame]) -> Whole:
    """What is told of all records together."""
    merges = tables.get("merged")
    return Whole(
        {} if merges is None else {"merged": float(merges.select(pl.len()).collect().item())}
    )


def _decisive(tagged: pl.DataFrame, policy: Screened) -> pl.DataFrame:
    """What rules decide by, without texts; what they measure comes beside it."""
    prompt = pl.col("prompt")
    return tagged.select(
        "record_id",
        "split",
        "language",
        "confidence",
        prompt.str.len_chars().alias("characters"),
        is_empty_phrase(prompt, policy.empty_phrases).alias("empty"),
    )


def _own_rules(policy: Screened, languages: list[str]) -> list[Rule]:
    length, tag = pl.col("characters"), pl.col("language")
    least, most = policy.min_characters, policy.max_characters
    foreign = (tag != UNDETERMINED) & ~tag.is_in(languages)
    sure, confidence = policy.min_language_confidence, pl.col("confidence")
    where = tuple(policy.applies_to)
    return [
        Rule("empty_phrase", "a phrase without content", pl.col("empty"), where, length),
        Rule("too_short", "shorter than the minimum", length < least, where, length, least),
        Rule("too_long", "longer than the maximum", length > most, where, length, most),
        Rule(
            "language_not_allowed", "the task does not allow this language",
            foreign, where, confidence, sure,
        ),
    ]  # fmt: skip


def _tagged(records: pl.DataFrame, confidence: float, ask: Evidence) -> pl.DataFrame:
    """Fill in the language where the source gives none and the text is long enough to tell.

    ``confidence`` becomes that of what was found, null where the source says it.
    """
    given = pl.col("language").str.to_lowercase().str.extract(r"^([a-z]{2})(?:[-_].*)?$")
    enough = pl.col("prompt").str.contains(_ENOUGH_LETTERS_FOR_LANGUAGE)
    texts = records.filter(given.is_null() & enough)["prompt"].unique().sort()
    found = ask(language_evidence.DETECTOR, texts)
    sure = pl.col("confidence") >= confidence
    guessed = texts.to_frame().hstack(
        found.select(pl.when(sure).then("language").alias("guessed"), "confidence")
    )
    return (
        records.join(guessed, on="prompt", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce(given, "guessed", pl.lit(UNDETERMINED)).alias("language"),
            pl.when(given.is_null()).then("confidence").alias("confidence"),
        )
        .drop("guessed")
    )
