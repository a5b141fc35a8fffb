"""``normalized``: texts made uniform, mails split into their parts, groups and splits assigned."""

import hmac
from collections.abc import Mapping

import polars as pl

from dataset_pipeline.config import Normalized, SplitByGroup, SplitByTime
from dataset_pipeline.records import SplitType, exclusions
from dataset_pipeline.stages.letters.separated import Separated, separated
from dataset_pipeline.stages.letters.split import FINDERS
from dataset_pipeline.stages.letters.uniform import made_uniform
from dataset_pipeline.stages.result import StageResult, Whole
from dataset_pipeline.stages.spread import Spread, here
from dataset_pipeline.stages.texts import KEYS, texts_of, with_texts

VERSION = "4"
NOTHING_BUT = "nothing_but_"
# Rules that say that there is nothing to train or to test on: they hold for every split.
RULES = frozenset({"no_text", "no_event_time", *(f"{NOTHING_BUT}{part}" for part in FINDERS)})

PARTS_SCHEMA = {
    "record_id": pl.String(),
    "field": pl.String(),
    "position": pl.UInt32(),
    "part": pl.String(),
    "text": pl.String(),
}
CHANGES_SCHEMA = {"record_id": pl.String(), "rule": pl.String(), "count": pl.UInt32()}


def normalized(
    records: pl.LazyFrame,
    policy: Normalized,
    fixed_splits: Mapping[str, str],
    spread: Spread = here,
) -> StageResult:
    """Make texts uniform, split mails, name groups by a keyed hash, assign the split.

    ``fixed_splits`` names the split of sources that come with one. A record without text is out,
    and so is one without a time when time decides the split. Tables: ``parts``, what was split off
    (``position`` counts turns as they came); ``changes``, by how many of a record's texts each rule
    changed.
    """
    frame = records.collect()
    before = texts_of(frame)
    done = separated(before["text"], policy, _letters(frame, before, policy), spread)
    after = before.with_columns(done.texts.alias("text"))
    parts, changes = _parts(before, done), _changes(before, done)
    changed = pl.col("record_id").is_in(changes["record_id"].unique().implode())
    grouped = _without_empty_turns(with_texts(frame, after), parts).with_columns(
        *(pl.col(name).replace("", None) for name in ("completion", "rejected")),
        _group_ids(frame, policy.group_key),
        pl.when(changed)
        .then(pl.lit("transformed", frame.schema["origin"]))
        .otherwise("origin")
        .alias("origin"),
    )
    assigned = grouped.with_columns(
        _splits(grouped, policy, fixed_splits),
        frame["prompt"].str.len_chars().alias("_characters"),
    )
    judged = assigned.join(
        _parts_of_prompt(parts), on="record_id", how="left", maintain_order="left"
    )
    kept, excluded = _decided(judged)
    return StageResult(kept, excluded, _metrics(changes), {"parts": parts, "changes": changes})


def whole(tables: Mapping[str, pl.LazyFrame]) -> Whole:
    """What is told of all records together."""
    return Whole(_metrics(tables["changes"].collect()))


def _metrics(changes: pl.DataFrame) -> dict[str, float]:
    return {"records_changed": float(changes["record_id"].n_unique()), **_by_rule(changes)}


def uniform(texts: pl.Series, policy: Normalized, spread: Spread = here) -> pl.Series:
    """Texts in one encoding and Unicode form, without invisible characters, white space tidy."""
    return made_uniform(texts, policy, spread).texts


def bodies(texts: pl.Series, policy: Normalized) -> pl.Series:
    """Uniform texts without what the policy splits off mails, whatever source they are from."""
    return separated(texts, policy).texts


def _letters(frame: pl.DataFrame, texts: pl.DataFrame, policy: Normalized) -> pl.Series | None:
    """Which texts belong to sources of mails and tickets; None: all."""
    if policy.split_off_in is None:
        return None
    mine = frame.filter(pl.col("source_id").is_in(policy.split_off_in))["record_id"]
    return texts["record_id"].is_in(mine.implode())


def _parts(texts: pl.DataFrame, done: Separated) -> pl.DataFrame:
    keys = texts.select(KEYS).with_row_index("row")
    named = done.parts.join(keys, on="row")
    return named.select(*PARTS_SCHEMA).sort(*PARTS_SCHEMA)


def _changes(texts: pl.DataFrame, done: Separated) -> pl.DataFrame:
    """record_id, rule, count: how many of the record's texts the rule changed."""
    named = done.touched.with_columns(texts["record_id"].gather(done.touched["row"]))
    counted = named.group_by("record_id", "rule").agg(pl.len().cast(pl.UInt32).alias("count"))
    return counted.select(*CHANGES_SCHEMA).sort("record_id", "rule")


