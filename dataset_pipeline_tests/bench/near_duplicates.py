"""Near duplicates, text to verified pairs: ours, and datasketch's own MinHash and LSH.

    python -m dataset_pipeline_tests.bench.near_duplicates make texts.parquet 200000
    python -m dataset_pipeline_tests.bench.near_duplicates ours|peer|datatrove texts.parquet
    python -m dataset_pipeline_tests.bench.near_duplicates recall texts.parquet 3000

``ours`` and ``peer`` print {"seconds", "pairs"}: the same shingles, permutations and bands, every
candidate verified by exact Jaccard. Our time is that from texts to verified clusters, the peer's
that of making, inserting and querying signatures alone: what it would take to verify is ours to
do, not datasketch's. ``datatrove`` prints {"seconds", "removed"} of its MinHash pipeline, from
texts to clusters, unverified, with the same shingles and bands on all cores; {} where it is not
installed. ``recall`` prints which share of the pairs that
an exhaustive search finds among some texts each of the two finds.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from dataset_pipeline.stages.copies.minhash import SCHEME, SEED, shingles
from dataset_pipeline.stages.copies.similarity import bands, connected, jaccard, near
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.texts import comparison_text
from dataset_pipeline_tests.bench.corpus import corpus

SIZE, THRESHOLD, PERMUTATIONS = 5, 0.8, 128

Pairs = set[tuple[int, int]]


def make(path: Path, count: int) -> None:
    """Write ``count`` distinct texts, as they are compared."""
    text = comparison_text(["text"]).alias("text")
    corpus(count).select(text).unique(maintain_order=True).write_parquet(path)


def ours(texts: list[str]) -> tuple[Pairs, float]:
    """Pairs that the stage finds, and the seconds from texts to clusters."""
    started = time.perf_counter()
    found = near(
        pl.Series("text", texts, pl.String),
        size=SIZE,
        threshold=THRESHOLD,
        permutations=PERMUTATIONS,
        evidence=found_here,
    )
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    connected(len(texts), found.left, found.right)
    return pairs, time.perf_counter() - started


def peer(texts: list[str]) -> tuple[Pairs, float]:
    """Pairs that datasketch finds, and the seconds until all have been queried."""
    from datasketch import MinHash, MinHashLSH

    started = time.perf_counter()
    encoded = ([shingle.encode() for shingle in shingles(text, SIZE)] for text in texts)
    signed = MinHash.bulk(encoded, num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME)
    index = MinHashLSH(num_perm=PERMUTATIONS, params=bands(PERMUTATIONS, THRESHOLD))
    with index.insertion_session() as session:
        for position, signature in enumerate(signed):
            session.insert(position, signature)
    found = [index.query(signature) for signature in signed]
    seconds = time.perf_counter() - started
    pairs = {(o, position) for position, near_it in enumerate(found) for o in near_it}
    ordered = sorted((left, right) for left, right in pairs if left < right)
    left, right = np.array(ordered, np.int64).reshape(-1, 2).T
    enough = similarities(texts, left, right, SIZE) >= THRESHOLD
    return set(zip(left[enough].tolist(), right[enough].tolist(), strict=True)), seconds


def datatrove(texts: list[str]) -> dict[str, float]:
    """Seconds of datatrove's signatures, buckets and clusters, and how many texts would go."""
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Characters(WordTokenizer):
        """So that a shingle is five characters, as it is with us."""

        def word_tokenize(self, text: str) -> list[str]:
            return list(text)

        def sent_tokenize(self, text: str) -> list[str]:
            return [text]

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            return [(0, len(text))]

    def documents(_data: object, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        for position in range(rank, len(texts), world_size):
            yield Document(texts[position], str(position))

    cores = os.cpu_count() or 1
    number, rows = bands(PERMUTATIONS, THRESHOLD)
    config = MinhashConfig(n_grams=SIZE, num_buckets=number, hashes_per_bucket=rows)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        signatures, buckets, removed = (str(folder / part) for part in ("signed", "found", "out"))
        signing = MinhashDedupSignature(signatures, config=config, language=Characters())
        steps = (
            (cores, [documents, signing]),
            (number, [MinhashDedupBuckets(signatures, buckets, config=config)]),
            (1, [MinhashDedupCluster(buckets, removed, config=config)]),
        )
        started = time.perf_counter()
        for position, (tasks, pipeline) in enumerate(steps):
            LocalPipelineExecutor(
                pipeline, tasks, workers=cores, logging_dir=str(folder / f"log-{position}")
            ).run()
        seconds = time.perf_counter() - started
        gone = sum(path.stat().st_size // 4 for path in Path(removed).glob("*.remove"))
    return {"seconds": seconds, "removed": gone}


def exhaustive(texts: list[str]) -> Pairs:
    """All pairs, by an inverted index of shingles."""
    sets = [shingles(text, SIZE) for text in texts]
    places: dict[str, list[int]] = {}
    for position, found in enumerate(sets):
        for shingle in found:
            places.setdefault(shingle, []).append(position)
    # Near texts share most of their shingles, so also some of their rarest.
    pairs: Pairs = set()
    for position, found in enumerate(sets):
        rarest = sorted(found, key=lambda shingle: (len(places[shingle]), shingle))
        for shingle in rarest[: len(found) - int(len(found) * THRESHOLD) + 1]:
            pairs.update((min(o, position), max(o, position)) for o in places[shingle])
    return {(a, b) for a, b in pairs if a != b and jaccard(sets[a], sets[b]) >= THRESHOLD}


def measured(find: Callable[[list[str]], tuple[Pairs, float]], texts: list[str]) -> str:
    """Seconds and the number of pairs, as JSON."""
    pairs, seconds = find(texts)
    return json.dumps({"seconds": seconds, "pairs": len(pairs)})


def recall(texts: list[str]) -> dict[str, float]:
    """Which share of all pairs each finds, and how many of its pairs are none."""
    wanted = exhaustive(texts)
    found = {"ours": ours(texts)[0], "peer": peer(texts)[0]}
    shares = {name: len(pairs & wanted) / len(wanted) for name, pairs in found.items()}
    return {**shares, "wrong": len(found["ours"] - wanted), "pairs": len(wanted)}


def main(what: str, path: str, count: str = "0") -> None:
    """One of the steps above."""
    if what == "make":
        make(Path(path), int(count))
        return
    texts = pl.read_parquet(path)["text"].to_list()
    if what == "datatrove":
        print(json.dumps(datatrove(texts) if find_spec("datatrove") else {}))
    elif what == "recall":
        print(json.dumps(recall(texts[: int(count)] if int(count) else texts)))
    else:
        print(measured({"ours": ours, "peer": peer}[what], texts))


if __name__ == "__main__":
    main(*sys.argv[1:])
