"""How many copies of a real benchmark are found in many records, and how often it is a mistake.

``-s`` prints the figures.
"""

import csv
import os
from collections import Counter
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.config.clean import Benchmark
from dataset_pipeline.stages.clean import clean
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.overlap.benchmarks import read_benchmarks
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline_tests.bench.contamination import KINDS, Injected, injected
from dataset_pipeline_tests.stages.frames import records, rules

SHARED = os.environ.get("DATASET_PIPELINE_SHARED_DATA", "")
pytestmark = pytest.mark.skipif(
    not Path(SHARED, "benchmarks/mmlu_dev.jsonl.gz").is_file() or not SHARED,
    reason="DATASET_PIPELINE_SHARED_DATA names no folder that holds benchmarks/mmlu_dev.jsonl.gz",
)
MMLU = {"mmlu": Benchmark(path="benchmarks/mmlu_dev.jsonl.gz", fields=["question"], id="doc_id")}
RECORDS, RECALL, FALSE = 20_000, 0.98, 0.001


@cache
def mmlu() -> pl.DataFrame:
    """A row an answer: each question stands there four times, under as many ids."""
    return read_benchmarks(Path(SHARED), MMLU)


def banking(split: str) -> list[dict[str, str]]:
    with Path(SHARED, "banking77", f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cleaned(texts: list[str], benchmarks: pl.DataFrame | None = None) -> StageResult:
    none = pl.DataFrame(schema={"record_id": pl.String, "cluster_id": pl.String})
    rows = records(*[{"prompt": text} for text in texts]).lazy()
    asked = mmlu() if benchmarks is None else benchmarks
    return clean(rows, none, [], Clean(), Deduplicated(), benchmarks=asked)


def questions() -> pl.DataFrame:
    """Half of the questions that customers put to a bank, as if they were a benchmark."""
    texts = sorted({row["text"] for row in banking("test")})[::2]
    ids = [str(number) for number in range(len(texts))]
    return pl.DataFrame({"benchmark": "questions", "item_id": ids, "text": texts})


@pytest.fixture(scope="module")
def made() -> list[Injected]:
    questions = mmlu()["text"].unique().sort().to_list()
    return injected(questions, RECORDS - len(KINDS) * len(questions))


def test_copies_are_found_and_clean_records_are_not(made: list[Injected]) -> None:
    questions = mmlu()["text"].unique().sort().to_list()
    ids = dict(mmlu().group_by("text").agg(pl.col("item_id").min()).iter_rows())
    result = cleaned([one.text for one in made])
    hits = set(result.tables["hits"].select("record_id", "item").iter_rows())
    found: Counter[str] = Counter()
    for number, one in enumerate(made):
        if one.item is not None and one.kind:
            found[one.kind] += (f"r{number}", ids[questions[one.item]]) in hits
    recall = {kind: found[kind] / len(questions) for kind in KINDS}
    out = rules(result.excluded)
    false = sum(one.kind is None and f"r{n}" in out for n, one in enumerate(made))
    clean_ones = sum(one.kind is None for one in made)
    print(f"recall of {len(questions)} questions in {len(made)} records: {recall}")
    print(f"false positives: {false} of {clean_ones}; {result.tables['benchmarks'].rows()}")
    assert min(recall.values()) >= RECALL
    assert false / clean_ones <= FALSE


def test_another_seed_and_other_questions() -> None:
    """Short everyday questions: of those that are rare enough to be tested, in other records."""
    asked = questions()
    texts = asked["text"].to_list()
    made = injected(texts, RECORDS - len(KINDS) * len(texts), seed=11)
    result = cleaned([one.text for one in made], asked)
    hits = set(result.tables["hits"].select("record_id", "item").iter_rows())
    found: Counter[str] = Counter()
    for number, one in enumerate(made):
        if one.kind:
            found[one.kind] += (f"r{number}", str(one.item)) in hits
    (tested,) = result.tables["benchmarks"]["tested"]
    recall = {kind: found[kind] / tested for kind in ("insertion", "deletion", "in_long_text")}
    out = rules(result.excluded)
    false = sum(one.kind is None and f"r{n}" in out for n, one in enumerate(made))
    print(f"recall of {tested} of {len(texts)} short questions: {recall}; false: {false}")
    assert tested / len(texts) > 0.75
    assert found["verbatim"] == found["punctuation"] == len(texts)
    assert min(recall["insertion"], recall["in_long_text"]) >= RECALL
    assert recall["deletion"] >= 0.9  # a short question without its rare word is another
    assert false / len(made) <= FALSE


def test_questions_of_one_domain_that_only_sound_alike_are_let_be() -> None:
    """Of the train questions those that one edit, or none, turns into one of the test."""
    train, test = banking("train"), banking("test")
    intents = {row["text"]: row["category"] for row in test}
    ids = [str(number) for number in range(len(intents))]
    asked = pl.DataFrame({"benchmark": "bank", "item_id": ids, "text": list(intents)})
    result = cleaned([row["text"] for row in train], asked)
    hits = result.tables["hits"].select("record_id", "item").iter_rows()
    of_item = list(intents.values())
    other = {r for r, item in hits if train[int(r[1:])]["category"] != of_item[int(item)]}
    out = rules(result.excluded)
    print(f"Banking77 train against test: {len(out)} of {len(train)}, {len(other)} of them by "
          "questions with another intent")  # fmt: skip
    assert len(out) / len(train) <= 0.04
    assert len(other) / len(train) <= 0.006


def test_customers_questions_are_no_benchmark() -> None:
    texts = [row["text"] for split in ("train", "test") for row in banking(split)]
    out = rules(cleaned(texts).excluded)
    print(f"false positives in Banking77: {len(out)} of {len(texts)}")
    assert len(texts) > 13_000
    assert len(out) / len(texts) <= FALSE


def test_copies_across_train_and_test_of_banking77_are_listed() -> None:
    frame = records(
        *[
            {"prompt": row["text"], "label": row["category"], "split": split}
            for split in ("train", "test")
            for row in banking(split)
        ]
    )
    compared = Deduplicated()
    first = deduplicated(frame.lazy(), compared, ["s"])
    result = clean(first.kept, first.tables["clusters"], [], Clean(), compared)
    out = Counter(rules(result.excluded).values())
    measures = Counter(result.tables["hits"]["measure"])
    print(f"Banking77: {dict(out)}; hits: {dict(measures)}")
    assert set(out) <= {"held_out_overlap", "held_out_cluster"}
    assert measures["exact"] >= 20
    assert measures["near"] >= 100
    assert out["held_out_overlap"] >= 100
