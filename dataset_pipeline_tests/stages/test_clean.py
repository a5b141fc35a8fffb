import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.stages.clean import clean
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.splits import splits
from dataset_pipeline_tests.stages.frames import records, rules

BASE = "the parcel that i ordered in january has still not arrived at my door and nobody answers"
NEAR = BASE + " me"
COMPARED = Deduplicated(threshold=0.8)


def run(
    *rows: dict[str, Any], examples: tuple[str, ...] = (), mend: bool = True, threshold: float = 0.8
) -> StageResult:
    compared = Deduplicated(threshold=threshold)
    first = deduplicated(records(*rows).lazy(), compared, ["s"])
    given = [{"id": f"TE-{i}", "prompt": text} for i, text in enumerate(examples)]
    policy = Clean(mend_validation=mend)
    return clean(first.kept, first.tables["clusters"], given, policy, compared)


@pytest.mark.parametrize(
    ("one", "other", "out"),
    [
        ("train", "test", {"r0": "held_out_overlap"}),
        ("train", "validation", {"r0": "held_out_overlap"}),
        ("test", "train", {"r1": "held_out_overlap"}),
        ("validation", "test", {"r0": "held_out_overlap"}),
        ("test", "test", {}),
    ],
)
def test_a_leak_is_mended_on_the_side_of_train(one: str, other: str, out: dict[str, str]) -> None:
    result = run({"prompt": BASE, "split": one}, {"prompt": NEAR, "split": other})
    assert rules(result.excluded) == out


def test_the_evidence_is_the_held_out_record_and_the_exact_overlap() -> None:
    result = run({"prompt": BASE}, {"prompt": NEAR, "split": "test"})
    evidence = json.loads(result.excluded.collect()["evidence"][0])
    size = len(BASE) - 4
    assert (evidence["held_out"], evidence["overlap"]) == ("r1", round(size / (size + 3), 6))


def test_a_chain_to_a_held_out_record_is_a_leak_of_its_own_kind() -> None:
    middle = BASE.replace("january", "february")
    end = middle.replace("my door", "our house")
    result = run(
        {"prompt": BASE + " at all"},
        {"prompt": middle},
        {"prompt": end, "split": "test"},
        threshold=0.65,
    )
    assert rules(result.excluded) == {"r0": "held_out_cluster"}
    evidence = json.loads(result.excluded.collect()["evidence"][0])
    assert evidence["held_out"] == "r2"
    assert 0 < evidence["overlap"] < 0.65


def test_a_group_that_is_held_out_leaves_train() -> None:
    result = run({"group_id": "g"}, {"prompt": "something else", "group_id": "g", "split": "test"})
    assert rules(result.excluded) == {"r0": "held_out_group"}
    assert json.loads(result.excluded.collect()["evidence"][0])["group"] == "g"


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_what_repeats_a_task_example_is_no_training(split: str) -> None:
    result = run({"prompt": BASE, "split": split}, examples=(NEAR, "something else"))
    assert rules(result.excluded) == ({} if split == "test" else {"r0": "task_example_overlap"})


def test_validation_stays_where_the_policy_says_so() -> None:
    rows = {"prompt": BASE, "split": "validation"}, {"prompt": NEAR, "split": "test"}
    assert rules(run(*rows, examples=(BASE,), mend=False).excluded) == {}


def test_the_proof_of_the_splits_counts_every_kind_of_leak() -> None:
    frame = records(
        {"prompt": BASE, "group_id": "g", "parents": ["r1"]},
        {"prompt": BASE.upper(), "group_id": "g", "split": "test"},
    )
    clusters = pl.DataFrame({"record_id": ["r0", "r1"], "cluster_id": ["r0", "r0"]})
    result = splits(frame.lazy(), clusters, Clean(), COMPARED)
    shared = dict(result.tables["leakage"].select("kind", "shared").iter_rows())
    assert shared == {
        "record": 0, "group": 1, "near_duplicate_cluster": 1, "text": 1, "parent_held_out": 1,
    }  # fmt: skip
    assert result.metrics["leaks"] == 4


def test_unmended_validation_and_test_count_as_one_side() -> None:
    texts = {"a": "validation", "b": "test"}
    frame = records(*[{"record_id": k, "prompt": "The same text.", "split": v, "group_id": "g"}
                      for k, v in texts.items()])  # fmt: skip
    clusters = pl.DataFrame({"record_id": ["a", "b"], "cluster_id": ["a", "a"]})
    mended = splits(frame.lazy(), clusters, Clean(), COMPARED)
    assert mended.metrics["leaks"] == 3
    apart = splits(frame.lazy(), clusters, Clean(mend_validation=False), COMPARED)
    assert apart.metrics["leaks"] == 0
    train = frame.with_columns(
        pl.when(pl.col("record_id") == "a").then(pl.lit("train")).otherwise("split")
        .cast(frame.schema["split"]).alias("split")
    )  # fmt: skip
    assert (
        splits(train.lazy(), clusters, Clean(mend_validation=False), COMPARED).metrics["leaks"] == 3
    )
