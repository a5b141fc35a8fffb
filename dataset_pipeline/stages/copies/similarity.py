"""How alike two texts are: MinHash and LSH to find candidates, exact Jaccard to decide.

Texts are compared as sets of character shingles, so that short texts and small edits count.
Broder, "On the resemblance and containment of documents", 1997; Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", ch. 3, for banding.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import polars as pl

from dataset_pipeline.stages.copies.minhash import shingles, signatures
from dataset_pipeline.stages.spread import Spread, here

_RECALL = 0.99

PAIRS_SCHEMA = {"left": pl.String, "right": pl.String, "similarity": pl.Float64}


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over size of the union."""
    common = len(left & right)
    return common / (len(left) + len(right) - common)


def bands(permutations: int, threshold: float, recall: float = _RECALL) -> tuple[int, int]:
    """(bands, rows): the most rows a band with which a pair at the threshold is found with recall.

    A pair of similarity s becomes a candidate with probability 1 - (1 - s**rows)**bands. There are
    two bands at the least.
    """
    for rows in range(permutations // 2, 0, -1):
        count = permutations // rows
        if 1 - (1 - threshold**rows) ** count >= recall:
            return count, rows
    return permutations, 1


def near_pairs(
    texts: Mapping[str, str],
    *,
    size: int,
    threshold: float,
    permutations: int,
    spread: Spread = here,
) -> pl.DataFrame:
    """Pairs of keys whose texts' exact Jaccard is at least ``threshold``: left < right."""
    keys = sorted(texts)
    sign = partial(signatures, size=size, permutations=permutations)
    signed = spread(sign, [texts[key] for key in keys]) if len(keys) > 1 else []
    sets: dict[str, frozenset[str]] = {}
    rows = []
    for first, second in sorted(_candidates(signed, *bands(permutations, threshold))):
        left, right = keys[first], keys[second]
        for key in (left, right):
            if key not in sets:
                sets[key] = shingles(texts[key], size)
        if (similarity := jaccard(sets[left], sets[right])) >= threshold:
            rows.append((left, right, similarity))
    return pl.DataFrame(rows, schema=PAIRS_SCHEMA, orient="row")


def _candidates(signed: Sequence[bytes], count: int, rows: int) -> set[tuple[int, int]]:
    """Pairs of positions, the smaller first, that agree in all rows of at least one band."""
    width = 4 * rows
    pairs: set[tuple[int, int]] = set()
    for band in range(count):
        buckets: dict[bytes, list[int]] = {}
        for position, signature in enumerate(signed):
            bucket = buckets.setdefault(signature[band * width : (band + 1) * width], [])
            pairs.update((other, position) for other in bucket)
            bucket.append(position)
    return pairs


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


def components(keys: Iterable[str], pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Each key's connected component, named by its smallest key."""
    root = {key: key for key in keys}

    def find(key: str) -> str:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for left, right in pairs:
        first, second = sorted((find(left), find(right)))
        root[second] = first
    return {key: find(key) for key in root}
