"""``deduplicated``: exact and near copies. One of each is kept, and the clusters are written down.

Held-out records are compared like all others but never taken out here; what of train overlaps
them is taken out in ``clean``.
"""

from collections.abc import Mapping

import polars as pl

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.records import EXCLUSION_SCHEMA, exclusions
from dataset_pipeline.stages.copies.clusters import Known, Likeness, likeness
from dataset_pipeline.stages.copies.kept import COPY_SCHEMA, copies
from dataset_pipeline.stages.copies.merged import merged
from dataset_pipeline.stages.copies.recall import curve, planted_recall
from dataset_pipeline.stages.copies.similarity import components
from dataset_pipeline.stages.copies.templates import masked, masked_similarity, surplus
from dataset_pipeline.stages.evidence import Evidence, found_here
from dataset_pipeline.stages.result import Before, StageResult
from dataset_pipeline.stages.texts import comparison_text

VERSION = "7"
_BUCKETS = "buckets_"
CLUSTER_SCHEMA = {"record_id": pl.String, "cluster_id": pl.String, "chain": pl.Boolean}
_REASONS = {
    "exact_duplicate": "the same text as a kept record",
    "near_duplicate": "almost the same text as a kept record",
    "short_duplicate": "almost the same short text as a kept record",
    "semantic_duplicate": "it means the same as a kept record, by the model of embeddings",
    "template_duplicate": "of one template with a kept record, but for numbers, dates and names",
}


def deduplicated(
    records: pl.LazyFrame,
    policy: Deduplicated,
    source_rank: list[str],
    evidence: Evidence = found_here,
    before: Before | None = None,
) -> StageResult:
    """Take out copies in the splits that the policy names.

    ``source_rank`` lists sources, the most trusted first. A record is out only when it is itself
    similar enough to one that stays: a chain of resemblances takes nothing with it.
    Tables: ``edges`` (left, right, similarity, kind: exact, near, short, semantic or template)
    between records, ``clusters`` (record_id, cluster_id, chain) of those that all edges but a
    template's connect, ``merged`` (kept, record_id, fields), ``curve`` (similarity, probability)
    of the bands and ``recall`` of pairs planted among these very texts.
    ``before``: what was noted the last time: the texts' buckets, by a record of each, and the near
    pairs among them.
    """
    frame = records.collect()
    compared = _compared(frame, policy, source_rank).drop_nulls("text")
    texts = _texts(compared)
    compared = _placed(compared, texts)
    likes = likeness(texts, policy, evidence, _known(compared, before))
    conflicts = _conflicting(compared)
    candidates = compared.filter("applies", ~pl.col("record_id").is_in(conflicts.implode()))
    found = copies(candidates, likes.pairs)
    given = _given(found, compared, policy)
    found, template_edges = _without_surplus(frame, candidates, found, policy, evidence)
    excluded = pl.concat([_conflict_exclusions(compared, conflicts), _copy_exclusions(found)])
    filled, taken = merged(frame, given)
    kept = filled.lazy().join(excluded.lazy(), on="record_id", how="anti")
    edges = _edges(compared, likes)
    clusters = _clusters(edges, compared, likes)
    planted = planted_recall(
        texts,
        size=policy.shingle_characters,
        permutations=policy.permutations,
        threshold=policy.threshold,
    )
    metrics = {
        "clusters": float(clusters["cluster_id"].n_unique()),
        "largest_cluster": float(clusters.group_by("cluster_id").len()["len"].max() or 0),  # type: ignore[arg-type]
        "chains": float(clusters.filter("chain")["cluster_id"].n_unique()),
        "crowded_buckets": float(likes.crowds),
        "unpaired_texts": float(likes.unpaired),
        **planted.metrics(),
    }
    tables = {
        "edges": pl.concat([edges, template_edges]).sort("left", "right", "kind"),
        "clusters": clusters,
        "merged": taken.join(excluded, left_on="kept", right_on="record_id", how="anti"),
        "curve": curve(policy.permutations, policy.threshold),
        "recall": planted.table(),
    }
    changed = taken["kept"].unique()
    noted = _noted(compared, likes)
    return StageResult(kept, excluded.lazy(), metrics, tables, changed=changed, noted=noted)


