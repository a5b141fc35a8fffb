"""Trees over many records, and proofs taken from them.

    python -m dataset_pipeline_tests.bench.record_tree make FOLDER 1000000
    python -m dataset_pipeline_tests.bench.record_tree build FOLDER
    python -m dataset_pipeline_tests.bench.record_tree prove FOLDER 500

``make`` writes records as a stage stores them and, for ``sha256sum``, as a package does. ``build``
folds the texts, builds the trees and writes them; it prints its seconds. ``prove`` prints how long
it takes to prove that a text is there, or that one is not, and how large these proofs are.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import polars as pl

from dataset_pipeline.certify.record_files import StoredTrees, write_trees
from dataset_pipeline.certify.record_names import folded, text_digest
from dataset_pipeline.certify.record_proof import ABSENT, PRESENT, VERSION, proof_bytes
from dataset_pipeline.certify.record_tree import record_trees
from dataset_pipeline.records import SPLITS, record_ids
from dataset_pipeline.stages.texts import comparison_text
from dataset_pipeline_tests.bench.corpus import corpus

_PART = 100_000
_NAME = "Tickets_of_a_Bench_v1.0.0_2026-05-01"


def make(folder: Path, count: int) -> None:
    """Write ``records.parquet`` and ``records.jsonl``."""
    folder.mkdir(parents=True, exist_ok=True)
    split = pl.col("id").hash(seed=1) % 10
    tickets = corpus(min(count, _PART))
    parts = [_numbered(tickets, at) for at in range(0, count, _PART)]
    records = pl.concat(parts).select(
        record_ids("tickets", pl.col("id")),
        pl.col("text").alias("prompt"),
        pl.col("answer").alias("completion"),
        pl.when(split < 8)
        .then(pl.lit(SPLITS[0]))
        .when(split == 8)
        .then(pl.lit(SPLITS[1]))
        .otherwise(pl.lit(SPLITS[2]))
        .alias("split"),
    )
    records.write_parquet(folder / "records.parquet", compression="zstd")
    records.write_ndjson(folder / "records.jsonl")


def _numbered(tickets: pl.DataFrame, number: int) -> pl.DataFrame:
    """The same tickets under other ids, with other words at their end."""
    return tickets.with_columns(
        *(pl.concat_str(pl.col(name), pl.lit(f" {number}")) for name in ("id", "text"))
    )


def build(folder: Path) -> float:
    """Build and write the trees; seconds."""
    started = time.perf_counter()
    text = comparison_text(["prompt"]).alias("text")
    records = pl.scan_parquet(folder / "records.parquet").select("record_id", text, "split")
    trees = record_trees(records, bytes(32))
    write_trees(trees, folder / "trees", folder)
    (folder / "committed.json").write_text(json.dumps(trees.commitment()), "utf-8")
    return time.perf_counter() - started


def prove(folder: Path, count: int) -> dict[str, float]:
    """Of ``count`` proofs of each kind: median milliseconds, median and most bytes."""
    committed = json.loads((folder / "committed.json").read_text("utf-8"))
    records = pl.scan_parquet(folder / "records.parquet").filter(split=SPLITS[0])
    texts = records.select("prompt").head(count).collect()["prompt"].to_list()
    told: dict[str, float] = {}
    for says, tree, asked in (
        (PRESENT, SPLITS[0], texts),
        (ABSENT, VERSION, [f"never {number}" for number in range(count)]),
    ):
        seconds, sizes = [], []
        for text in asked:
            started = time.perf_counter()
            digest = text_digest(folded(text))
            statement = StoredTrees(folder / "trees", committed).prove(tree, digest)
            sizes.append(len(proof_bytes(_NAME, [statement])))
            seconds.append(time.perf_counter() - started)
            if statement.says != says:
                raise SystemExit(f"{statement.says}, and should be {says}")
        told[f"{says}_ms"] = 1000 * statistics.median(seconds)
        told[f"{says}_bytes"] = statistics.median(sizes)
        told[f"{says}_most_bytes"] = max(sizes)
    return told


def main(what: str, folder: str, count: str = "0") -> None:
    """One of the three."""
    if what == "make":
        make(Path(folder), int(count))
    else:
        told = build(Path(folder)) if what == "build" else prove(Path(folder), int(count))
        print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
