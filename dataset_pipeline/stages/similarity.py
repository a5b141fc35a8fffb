"""How alike two texts are: MinHash and LSH to find candidates, exact Jaccard to decide.

Texts are compared as sets of character shingles, so that short texts and small edits count.
Broder, "On the resemblance and containment of documents", 1997; Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", ch. 3, for banding.
"""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

SEED = 1
SCHEME = "affine32"
_RECALL = 0.99

PAIRS_SCHEMA = {"left": pl.String, "right": pl.String, "similarity": pl.Float64}


def shingles(text: str, size: int) -> frozenset[str]:
    """All substrings of ``size`` characters; a shorter text is its own only shingle."""
    return frozenset(text[i : i + size] for i in range(max(len(text) - size, 0) + 1))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over size of the union."""
    common = len(left & right)
    return common / (len(left) + len(right) - common)


def bands(permutations: int, threshold: float, recall: float = _RECALL) -> tuple[int, int]:
    """(bands, rows): the most rows a band with which a pair at the threshold is found with recall.

    A pair of similarity s becomes a candidate with probability 1 - (1 - s**rows)**bands. There are
    two bands at the least (datasketch asks for them).
    """
    for rows in range(permutations // 2, 0, -1):
        count = permutations // rows
        if 1 - (1 - threshold**rows) ** count >= recall:
            return count, rows
    return permutations, 1


def near_pairs(
    texts: Mapping[str, str], *, size: int, threshold: float, permutations: int
) -> pl.DataFrame:
    """Pairs of keys whose texts' exact Jaccard is at least ``threshold``: left < right."""
    sets = {key: shingles(text, size) for key, text in sorted(texts.items())}
    rows = [
        (left, right, similarity)
        for left, right in sorted(_candidates(sets, threshold, permutations))
        if (similarity := jaccard(sets[left], sets[right])) >= threshold
    ]
    return pl.DataFrame(rows, schema=PAIRS_SCHEMA, orient="row")


def _candidates(
    sets: Mapping[str, frozenset[str]], threshold: float, permutations: int
) -> set[tuple[str, str]]:
    from datasketch import MinHash, MinHashLSH

    if len(sets) < 2:
        return set()
    index = MinHashLSH(num_perm=permutations, params=bands(permutations, threshold))
    encoded = ([shingle.encode() for shingle in values] for values in sets.values())
    signatures = MinHash.bulk(encoded, num_perm=permutations, seed=SEED, scheme=SCHEME)
    pairs: set[tuple[str, str]] = set()
    for key, signature in zip(sets, signatures, strict=True):
        pairs.update((min(key, other), max(key, other)) for other in index.query(signature))
        index.insert(key, signature, check_duplication=False)
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