def _by_rule(changes: pl.DataFrame) -> dict[str, float]:
    counts = changes.group_by("rule").len().sort("rule")
    return {rule: float(count) for rule, count in counts.iter_rows()}


def _without_empty_turns(records: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Records of whose earlier turns those that were nothing but parts of mails are gone."""
    mine = parts.filter(pl.col("field") == "context")["record_id"].unique()
    touched = pl.col("record_id").is_in(mine.implode())
    said = pl.col("context").list.filter(pl.element().struct.field("content") != "")
    if mine.is_empty():
        return records
    return records.with_columns(pl.when(touched).then(said).otherwise("context").alias("context"))


def _parts_of_prompt(parts: pl.DataFrame) -> pl.DataFrame:
    """record_id, _parts (part, characters) that were split off a prompt, the largest first."""
    size = pl.col("text").str.len_chars().sum().alias("characters")
    sizes = parts.filter(pl.col("field") == "prompt").group_by("record_id", "part").agg(size)
    ranked = sizes.sort(["characters", "part"], descending=[True, False])
    told = pl.struct("part", "characters").alias("_parts")
    return ranked.group_by("record_id", maintain_order=True).agg(told)


def _decided(judged: pl.DataFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Records kept, and exclusions."""
    no_text, no_split = pl.col("prompt") == "", pl.col("split").is_null()
    split_off = no_text & pl.col("_parts").is_not_null()
    most = pl.col("_parts").list.first().struct.field("part")
    rule = (
        pl.when(split_off)
        .then(pl.concat_str(pl.lit(NOTHING_BUT), most))
        .when(no_text)
        .then(pl.lit("no_text"))
        .otherwise(pl.lit("no_event_time"))
    )
    reason = (
        pl.when(split_off)
        .then(pl.lit("nothing is left of the text without what was split off it"))
        .when(no_text)
        .then(pl.lit("no text is left after normalization"))
        .otherwise(pl.lit("time decides the split, and the record has none"))
    )
    out = judged.lazy().filter(no_text | no_split)
    kept = judged.lazy().filter(~no_text & ~no_split).drop("_parts", "_characters")
    shown = {"characters": pl.col("_characters"), "parts": pl.col("_parts")}
    return kept, exclusions(out, rule=rule, reason=reason, **shown)


def _group_ids(frame: pl.DataFrame, key: str) -> pl.Series:
    """A keyed hash in place of the customer's, thread's or case's own name."""
    names = frame.select(
        pl.when(pl.col("group_id").is_null())
        .then(pl.concat_str(pl.lit("record:"), "record_id"))
        .otherwise(pl.concat_str(pl.lit("group:"), "group_id"))
    ).to_series()
    return _keyed(names, key).str.head(32).alias("group_id")


def _keyed(names: pl.Series, key: str) -> pl.Series:
    """HMAC-SHA256 (64 hex) of each name; of equal names one is hashed."""
    distinct = names.unique(maintain_order=True)
    secret = key.encode()
    hashed = [hmac.digest(secret, name.encode(), "sha256").hex() for name in distinct.to_list()]
    if len(distinct) == len(names):
        return pl.Series(names.name, hashed, pl.String)
    known = pl.DataFrame({"name": distinct, "hashed": pl.Series(hashed, dtype=pl.String)})
    asked = names.rename("name").to_frame()
    return asked.join(known, on="name", how="left", maintain_order="left")["hashed"]


def _splits(frame: pl.DataFrame, policy: Normalized, fixed: Mapping[str, str]) -> pl.Expr:
    rule = policy.split
    drawn = (
        _split_by_group(frame, rule, policy.group_key)
        if isinstance(rule, SplitByGroup)
        else _split_by_time(rule)
    )
    given = pl.col("source_id").replace_strict(dict(fixed), default=None, return_dtype=pl.String)
    return pl.coalesce(given, drawn).cast(SplitType).alias("split")


def _split_by_group(frame: pl.DataFrame, rule: SplitByGroup, key: str) -> pl.Expr:
    names = frame.select(pl.concat_str(pl.lit("split:"), "group_id")).to_series()
    first = _keyed(names, key).str.head(16).str.to_integer(base=16, dtype=pl.UInt64)
    point = pl.lit(first.cast(pl.Float64) / 2.0**64)
    return (
        pl.when(point < rule.test)
        .then(pl.lit("test"))
        .when(point < rule.test + rule.validation)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )


def _split_by_time(rule: SplitByTime) -> pl.Expr:
    day = pl.col("event_time").dt.date()
    return (
        pl.when(day.is_null())
        .then(pl.lit(None, pl.String))
        .when(day >= rule.test_from)
        .then(pl.lit("test"))
        .when(day >= rule.validation_from)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )
