"""``clean``: nothing in train is held out, a task example or a benchmark's, in other words.

A leak is always mended on the train side; for validation against test, on the validation side.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.records import HELD_OUT, exclusions
from dataset_pipeline.stages.copies.clusters import measured
from dataset_pipeline.stages.overlap.benchmarks import ITEMS_SCHEMA
from dataset_pipeline.stages.overlap.guarded import (
    BENCHMARK,
    EXAMPLE,
    HELD_OUT_ITEM,
    HITS_SCHEMA,
    Wanted,
    contained,
)
from dataset_pipeline.stages.overlap.looking import EXACT, NEAR
from dataset_pipeline.stages.overlap.possible import near_few
from dataset_pipeline.stages.overlap.search import SLICE
from dataset_pipeline.stages.result import Before, StageResult
from dataset_pipeline.stages.texts import comparison_text

VERSION = "4"
EXAMPLE_RULE = "task_example_overlap"
CHAIN = "chain"
_GROUP_RULE = "held_out_group"
_REASONS = {
    "held_out_overlap": "almost the same text as a held-out record",
    "held_out_contained": "a held-out record's prompt stands in it",
    "held_out_cluster": "a chain of near copies leads to a held-out record",
    _GROUP_RULE: "the group (customer, thread, case) is held out",
    EXAMPLE_RULE: "almost the same text as a handwritten task example, or holds it",
    "benchmark_overlap": "an item of a benchmark stands in it",
}
# Of several rules that hit a record the first tells why it is out; of equals, the most overlap.
_FIRST = (
    {"held_out_overlap", EXAMPLE_RULE},
    {"benchmark_overlap"},
    {"held_out_contained"},
    {"held_out_cluster"},
    {_GROUP_RULE},
)
_PAIR = ["record_id", "record_id_held"]
_PAIRS_SCHEMA = {
    **dict.fromkeys(_PAIR, pl.String),
    "overlap": pl.Float64,
    "near": pl.Boolean,
    "same": pl.Boolean,
    "characters": pl.Int64,
}
_REPEATED_SCHEMA = {
    "record_id": pl.String,
    "held_out": pl.String,
    "overlap": pl.Float64,
    "characters": pl.Int64,
}
_LEAK_SCHEMA = {"rule": pl.String, "held_out": pl.String, **HITS_SCHEMA}


def clean(  # noqa: PLR0913
    records: pl.LazyFrame,
    clusters: pl.DataFrame,
    examples: Sequence[Mapping[str, Any]],
    policy: Clean,
    compared: Deduplicated,
    *,
    benchmarks: pl.DataFrame | None = None,
    at_once: int = SLICE,
    before: Before | None = None,
) -> StageResult:
    """Take out of train what overlaps held-out records, task examples or benchmarks.

    ``clusters`` (record_id, cluster_id) come from ``deduplicated``, as do the measure and the
    threshold of near copies (``compared``). ``benchmarks``: benchmark, item_id, text. The evidence
    names the held-out record, example or ``benchmark:<name>/<item>``, the measure, the overlap and
    where it stands in the record. ``at_once``: texts whose n-grams stand in memory at once.
    N-grams are no evidence that is kept: making them takes less time than reading them would.
    ``before``: what was noted the last time: measured pairs, and prompts that repeat examples.
    Tables:

    ``hits`` (record_id, against, item, measure, overlap, field, start, end): all that was found, in
    whatever split; start and end count characters of the field. ``benchmarks`` (benchmark, items,
    too_short, tested, hit_items, hit_records): too short, or too common, for n-grams.
    """
    given = pl.DataFrame(schema=ITEMS_SCHEMA) if benchmarks is None else benchmarks
    where = records.select("record_id", "group_id", pl.col("split").cast(pl.String)).collect()
    nothing_to_find = given.is_empty() and policy.held_out_min_overlap is None
    searched = (records.head(0) if nothing_to_find else records).collect()
    wanted = Wanted(given, examples, _guarded(policy))
    found = contained(searched, wanted, policy, compared, at_once=at_once)
    members = where.join(clusters.select("record_id", "cluster_id"), on="record_id")
    pairs = _measured(records, _cluster_pairs(members, policy), compared, before)
    repeated = _repeated(records, where, examples, policy, compared, before)
    leaks = pl.concat(
        [_cluster_leaks(pairs, compared), _example_leaks(repeated), _contained_leaks(found.hits)]
    ).unique(["record_id", "against", "item", "field"], keep="first", maintain_order=True)
    hits = leaks.select(list(HITS_SCHEMA)).sort(list(HITS_SCHEMA), nulls_last=True)
    mended = where.filter(pl.col("split").is_in(list(_guarded(policy))))
    told = leaks.join(mended.select("record_id"), on="record_id", how="semi")
    worst = _worst(pl.concat([told, _group_leaks(where, policy)]))
    return StageResult(
        kept=records.join(worst.lazy().select("record_id"), on="record_id", how="anti"),
        excluded=_excluded(where, worst),
        metrics={"leaks": float(worst.height), "hits": float(hits.height)},
        tables={"hits": hits, "benchmarks": found.benchmarks},
        changed=pl.Series([], dtype=pl.String),
        noted={"pairs": pairs, "repeated": repeated},
    )


def _texts(records: pl.LazyFrame, ids: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    """record_id, text (as it is compared), characters, of these records."""
    mine = records.filter(pl.col("record_id").is_in(ids.implode()))
    text = comparison_text(list(columns)).alias("text")
    return mine.select("record_id", text, characters=_characters(columns)).collect()


def _characters(columns: Sequence[str]) -> pl.Expr:
    """How long the compared text is, where it is one field of the record."""
    if len(columns) > 1 or columns[0] == "context":
        return pl.lit(None, pl.Int64)
    return pl.col(columns[0]).str.len_chars().cast(pl.Int64)


def _worst(leaks: pl.DataFrame) -> pl.DataFrame:
    """For each record the leak that tells why it is out."""
    rank = {rule: place for place, rules in enumerate(_FIRST) for rule in rules}
    order = ["rank", "overlap", "rule", "held_out", "field", "start"]
    return (
        leaks.with_columns(pl.col("rule").replace_strict(rank, return_dtype=pl.Int64).alias("rank"))
        .sort(order, descending=[name == "overlap" for name in order], nulls_last=True)
        .unique("record_id", keep="first", maintain_order=True)
    )


def _excluded(frame: pl.DataFrame, worst: pl.DataFrame) -> pl.LazyFrame:
    hit = frame.lazy().select("record_id", "group_id").join(worst.lazy(), on="record_id")
    return exclusions(
        hit,
        rule=pl.col("rule"),
        reason=pl.col("rule").replace_strict(_REASONS, return_dtype=pl.String),
        held_out=pl.col("held_out"),
        overlap=pl.col("overlap").round(6),
        measure=pl.col("measure"),
        span=pl.when(pl.col("field").is_not_null()).then(pl.struct("field", "start", "end")),
        group=pl.when(pl.col("rule") == _GROUP_RULE).then("group_id"),
    )


def _cluster_pairs(members: pl.DataFrame, policy: Clean) -> pl.DataFrame:
    """record_id, record_id_held: who is in a cluster with what is held out from its split."""
    pairs = [
        members.filter(pl.col("split") == split).join(
            members.filter(pl.col("split").is_in(guarded)), on="cluster_id", suffix="_held"
        )
        for split, guarded in _guarded(policy).items()
    ]
    return pl.concat(pairs).select(_PAIR)


def _measured(
    records: pl.LazyFrame, pairs: pl.DataFrame, compared: Deduplicated, before: Before | None
) -> pl.DataFrame:
    """The pairs with their similarity, whether their texts are near or the same, and how long."""
    if before is None:
        known = pl.DataFrame(schema=_PAIRS_SCHEMA)
    else:
        known = before.still("pairs", *_PAIR).join(pairs, on=_PAIR, how="semi")
    new = pairs.join(known, on=_PAIR, how="anti")
    ids = pl.concat([new[column] for column in _PAIR]).unique()
    texts = _texts(records, ids, compared.compare).with_row_index("at").cast({"at": pl.Int64})
    at = {
        column: new.join(
            texts, left_on=column, right_on="record_id", how="left", maintain_order="left"
        )
        for column in _PAIR
    }
    left, right = (at[column]["at"].to_numpy() for column in _PAIR)
    found = measured(texts["text"], left, right, compared)
    made = new.with_columns(
        pl.Series("overlap", found.similarity, dtype=pl.Float64),
        pl.Series("near", found.near, dtype=pl.Boolean),
        (at[_PAIR[0]]["text"] == at[_PAIR[1]]["text"]).alias("same"),
        at[_PAIR[0]]["characters"],
    )
    return pl.concat([known, made.cast(_PAIRS_SCHEMA)])  # type: ignore[arg-type]


def _cluster_leaks(pairs: pl.DataFrame, compared: Deduplicated) -> pl.DataFrame:
    """Every record whose cluster reaches into what is held out from its split.

    All held-out records that are near it; where none is, the nearest that a chain leads to.
    """
    near = pl.col("near")
    chained = (
        pairs.filter(~near.any().over("record_id"))
        .sort("overlap", "record_id_held", descending=True)
        .unique("record_id", keep="first", maintain_order=True)
    )
    return pl.concat([pairs.filter(near), chained]).select(
        pl.when(near).then(pl.lit("held_out_overlap")).otherwise(pl.lit("held_out_cluster"))
        .alias("rule"),
        pl.col("record_id_held").alias("held_out"),
        "record_id",
        pl.lit(HELD_OUT_ITEM).alias("against"),
        pl.col("record_id_held").alias("item"),
        pl.when("same").then(pl.lit(EXACT))
        .when(near).then(pl.lit(NEAR)).otherwise(pl.lit(CHAIN)).alias("measure"),
        "overlap",
        pl.lit("+".join(compared.compare)).alias("field"),
        pl.when(pl.col("characters").is_not_null()).then(pl.lit(0, pl.Int64)).alias("start"),
        pl.col("characters").alias("end"),
    )  # fmt: skip


def _group_leaks(frame: pl.DataFrame, policy: Clean) -> pl.DataFrame:
    """Records whose group stands in a split that theirs must not overlap.

    By a keyed hash groups are never torn; by dates, or by sources with a split of their own, they
    may be.
    """
    where = frame.select("record_id", "group_id", pl.col("split").cast(pl.String))
    found = []
    for split, guarded in _guarded(policy).items():
        held = (
            where.filter(pl.col("split").is_in(guarded))
            .group_by("group_id")
            .agg(pl.col("record_id").min().alias("held_out"))
        )
        ours = where.filter(pl.col("split") == split).join(held, on="group_id")
        found.append(
            ours.select("record_id", "held_out", rule=pl.lit(_GROUP_RULE), overlap=pl.lit(0.0))
        )
    return pl.concat([pl.DataFrame(schema=_LEAK_SCHEMA), *found], how="diagonal")


def _guarded(policy: Clean) -> dict[str, list[str]]:
    """For each split that is mended, those that it must not overlap."""
    guarded = {"train": list(HELD_OUT)}
    return {**guarded, "validation": ["test"]} if policy.mend_validation else guarded


def _repeated(  # noqa: PLR0913, PLR0917
    records: pl.LazyFrame,
    where: pl.DataFrame,
    examples: Sequence[Mapping[str, Any]],
    policy: Clean,
    compared: Deduplicated,
    before: Before | None,
) -> pl.DataFrame:
    """record_id, held_out, overlap, characters: prompts, in splits that are mended, of examples."""
    mended = where.filter(pl.col("split").is_in(list(_guarded(policy))))["record_id"]
    known = pl.DataFrame(schema=_REPEATED_SCHEMA)
    if before is not None:
        known, fresh = before.still("repeated"), before.fresh
        mended = mended.filter(mended.is_in(fresh.implode()))
    texts = _texts(records, mended, ["prompt"])
    prompts = texts.select("record_id", prompt="text")
    found = example_matches(prompts, examples, compared).join(texts, on="record_id")
    return pl.concat([known, found.select(list(_REPEATED_SCHEMA))])


def _example_leaks(repeated: pl.DataFrame) -> pl.DataFrame:
    """Records of the splits that are mended that repeat a task example's prompt."""
    return repeated.select(
        pl.lit(EXAMPLE_RULE).alias("rule"),
        "held_out",
        "record_id",
        pl.lit(EXAMPLE).alias("against"),
        pl.col("held_out").str.strip_prefix(f"{EXAMPLE}:").alias("item"),
        pl.lit(NEAR).alias("measure"),
        "overlap",
        pl.lit("prompt").alias("field"),
        pl.lit(0, pl.Int64).alias("start"),
        pl.col("characters").alias("end"),
    )