def _noted(compared: pl.DataFrame, likes: Likeness) -> dict[str, pl.DataFrame]:
    """The texts' pairs and buckets, each text by the first of its records.

    Nothing where there are crowds: of those not all pairs are known.
    """
    if likes.crowds:
        return {}
    first = compared.select("place", "record_id").unique("place", keep="first", maintain_order=True)
    ids = first.sort("place")["record_id"]
    pairs = likes.found.with_columns(
        left=ids.gather(likes.found["left"]), right=ids.gather(likes.found["right"])
    )
    buckets = {
        f"{_BUCKETS}{search}": found.select(ids.gather(found["place"]), pl.exclude("place"))
        for search, found in likes.buckets.items()
    }
    return {"pairs": pairs, **buckets}


def _known(compared: pl.DataFrame, before: Before | None) -> Known | None:
    """What was noted of texts that are still there."""
    if before is None:
        return None
    place = compared.select("record_id", "place")
    pairs = (
        before.still("pairs", "left", "right")
        .join(place, left_on="left", right_on="record_id")
        .join(place, left_on="right", right_on="record_id", suffix="_right")
        .select(
            pl.min_horizontal("place", "place_right").alias("left"),
            pl.max_horizontal("place", "place_right").alias("right"),
            "similarity",
            "kind",
        )
    )
    buckets = {
        name.removeprefix(_BUCKETS): before.still(name)
        .join(place, on="record_id")
        .select("place", pl.exclude("place", "record_id"))
        for name in before.noted
        if name.startswith(_BUCKETS)
    }
    return Known(pairs, buckets)


def _compared(frame: pl.DataFrame, policy: Deduplicated, source_rank: list[str]) -> pl.DataFrame:
    """What decides: record_id, label, text, whether the rule applies; best record first."""
    rank = {name: position for position, name in enumerate(source_rank)}
    filled = ("label", "completion", "rejected", "language", "event_time", "group_id")
    best = {
        "source_rank": -pl.col("source_id").replace_strict(
            rank, default=len(rank), return_dtype=pl.Int64
        ),
        "completeness": pl.sum_horizontal(pl.col(filled).is_not_null().cast(pl.Int64))
        + pl.col("attributes").list.len().fill_null(0),
        "recency": pl.col("event_time"),
        "length": pl.col("prompt").str.len_chars(),
    }
    keys = [best[name].alias(f"_{name}") for name in policy.keep_best]
    return (
        frame.select(
            "record_id",
            "label",
            comparison_text(list(policy.compare)).alias("text"),
            pl.col("split").cast(pl.String).is_in(policy.applies_to).alias("applies"),
            *keys,
        )
        .sort(
            *(f"_{name}" for name in policy.keep_best),
            "record_id",
            descending=[*(True for _ in policy.keep_best), False],
            nulls_last=True,
        )
        .select("record_id", "label", "text", "applies")
    )


def _texts(compared: pl.DataFrame) -> pl.Series:
    """The distinct texts, the best first; before all others those that may be kept or go."""
    parts = [compared.filter(which)["text"] for which in ("applies", ~pl.col("applies"))]
    return pl.concat(parts).unique(maintain_order=True)


