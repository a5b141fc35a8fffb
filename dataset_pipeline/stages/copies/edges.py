"""Which records are copies of which: edges between them, and the clusters that these connect."""

from collections.abc import Set

import numpy as np
import polars as pl

from dataset_pipeline.stages.copies.kept import repeated
from dataset_pipeline.stages.copies.similarity import connected


def stars(ranked: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Records whose text another has or is near: place, record_id, the ``first`` id of the text's.

    ``ranked``: record_id, place. ``pairs``: near texts (left, right).
    """
    place = ranked["place"].to_numpy()
    paired = np.zeros(len(place), np.bool_)
    for name in ("left", "right"):
        paired[pairs[name].to_numpy()] = True
    return (
        ranked.select("place", "record_id")
        .filter(pl.Series(repeated(place) | paired[place]))
        .with_columns(pl.col("record_id").min().over("place").alias("first"))
    )


def edges(stars: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """A star in each group of equal texts, and edges between near texts' stars.

    left, right (the greater id), similarity, kind.
    """
    equal = stars.filter(pl.col("record_id") != pl.col("first")).select(
        pl.col("first").alias("left"),
        pl.col("record_id").alias("right"),
        similarity=1.0,
        kind=pl.lit("exact"),
    )
    first = stars.select("place", "first").unique("place")
    near = (
        pairs.join(first, left_on="left", right_on="place")
        .join(first, left_on="right", right_on="place", suffix="_right")
        .select(
            pl.min_horizontal("first", "first_right").alias("left"),
            pl.max_horizontal("first", "first_right").alias("right"),
            "similarity",
            "kind",
        )
    )
    return pl.concat([equal, near])


def clusters(stars: pl.DataFrame, pairs: pl.DataFrame, chains: Set[int]) -> pl.DataFrame:
    """What all edges connect: record_id, cluster_id (the least id in it), chain; by record_id.

    ``chains``: texts whose cluster has members that are not near each other.
    """
    both = np.concatenate([pairs["left"].to_numpy(), pairs["right"].to_numpy()])
    places, numbers = np.unique(both, return_inverse=True)
    label = connected(len(places), *np.split(numbers, 2))
    groups = pl.DataFrame({"place": places, "group": places[label]})
    chained = pl.Series(sorted(chains), dtype=pl.Int64)
    return (
        stars.join(groups, on="place", how="left")
        .select(
            "record_id",
            pl.col("record_id").min().over(pl.coalesce("group", "place")).alias("cluster_id"),
            pl.col("place").is_in(chained.implode()).alias("chain"),
        )
        .sort("record_id")
    )
