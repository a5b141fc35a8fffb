"""``deduplicated``: exact and near copies. One of each is kept, and the clusters are written down.

Held-out records are compared like all others but never taken out here; what of train overlaps
them is taken out in ``clean``.
"""

from collections.abc import Mapping

import polars as pl

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.records import EXCLUSION_SCHEMA, exclusions
from dataset_pipeline.stages.copies.clusters import Known, Likeness, likeness
from dataset_pipeline.stages.copies.compared import Compared, compared
from dataset_pipeline.stages.copies.edges import clusters, edges, stars
from dataset_pipeline.stages.copies.kept import COPY_SCHEMA, copies, repeated
from dataset_pipeline.stages.copies.merged import merged
from dataset_pipeline.stages.copies.recall import chosen, curve, planted_recall
from dataset_pipeline.stages.copies.templates import masked, masked_similarity, surplus
from dataset_pipeline.stages.evidence import Evidence, found_here
from dataset_pipeline.stages.result import Before, StageResult

VERSION = "7"
_BUCKETS = "buckets_"
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
    ``before``: what was noted the last time of records and texts (``Compared``), with the texts'
    buckets and the near pairs among them.
    """
    before = before if before and before.noted else None
    seen = compared(records, policy, source_rank, before)
    short = seen.texts["short"].to_numpy()
    likes = likeness(seen.values, short, policy, evidence, _known(seen, before))
    ranked = seen.records
    conflicts = _conflicting(ranked)
    candidates = ranked.filter("applies", ~pl.col("record_id").is_in(conflicts.implode()))
    found = copies(candidates, likes.pairs)
    given = _given(found, ranked, policy)
    found, template_edges = _without_surplus(records, candidates, found, policy, evidence)
    excluded = pl.concat([_conflict_exclusions(ranked, conflicts), _copy_exclusions(found)])
    filled, taken = merged(records, given)
    kept = filled.join(excluded.lazy(), on="record_id", how="anti")
    alike = stars(ranked, likes.pairs)
    clustered = clusters(alike, likes.pairs, likes.chains)
    planted = planted_recall(
        seen.values.gather(chosen(seen.texts)),
        size=policy.shingle_characters,
        permutations=policy.permutations,
        threshold=policy.threshold,
    )
    metrics = {
        "clusters": float(clustered["cluster_id"].n_unique()),
        "largest_cluster": float(clustered.group_by("cluster_id").len()["len"].max() or 0),  # type: ignore[arg-type]
        "chains": float(clustered.filter("chain")["cluster_id"].n_unique()),
        "crowded_buckets": float(likes.crowds),
        "unpaired_texts": float(likes.unpaired),
        **planted.metrics(),
    }
    tables = {
        "edges": pl.concat([edges(alike, likes.pairs), template_edges]).sort(
            "left", "right", "kind"
        ),
        "clusters": clustered,
        "merged": taken.join(excluded, left_on="kept", right_on="record_id", how="anti"),
        "curve": curve(policy.permutations, policy.threshold),
        "recall": planted.table(),
    }
    changed = taken["kept"].unique()
    noted = _noted(seen, likes)
    return StageResult(kept, excluded.lazy(), metrics, tables, changed=changed, noted=noted)


def _noted(seen: Compared, likes: Likeness) -> dict[str, pl.DataFrame]:
    """Records and texts, and the texts' pairs and buckets by their places.

    Nothing where there are crowds: of those not all pairs are known.
    """
    if likes.crowds:
        return {}
    buckets = {f"{_BUCKETS}{search}": found for search, found in likes.buckets.items()}
    return {**seen.noted(), "pairs": likes.found, **buckets}


def _known(seen: Compared, before: Before | None) -> Known | None:
    """What was noted of texts that are still there, by their places of now."""
    if before is None:
        return None
    moved = pl.Series(seen.moved)
    ends = before.noted["pairs"].with_columns(
        moved.gather(before.noted["pairs"][name]).alias(name) for name in ("left", "right")
    )
    pairs = ends.filter(pl.min_horizontal("left", "right") >= 0).with_columns(
        pl.min_horizontal("left", "right").alias("left"),
        pl.max_horizontal("left", "right").alias("right"),
    )
    buckets = {
        name.removeprefix(_BUCKETS): noted.with_columns(
            moved.gather(noted["place"]).alias("place")
        ).filter(pl.col("place") >= 0)
        for name, noted in before.noted.items()
        if name.startswith(_BUCKETS)
    }
    return Known(pairs, buckets, whole=bool((seen.moved >= 0).all()))


def _conflicting(ranked: pl.DataFrame) -> pl.Series:
    """Ids of records with the same text and another label: nobody can say which is right."""
    mine = ranked.filter("applies").select("record_id", "label", "place")
    several = mine.filter(pl.Series(repeated(mine["place"].to_numpy())))
    labels = pl.col("label").drop_nulls().n_unique().over("place")
    return several.filter(labels > 1)["record_id"]


def _conflict_exclusions(ranked: pl.DataFrame, conflicts: pl.Series) -> pl.DataFrame:
    mine = ranked.filter(pl.col("record_id").is_in(conflicts.implode()))
    evidence = pl.struct(
        labels=pl.col("label").drop_nulls().n_unique().over("place"),
        records=pl.col("record_id").sort().implode().over("place"),
    )
    return mine.select(
        "record_id",
        pl.lit("label_conflict").alias("rule"),
        pl.lit("the same text has different labels").alias("reason"),
        evidence.struct.json_encode().alias("evidence"),
    ).cast(EXCLUSION_SCHEMA)  # type: ignore[arg-type]


def _given(found: pl.DataFrame, ranked: pl.DataFrame, policy: Deduplicated) -> pl.DataFrame:
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
        ranked.select("record_id")
        .join(given, on="record_id", maintain_order="left")
        .select("kept", "record_id")
    )


def _without_surplus(
    records: pl.LazyFrame,
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
    texts = records.select("record_id", masked(text).alias("masked")).collect()
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


def _template_edges(added: pl.DataFrame) -> pl.DataFrame:
    return added.select(
        pl.min_horizontal("record_id", "kept").alias("left"),
        pl.max_horizontal("record_id", "kept").alias("right"),
        "similarity",
        kind=pl.lit("template"),
    )