def _placed(compared: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """With ``place``, the position of the record's text."""
    places = texts.to_frame().with_row_index("place").cast({"place": pl.Int64})
    return compared.join(places, on="text", how="left", maintain_order="left")


def _conflicting(compared: pl.DataFrame) -> pl.Series:
    """Ids of records with the same text and another label: nobody can say which is right."""
    labels = pl.col("label").drop_nulls().n_unique().over("text")
    return compared.filter(pl.col("applies")).filter(labels > 1)["record_id"]


def _conflict_exclusions(compared: pl.DataFrame, conflicts: pl.Series) -> pl.DataFrame:
    mine = compared.filter(pl.col("record_id").is_in(conflicts.implode()))
    evidence = pl.struct(
        labels=pl.col("label").drop_nulls().n_unique().over("text"),
        records=pl.col("record_id").sort().implode().over("text"),
    )
    return mine.select(
        "record_id",
        pl.lit("label_conflict").alias("rule"),
        pl.lit("the same text has different labels").alias("reason"),
        evidence.struct.json_encode().alias("evidence"),
    ).cast(EXCLUSION_SCHEMA)  # type: ignore[arg-type]


def _given(found: pl.DataFrame, compared: pl.DataFrame, policy: Deduplicated) -> pl.DataFrame:
    """Copies whose fields their kept record may take: kept, record_id; the best copy first."""
    merging = {
        "exact_duplicate": policy.exact == "merge",
        "near_duplicate": policy.near == "merge",
        "short_duplicate": policy.near == "merge",
        "semantic_duplicate": policy.semantic is not None and policy.semantic.strategy == "merge",
    }
    rules = [rule for rule, merges in merging.items() if merges]
    given = found.filter(pl.col("rule").is_in(rules)).select("kept", "record_id")
    if given.is_empty():
        return given
    return (
        compared.select("record_id")
        .join(given, on="record_id", maintain_order="left")
        .select("kept", "record_id")
    )


def _without_surplus(
    frame: pl.DataFrame,
    candidates: pl.DataFrame,
    found: pl.DataFrame,
    policy: Deduplicated,
    evidence: Evidence,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take out, of what would stay, what is too much of a template; with the edges to what stays.

    Copies of such a record name the one of the template that stays: they are as like it as their
    masked texts are.
    """
    if policy.templates is None:
        return found, _template_edges(found.clear())
    text = _raw_text(list(policy.compare))
    texts = frame.select("record_id", masked(text).alias("masked"))
    staying = candidates.join(texts, on="record_id", maintain_order="left").join(
        found, on="record_id", how="anti", maintain_order="left"
    )
    too_many = surplus(
        staying.select("record_id", "label", "masked"), policy, len(candidates), evidence
    )
    added = too_many.select(
        "record_id", pl.lit("template_duplicate").alias("rule"), "kept", "similarity"
    )
    stays = dict(added.select("record_id", "kept").iter_rows())
    masks: Mapping[str, str] = dict(texts.iter_rows()) if stays else {}

    def moved(copy: tuple[str, str, str, float]) -> tuple[str, str, str, float]:
        record, _, kept, _ = copy
        if kept not in stays:
            return copy
        both = masks[record], masks[stays[kept]]
        similarity = masked_similarity(*both, policy.shingle_characters)
        return record, "template_duplicate", stays[kept], similarity

    others = pl.DataFrame(list(map(moved, found.iter_rows())), schema=COPY_SCHEMA, orient="row")
    return pl.concat([others, added]), _template_edges(added)


def _raw_text(columns: list[str]) -> pl.Expr:
    parts = [
        pl.col("context").list.eval(pl.element().struct.field("content")).list.join("\n")
        if name == "context"
        else pl.col(name)
        for name in columns
    ]
    return pl.concat_str(parts, separator="\n", ignore_nulls=True)


def _copy_exclusions(found: pl.DataFrame) -> pl.DataFrame:
    reason = pl.col("rule").replace_strict(_REASONS, return_dtype=pl.String)
    similarity = pl.col("similarity").round(6)
    return exclusions(
        found.lazy(), rule=pl.col("rule"), reason=reason, kept=pl.col("kept"), similarity=similarity
    ).collect()


def _edges(compared: pl.DataFrame, likes: Likeness) -> pl.DataFrame:
    """Edges between records: a star in each group of equal texts, and between near texts' stars."""
    ids = compared.select("place", "record_id").sort("record_id")
    first = ids.group_by("place").agg(pl.col("record_id").first().alias("first"))
    equal = (
        ids.join(first, on="place")
        .filter(pl.col("record_id") != pl.col("first"))
        .select(
            pl.col("first").alias("left"),
            pl.col("record_id").alias("right"),
            similarity=1.0,
            kind=pl.lit("exact"),
        )
    )
    near = (
        likes.pairs.join(first, left_on="left", right_on="place")
        .join(first, left_on="right", right_on="place", suffix="_right")
        .select(
            pl.min_horizontal("first", "first_right").alias("left"),
            pl.max_horizontal("first", "first_right").alias("right"),
            "similarity",
            "kind",
        )
    )
    return pl.concat([equal, near]).sort("left", "right")


def _template_edges(added: pl.DataFrame) -> pl.DataFrame:
    return added.select(
        pl.min_horizontal("record_id", "kept").alias("left"),
        pl.max_horizontal("record_id", "kept").alias("right"),
        "similarity",
        kind=pl.lit("template"),
    )


def _clusters(edges: pl.DataFrame, compared: pl.DataFrame, likes: Likeness) -> pl.DataFrame:
    clusters = components(edges).rename({"key": "record_id", "root": "cluster_id"})
    places = pl.Series(sorted(likes.chains), dtype=pl.Int64)
    chained = compared.filter(pl.col("place").is_in(places.implode()))["record_id"]
    chain = pl.col("record_id").is_in(chained.implode()).alias("chain")
    return clusters.with_columns(chain)
