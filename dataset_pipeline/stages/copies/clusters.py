"""Pairs of near texts, of either kind, and what hangs together by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.stages.copies.folded import Some, Texts
from dataset_pipeline.stages.copies.semantic import alike
from dataset_pipeline.stages.copies.similarity import Near, Settings, connected, near, renewed
from dataset_pipeline.stages.copies.sketches import Positions
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.evidence import Evidence

NEAR, SHORT = "near", "short"
SHORT_SHINGLE = 3
# A script without spaces has no words: what has more characters than this a word is not short.
_WORD = 10
# Within a cluster all pairs are measured, for so many texts; of more, those with the first.
_MEASURED = 32
_BAND, _BITS = "band_", "bits_"
# The buckets of more bands would be as much to remember as the signatures themselves.
_MOST_BANDS = 64

PAIR_SCHEMA = {
    "left": pl.Int64,
    "right": pl.Int64,
    "similarity": pl.Float64,
    "kind": pl.String,
}


@dataclass(frozen=True)
class Likeness:
    """Which texts, by position, are near.

    ``pairs`` (left, right, similarity, kind: near, short or semantic); ``chains``: positions of
    texts whose cluster, of near and short pairs, has members that are not near each other;
    ``crowds``: groups of texts too much alike to give all their pairs; ``unpaired``: texts in them
    that were not held to all leaders; ``found`` and ``buckets``: as the searches gave them
    (``Known``).
    """

    pairs: pl.DataFrame
    chains: frozenset[int]
    crowds: int
    unpaired: int
    found: pl.DataFrame
    buckets: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Known:
    """What earlier searches found: pairs (``PAIR_SCHEMA``), and the buckets of the texts they saw.

    ``whole``: none of those texts is gone.
    ``buckets``: of each search, the ``place`` of each text, a column a band, and some bits.
    """

    pairs: pl.DataFrame
    buckets: Mapping[str, pl.DataFrame]
    whole: bool


def likeness(
    texts: Texts,
    short: NDArray[np.bool_],
    policy: Deduplicated,
    evidence: Evidence,
    known: Known | None = None,
) -> Likeness:
    """Near pairs of distinct texts, the better one first; what is ``known`` is not sought again.

    ``short``: which of them are (``short_ones``).
    """
    everywhere = np.arange(len(texts))
    searches = [(NEAR, everywhere, policy.shingle_characters, policy.threshold)]
    if policy.short_threshold is not None:
        searches.append((SHORT, np.flatnonzero(short), SHORT_SHINGLE, policy.short_threshold))
    found, buckets = [], {}
    crowds = unpaired = 0
    for search, places, size, threshold in searches:
        settings: Settings = {
            "size": size,
            "threshold": threshold,
            "permutations": policy.permutations,
            "evidence": evidence,
        }
        some = _searched(Some(texts, places), places, search, settings, known)
        crowds += some.crowds
        unpaired += some.unpaired
        found.append(_pairs(places[some.left], places[some.right], some.similarity, search))
        if len(some.buckets) <= _MOST_BANDS:
            columns = {**_columns(_BAND, some.buckets), **_columns(_BITS, some.bits)}
            buckets[search] = pl.DataFrame({"place": places, **columns})
    every = pl.concat(found)
    both = pl.Series(short[every["left"].to_numpy()] & short[every["right"].to_numpy()])
    told = every.filter((pl.col("kind") == SHORT) | ~both)
    pairs, chains = _completed(texts, told, policy)
    if policy.semantic is not None:
        same = alike(texts.gather(everywhere), policy.semantic, evidence)
        meant = _pairs(same.left, same.right, same.similarity, "semantic")
        meant = meant.join(pairs, on=["left", "right"], how="anti")
        pairs = pl.concat([pairs, meant]).sort("left", "right")
        crowds += same.crowds
        unpaired += same.unpaired
    return Likeness(pairs, chains, crowds, unpaired, every, buckets)


def _searched(
    texts: Texts, places: Positions, search: str, settings: Settings, known: Known | None
) -> Near:
    """The near pairs of these texts, which stand at these places among all."""
    if known is None or search not in known.buckets:
        return near(texts, **settings)
    mine = known.pairs.filter(pl.col("kind") == search)
    left, right = (np.searchsorted(places, mine[name].to_numpy()) for name in ("left", "right"))
    seen = known.buckets[search]
    old = np.searchsorted(places, seen["place"].to_numpy())
    fresh, aside = np.ones(len(texts), np.bool_), np.zeros(len(texts), np.bool_)
    fresh[old] = False
    buckets, bits = (_spread_out(seen, name, old, len(texts)) for name in (_BAND, _BITS))
    earlier = Near(left, right, mine["similarity"].to_numpy(), 0, 0, aside, buckets, bits)
    return renewed(earlier, texts, fresh, whole=known.whole, **settings)


def _columns(name: str, matrix: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {f"{name}{number}": row for number, row in enumerate(matrix)}


def _spread_out(seen: pl.DataFrame, name: str, places: Positions, count: int) -> NDArray[Any]:
    """Columns as rows of a matrix, each value at the place of its text; 0 for other texts."""
    columns = [column for column in seen.iter_columns() if column.name.startswith(name)]
    made = np.zeros((len(columns), count), columns[0].to_numpy().dtype)
    for row, column in zip(made, columns, strict=True):
        row[places] = column.to_numpy()
    return made


def short_ones(texts: pl.Series, policy: Deduplicated) -> NDArray[np.bool_]:
    """Which texts the rule for short ones holds for, where there is one."""
    if policy.short_threshold is None:
        return np.zeros(len(texts), np.bool_)
    words = texts.str.count_matches(r"\s+") + 1
    within = texts.str.len_chars() < policy.short_words * _WORD
    return ((words < policy.short_words) & within).to_numpy()


def _pairs(
    left: Positions, right: Positions, similarity: NDArray[np.float64], kind: str
) -> pl.DataFrame:
    columns = {"left": left, "right": right, "similarity": similarity}
    return pl.DataFrame(columns).with_columns(kind=pl.lit(kind)).cast(PAIR_SCHEMA)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Measured:
    """The exact similarity of pairs by the rule that holds for them, and which are near by it."""

    similarity: NDArray[np.float64]
    near: NDArray[np.bool_]
    short: NDArray[np.bool_]


def measured(texts: Texts, left: Positions, right: Positions, policy: Deduplicated) -> Measured:
    """Measure pairs of positions: two short texts by the rule for short ones, others by theirs."""
    used, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    left, right = places[: len(left)], places[len(left) :]
    asked = texts.gather(used)
    short = short_ones(asked, policy)
    both = short[left] & short[right]
    values, found = asked.to_list(), np.empty(len(left))
    for which, size in ((~both, policy.shingle_characters), (both, SHORT_SHINGLE)):
        found[which] = similarities(values, left[which], right[which], size)
    least = np.where(both, policy.short_threshold or 1.0, policy.threshold)
    return Measured(found, found >= least, both)


def _completed(
    texts: Texts, pairs: pl.DataFrame, policy: Deduplicated
) -> tuple[pl.DataFrame, frozenset[int]]:
    """Measure the pairs within each cluster that no bucket brought together; and chains."""
    members = _members(pairs)
    several = pl.Series([place for group in members for place in group], dtype=pl.Int64)
    mine = pairs.filter(pl.col("left").is_in(several.implode()))
    edges = set(mine.select("left", "right").iter_rows())
    unseen = [pair for group in members for pair in _all_pairs(group) if pair not in edges]
    if not unseen:
        return pairs.sort("left", "right"), frozenset()
    left, right = np.array(unseen, np.int64).T
    found = measured(texts, left, right, policy)
    added = [pairs]
    for which, kind in ((~found.short, NEAR), (found.short, SHORT)):
        enough = which & found.near
        added.append(_pairs(left[enough], right[enough], found.similarity[enough], kind))
    apart = set(left[~found.near].tolist())
    chains = frozenset(place for group in members if apart.intersection(group) for place in group)
    return pl.concat(added).sort("left", "right"), chains


def _members(pairs: pl.DataFrame) -> list[list[int]]:
    """Clusters of three texts or more, each in order."""
    places = pl.concat([pairs["left"], pairs["right"]]).unique().sort()
    at = {name: places.search_sorted(pairs[name]).to_numpy() for name in ("left", "right")}
    label = connected(len(places), at["left"], at["right"])
    groups = pl.DataFrame({"place": places, "label": label}).group_by("label", maintain_order=True)
    return groups.agg("place").filter(pl.col("place").list.len() > 2)["place"].to_list()


def _all_pairs(group: list[int]) -> list[tuple[int, int]]:
    if len(group) <= _MEASURED:
        return list(combinations(group, 2))
    return [(group[0], other) for other in group[1:]]
