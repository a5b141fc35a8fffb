"""How alike two texts are: MinHash and LSH to find candidates, exact Jaccard to decide.

Texts are compared as sets of character shingles, so that short texts and small edits count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.candidates import (
    Buckets,
    bands,
    buckets_of,
    candidates,
)
from dataset_pipeline.stages.copies.folded import Texts
from dataset_pipeline.stages.copies.minhash import shingles, signed
from dataset_pipeline.stages.copies.signing import detector, matrix
from dataset_pipeline.stages.copies.sketches import (
    Positions,
    Sketches,
    Words,
    bits_of,
    sketched,
    sketched_later,
)
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.evidence import Evidence, found_here
from dataset_pipeline.stages.spread import Spread, here

__all__ = [
    "Near",
    "bands",
    "connected",
    "jaccard",
    "matches",
    "near",
    "near_pairs",
    "renewed",
    "shingles",
    "united",
]


class Settings(TypedDict):
    """Of a search for near texts."""

    size: int
    threshold: float
    permutations: int
    evidence: Evidence


PAIRS_SCHEMA = {"left": pl.String, "right": pl.String, "similarity": pl.Float64}


@dataclass(frozen=True)
class Near:
    """Pairs of positions, the smaller first and in order, with their exact Jaccard.

    ``buckets`` and ``bits`` of the texts, a column each (``candidates.buckets_of``,
    ``sketches.bits_of``).
    """

    left: Positions
    right: Positions
    similarity: NDArray[np.float64]
    crowds: int
    unpaired: int
    aside: NDArray[np.bool_]
    buckets: Buckets
    bits: Words


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over size of the union."""
    common = len(left & right)
    return common / (len(left) + len(right) - common)


def near_pairs(  # noqa: PLR0913
    texts: Mapping[str, str],
    *,
    size: int,
    threshold: float,
    permutations: int,
    spread: Spread = here,
    evidence: Evidence | None = None,
) -> pl.DataFrame:
    """Pairs of keys whose texts' exact Jaccard is at least ``threshold``: left < right."""
    keys = sorted(texts)
    ask = evidence or partial(found_here, spread=spread)
    values = pl.Series("text", [texts[key] for key in keys], pl.String)
    found = near(values, size=size, threshold=threshold, permutations=permutations, evidence=ask)
    named = pl.Series(keys, dtype=pl.String)
    return pl.DataFrame(
        {
            "left": named.gather(found.left),
            "right": named.gather(found.right),
            "similarity": found.similarity,
        },
        schema=PAIRS_SCHEMA,
    )


def near(
    texts: Texts, *, size: int, threshold: float, permutations: int, evidence: Evidence
) -> Near:
    """Pairs of texts whose exact Jaccard is at least ``threshold``.

    Of a crowd not all pairs are looked at (see ``crowds``). Every text is still near an earlier
    one that has no earlier one near it, if there is any such pair; but for what is ``unpaired``.
    """
    all_signed = _signed(texts.gather(np.arange(len(texts))), size, permutations, evidence)
    search, buckets = _Search(texts, size, threshold), buckets_of(all_signed, threshold)
    result = search.among(np.arange(len(texts)), sketched(all_signed, threshold), buckets)
    # Whose leader is itself a copy of an earlier text may be near others that it was not held to.
    while (orphans := result.aside & (first := _first_of(len(texts), result))).any():
        places, sketches = np.flatnonzero(first), sketched(all_signed[first], threshold)
        more = search.among(places, sketches, buckets[:, first], orphans[first])
        both = united(result, more)
        if len(both.left) == len(result.left):
            break
        result = replace(both, crowds=result.crowds, unpaired=result.unpaired)
    return result


def renewed(  # noqa: PLR0913
    known: Near,
    texts: Texts,
    fresh: NDArray[np.bool_],
    *,
    whole: bool,
    size: int,
    threshold: float,
    permutations: int,
    evidence: Evidence,
) -> Near:
    """What ``near`` finds among all texts, at little more than the cost of the fresh ones.

    ``known``: what it found among the others, as positions in ``texts`` (smaller first), with their
    buckets and bits; those of fresh ones are filled in, whatever stands there. ``whole``: it
    was found among the very texts that are not fresh, and none besides. Only what shares a
    bucket with a fresh text is looked at: while there are no crowds, whether two texts are a pair
    depends on the two alone. Where there are crowds, then or now, all are searched again.
    """
    if not fresh.any():
        return known
    new = _signed(texts.gather(np.flatnonzero(fresh)), size, permutations, evidence)
    buckets, bits = known.buckets, known.bits
    buckets[:, fresh], bits[:, fresh] = buckets_of(new, threshold), bits_of(new)

    def signatures(asked: Positions) -> NDArray[np.uint32]:
        """Of a few: to make them takes less time than to look them up among all."""
        few = texts.gather(asked).to_list()
        return signed(few, size=size, permutations=permutations)

    sketches = sketched_later(bits, permutations, threshold, signatures)
    search = _Search(texts, size, threshold)
    found = search.among(np.arange(len(texts)), sketches, buckets, fresh, whole=whole)
    if known.crowds or found.crowds:
        return near(
            texts, size=size, threshold=threshold, permutations=permutations, evidence=evidence
        )
    return united(replace(known, aside=found.aside), found)


