"""``screened``: records too poor to learn from are out; every text gets its language."""

import polars as pl

from dataset_pipeline.config import Screened
from dataset_pipeline.records import exclusions
from dataset_pipeline.stages.quality.language import languages_of
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.spread import Spread, here

VERSION = "1"
UNDETERMINED = "und"
_MIN_LETTERS_FOR_LANGUAGE = 20


def screened(
    records: pl.LazyFrame, policy: Screened, languages: list[str], spread: Spread = here
) -> StageResult:
    """Tag languages, then apply the quality rules to the splits that the policy names.

    ``languages`` (ISO 639-1) are those that the task allows. Held-out records pass untouched.
    """
    tagged = _tagged(records.collect(), policy.min_language_confidence, spread).lazy()
    rule, reason = _rules(policy, languages)
    applies = pl.col("split").cast(pl.String).is_in(policy.applies_to)
    decided = tagged.with_columns(rule.alias("rule"), reason.alias("reason"))
    out = pl.col("rule").is_not_null() & applies
    excluded = exclusions(
        decided.filter(out),
        rule=pl.col("rule"),
        reason=pl.col("reason"),
        characters=pl.col("prompt").str.len_chars(),
        language=pl.col("language"),
    )
    return StageResult(decided.filter(~out).drop("rule", "reason"), excluded)


def _rules(policy: Screened, languages: list[str]) -> tuple[pl.Expr, pl.Expr]:
    length = pl.col("prompt").str.len_chars()
    phrases = pl.Series([_bare(phrase) for phrase in policy.empty_phrases], dtype=pl.String)
    bare = pl.col("prompt").str.to_lowercase().str.replace_all(_EDGES, "")
    known = pl.col("language") != UNDETERMINED
    checks = {
        "empty_phrase": (bare.is_in(phrases.implode()), "a phrase without content"),
        "too_short": (length < policy.min_characters, "shorter than the minimum"),
        "too_long": (length > policy.max_characters, "longer than the maximum"),
        "language_not_allowed": (
            known & ~pl.col("language").is_in(languages),
            "the task does not allow this language",
        ),
    }
    rule, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, (test, why) in reversed(checks.items()):
        rule = pl.when(test).then(pl.lit(name)).otherwise(rule)
        reason = pl.when(test).then(pl.lit(why)).otherwise(reason)
    return rule, reason


_EDGES = r"(^[\s.,!?…:;()\-]+)|([\s.,!?…:;()\-]+$)"


def _bare(phrase: str) -> str:
    return phrase.lower().strip(" \n\t.,!?…:;()-")


def _tagged(records: pl.DataFrame, confidence: float, spread: Spread) -> pl.DataFrame:
    """Fill in the language where the source gives none and the text is long enough to tell."""
    given = pl.col("language").str.to_lowercase().str.extract(r"^([a-z]{2})(?:[-_].*)?$")
    enough = pl.col("prompt").str.count_matches(r"\p{L}") >= _MIN_LETTERS_FOR_LANGUAGE
    texts = records.filter(given.is_null() & enough)["prompt"].unique().sort()
    guesses = spread(languages_of, texts.to_list())
    guessed = pl.DataFrame(
        {
            "prompt": texts,
            "guessed": [language if sure >= confidence else None for language, sure in guesses],
        },
        schema={"prompt": pl.String, "guessed": pl.String},
    )
    return (
        records.join(guessed, on="prompt", how="left", maintain_order="left")
        .with_columns(pl.coalesce(given, "guessed", pl.lit(UNDETERMINED)).alias("language"))
        .drop("guessed")
    )