def _contained_leaks(hits: pl.DataFrame) -> pl.DataFrame:
    """What was found in texts, with the rule that it breaks and the name of what was found."""
    against = pl.col("against")
    rules = {HELD_OUT_ITEM: "held_out_contained", EXAMPLE: EXAMPLE_RULE}
    named = (
        pl.when(against == HELD_OUT_ITEM).then("item")
        .when(against == EXAMPLE).then(pl.format("{}:{}", "against", "item"))
        .otherwise(pl.format("{}/{}", "against", "item"))
    )  # fmt: skip
    benchmark = against.str.starts_with(BENCHMARK)
    rule = (
        pl.when(benchmark)
        .then(pl.lit("benchmark_overlap"))
        .otherwise(against.replace_strict(rules, default=None, return_dtype=pl.String))
    )
    return hits.select(rule.alias("rule"), named.alias("held_out"), *HITS_SCHEMA)


def example_matches(
    prompts: pl.DataFrame, examples: Sequence[Mapping[str, Any]], compared: Deduplicated
) -> pl.DataFrame:
    """Which prompts (record_id, prompt as comparison text) repeat a handwritten task example.

    Returns record_id, held_out (``task_example:<id>``), overlap.
    """
    folded = pl.DataFrame(
        {
            "id": [f"task_example:{example['id']}" for example in examples],
            "prompt": [example["prompt"] for example in examples],
        },
        schema={"id": pl.String, "prompt": pl.String},
    ).select("id", text=comparison_text(["prompt"]))
    asked, ours = folded.drop_nulls(), prompts.drop_nulls()
    found = near_few(
        asked["text"].to_list(),
        ours["prompt"],
        size=compared.shingle_characters,
        threshold=compared.threshold,
    )
    return found.select(
        ours["record_id"].gather(found["text"]).alias("record_id"),
        asked["id"].gather(found["wanted"]).alias("held_out"),
        pl.col("similarity").alias("overlap"),
    ).sort("record_id", "held_out")
