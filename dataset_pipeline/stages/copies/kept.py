"""Which records of near and equal texts stay, and for the sake of which others go."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.similarity import first_ones
from dataset_pipeline.stages.copies.sketches import Positions

COPY_SCHEMA = {
    "record_id": pl.String,
    "rule": pl.String,
    "kept": pl.String,
    "similarity": pl.Float64,
}
_RULES = {
    "near": "near_duplicate",
    "short": "short_duplicate",
    "semantic": "semantic_duplicate",
}


def copies(candidates: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Records that repeat a kept one (``COPY_SCHEMA``), in the order of ``candidates``.

    ``candidates``: record_id, place (of its text); the best record first. ``pairs``: near texts
    (left, right, similarity, kind), ``left`` the better one. A text near a better one that stays
    goes, and its records with it; of those of a text that stays only the first does.
    """
    place = candidates["place"].to_numpy()
    first = firsts(place, 1 + max(place.max(initial=-1), pairs["right"].max() or 0))
    told = pl.Series(first >= 0)
    known = pairs.filter(told.gather(pairs["left"]) & told.gather(pairs["right"]))
    stays = first_ones(len(first), known["left"].to_numpy(), known["right"].to_numpy())
    ids = candidates["record_id"]
    reasons = _reasons(known, stays, ids.gather(first[known["left"].to_numpy()]).alias("kept"))
    repeats = ~stays[place] | (first[place] != np.arange(len(place)))
    return (
        candidates.select("record_id", "place")
        .filter(repeats)
        .with_columns(ids.gather(first[place[repeats]]).alias("first"))
        .join(reasons, left_on="place", right_on="right", how="left", maintain_order="left")
        .select(
            "record_id",
            pl.col("rule").fill_null("exact_duplicate"),
            pl.coalesce("kept", "first").alias("kept"),
            pl.col("similarity").fill_null(1.0),
        )
        .cast(COPY_SCHEMA)  # type: ignore[arg-type]
    )


def firsts(values: Positions, count: int) -> Positions:
    """For each number below ``count`` where it stands first among ``values``, or else -1."""
    found = np.full(count, -1)
    found[values[::-1]] = np.arange(len(values))[::-1]
    return found


def repeated(values: Positions) -> NDArray[np.bool_]:
    """Which of the numbers occur more than once."""
    found: NDArray[np.bool_] = np.bincount(values)[values] > 1
    return found


def _reasons(pairs: pl.DataFrame, stays: NDArray[np.bool_], kept: pl.Series) -> pl.DataFrame:
    """Of each text that goes (``right``) the likest that stays: rule, ``kept`` record, similarity.

    What is like in its characters comes before what only means the same.
    """
    left, right = (pairs[name].to_numpy() for name in ("left", "right"))
    by_characters = pl.col("kind") != "semantic"
    return (
        pairs.with_columns(kept, rule=pl.col("kind").replace_strict(_RULES, return_dtype=pl.String))
        .filter(pl.Series(stays[left] & ~stays[right]))
        .sort(by_characters, "similarity", "kept", "rule", descending=True)
        .unique("right", keep="first", maintain_order=True)
        .select("right", "rule", "kept", "similarity")
    )
