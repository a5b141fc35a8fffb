"""``splits``: train, validation and test as they are published, and the proof that none leaks."""

import polars as pl

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.records import SPLITS, no_exclusions
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.texts import comparison_text

VERSION = "1"
LEAKAGE_SCHEMA = {"kind": pl.String, "checked": pl.UInt32, "shared": pl.UInt32}


def splits(
    records: pl.LazyFrame, clusters: pl.DataFrame, policy: Clean, compared: Deduplicated
) -> StageResult:
    """Nothing is taken out here any more. Tables:

    ``leakage`` (what was checked, how much two splits share: must be 0 throughout; where ``clean``
    does not mend validation, validation and test count as one),
    ``shares`` (records by split, label, source, origin, language).
    """
    frame = records.collect()
    leaks = leakage(frame, clusters, policy, compared)
    shares = (
        frame.group_by("split", "label", "source_id", "origin", "language")
        .len("records")
        .cast({"split": pl.String, "origin": pl.String})
        .sort("split", "label", "source_id", "origin", "language", nulls_last=True)
    )
    counts = {name: float((frame["split"] == name).sum()) for name in SPLITS}
    metrics = {**counts, "leaks": float(leaks["shared"].sum())}
    tables = {"leakage": leaks, "shares": shares}
    return StageResult(frame.lazy(), no_exclusions(), metrics, tables)


def leakage(
    frame: pl.DataFrame, clusters: pl.DataFrame, policy: Clean, compared: Deduplicated
) -> pl.DataFrame:
    """Groups, near-duplicate clusters, texts and ids that stand in more than one split.

    Groups of sources that come with their own split are checked as all others.
    """
    joined = frame.join(clusters, on="record_id", how="left").with_columns(
        comparison_text(list(compared.compare)).alias("text"), _side(policy).alias("side")
    )
    kinds = {
        "record": "record_id",
        "group": "group_id",
        "near_duplicate_cluster": "cluster_id",
        "text": "text",
    }
    rows = [{"kind": kind, **_shared(joined, column)} for kind, column in kinds.items()]
    rows.append({"kind": "parent_held_out", **_held_out_parents(frame)})
    return pl.DataFrame(rows, schema=LEAKAGE_SCHEMA)


def _side(policy: Clean) -> pl.Expr:
    """What must not overlap: the three splits, or train and all that is held out."""
    split = pl.col("split").cast(pl.String)
    if policy.mend_validation:
        return split
    return pl.when(split == "train").then(split).otherwise(pl.lit("held_out"))


def _shared(frame: pl.DataFrame, column: str) -> dict[str, int]:
    spread = (
        frame.drop_nulls(column).group_by(column).agg(pl.col("side").n_unique().alias("splits"))
    )
    return {"checked": spread.height, "shared": spread.filter(pl.col("splits") > 1).height}


def _held_out_parents(frame: pl.DataFrame) -> dict[str, int]:
    """Train records made from a held-out one."""
    children = frame.filter(pl.col("split") == "train").select("parents").explode("parents")
    parents = children.drop_nulls()["parents"].unique()
    held = frame.filter(pl.col("split") != "train")["record_id"]
    return {"checked": len(parents), "shared": int(parents.is_in(held.implode()).sum())}