def _signed(
    texts: pl.Series, size: int, permutations: int, evidence: Evidence
) -> NDArray[np.uint32]:
    if texts.is_empty():
        return np.empty((0, permutations), np.uint32)
    return matrix(evidence(detector(size, permutations), texts)["signature"], permutations)


def united(one: Near, other: Near) -> Near:
    """The pairs of both, once each; the buckets and bits of the first."""
    left = np.concatenate([one.left, other.left])
    right = np.concatenate([one.right, other.right])
    measured = np.concatenate([one.similarity, other.similarity])
    _, places = np.unique((left << 32) | right, return_index=True)
    return Near(
        left[places],
        right[places],
        measured[places],
        one.crowds + other.crowds,
        one.unpaired + other.unpaired,
        one.aside | other.aside,
        one.buckets,
        one.bits,
    )


@dataclass(frozen=True)
class _Search:
    texts: Texts
    size: int
    threshold: float

    def among(
        self,
        chosen: Positions,
        sketches: Sketches,
        buckets: Buckets,
        fresh: NDArray[np.bool_] | None = None,
        *,
        whole: bool = False,
    ) -> Near:
        """Near pairs among these positions, whose sketches and buckets these are.

        ``fresh``: only those with one of these.
        """
        aside = np.zeros(len(self.texts), np.bool_)
        if len(chosen) < 2:
            nothing = np.empty(0, np.int64)
            return Near(nothing, nothing, np.empty(0), 0, 0, aside, buckets, sketches.bits)

        def verified(left: Positions, right: Positions) -> NDArray[np.float64]:
            return self._measured(chosen[left], chosen[right])

        found = candidates(
            sketches,
            buckets,
            lambda left, right: verified(left, right) >= self.threshold,
            fresh,
            whole=whole,
        )
        measured = verified(found.left, found.right)
        enough = measured >= self.threshold
        left, right = chosen[found.left[enough]], chosen[found.right[enough]]
        aside[chosen] = found.aside
        crowds = found.crowds, found.unpaired
        return Near(left, right, measured[enough], *crowds, aside, buckets, sketches.bits)

    def _measured(self, left: Positions, right: Positions) -> NDArray[np.float64]:
        used, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        texts = self.texts.gather(used).to_list()
        return similarities(texts, places[: len(left)], places[len(left) :], self.size)


def _first_of(count: int, found: Near) -> NDArray[np.bool_]:
    return first_ones(count, found.left, found.right)


def first_ones(count: int, left: Positions, right: Positions) -> NDArray[np.bool_]:
    """Which positions have no earlier one of their kind near them: ``left`` is the earlier."""
    order = np.lexsort((left, right))
    copies: set[int] = set()
    for one, other in zip(left[order].tolist(), right[order].tolist(), strict=True):
        if one not in copies:
            copies.add(other)
    first = np.ones(count, np.bool_)
    first[list(copies)] = False
    return first


def matches(
    queries: Mapping[str, str], targets: Mapping[str, str], *, size: int, threshold: float
) -> pl.DataFrame:
    """Pairs of a query (left) and a target (right) with exact Jaccard of at least ``threshold``.

    Counts shared shingles by a join: for few queries against many targets.
    """
    asked, known = _exploded(queries, size), _exploded(targets, size)
    shared = asked.join(known, on="shingle", suffix="_target").group_by("key", "key_target").len()
    return (
        shared.join(_sizes(asked), on="key")
        .join(_sizes(known).rename({"key": "key_target", "size": "target_size"}), on="key_target")
        .with_columns(
            (pl.col("len") / (pl.col("size") + pl.col("target_size") - pl.col("len"))).alias(
                "similarity"
            )
        )
        .filter(pl.col("similarity") >= threshold)
        .select(pl.col("key").alias("left"), pl.col("key_target").alias("right"), "similarity")
        .sort("left", "right")
    )


def _exploded(texts: Mapping[str, str], size: int) -> pl.DataFrame:
    rows = {"key": list(texts), "shingle": [sorted(shingles(t, size)) for t in texts.values()]}
    schema = {"key": pl.String(), "shingle": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=schema).explode("shingle")


def _sizes(exploded: pl.DataFrame) -> pl.DataFrame:
    return exploded.group_by("key").len("size")


def connected(count: int, left: Positions, right: Positions) -> Positions:
    """For each position the smallest that edges connect it with."""
    label = np.arange(count)
    while True:
        lower = label.copy()
        np.minimum.at(lower, left, label[right])
        np.minimum.at(lower, right, label[left])
        np.minimum.at(lower, label, lower)
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower
