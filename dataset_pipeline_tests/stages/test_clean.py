import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Clean, Deduplicated
from dataset_pipeline.stages.clean import clean
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.splits import splits
from dataset_pipeline_tests.bench.contamination import injected
from dataset_pipeline_tests.stages.frames import records, rules

BASE = "the parcel that i ordered in january has still not arrived at my door and nobody answers"
NEAR = BASE + " me"
COMPARED = Deduplicated(threshold=0.8)
QUESTION = "Which of these organs filters the blood of a grown animal with a backbone?"


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


def test_short_texts_are_near_by_their_own_rule() -> None:
    rows = {"prompt": "refund my order now"}, {"prompt": "refund my orders now", "split": "test"}
    compared = Deduplicated(short_threshold=0.6)
    first = deduplicated(records(*rows).lazy(), compared, ["s"])
    result = clean(first.kept, first.tables["clusters"], [], Clean(), compared)
    assert rules(result.excluded) == {"r0": "held_out_overlap"}
    evidence = json.loads(result.excluded.collect()["evidence"][0])
    (edge,) = first.tables["edges"].to_dicts()
    assert (evidence["measure"], evidence["overlap"]) == ("near", edge["similarity"])


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


# --------------------------------------------------------------------- what stands in longer texts


def against(
    *rows: dict[str, Any], items: tuple[str, ...] = (QUESTION,), at_once: int = 1000, **policy: Any
) -> StageResult:
    """Records against a benchmark, their own held-out prompts and a task example."""
    none = pl.DataFrame(schema={"record_id": pl.String, "cluster_id": pl.String})
    given = pl.DataFrame(
        {
            "benchmark": ["organs"] * len(items),
            "item_id": [f"o.jsonl#{number}" for number, _ in enumerate(items, start=1)],
            "text": items,
        }
    )
    examples = [{"id": "TE", "prompt": BASE}]
    return clean(
        records(*rows).lazy(), none, examples, Clean(**policy), COMPARED,
        benchmarks=given, at_once=at_once,
    )  # fmt: skip


def in_the_middle(text: str) -> str:
    return f"Dear all, «yesterday» my teacher asked: {text} I did not know, and nobody here does."


def told(result: StageResult, record: str = "r0") -> dict[str, Any]:
    evidence = result.excluded.filter(pl.col("record_id") == record).collect()["evidence"][0]
    found: dict[str, Any] = json.loads(evidence)
    return found


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": in_the_middle(QUESTION.upper())},
        {"completion": in_the_middle(QUESTION)},
        {"rejected": in_the_middle(QUESTION)},
        {"context": [{"role": "user", "content": "hi"},
                     {"role": "user", "content": in_the_middle(QUESTION)}]},
    ],
)  # fmt: skip
def test_an_item_of_a_benchmark_is_found_wherever_it_stands(row: dict[str, Any]) -> None:
    result = against(row)
    assert rules(result.excluded) == {"r0": "benchmark_overlap"}
    evidence = told(result)
    assert evidence["held_out"] == "benchmark:organs/o.jsonl#1"
    assert (evidence["overlap"], evidence["measure"]) == (1, "ngram")
    span, (field,) = evidence["span"], row
    assert span["field"] == {"context": "context[1]"}.get(field, field)
    text = row[field] if field != "context" else row[field][1]["content"]
    assert text[span["start"] : span["end"]].casefold() == QUESTION.rstrip("?").casefold()


def test_a_short_question_with_another_word_asks_for_something_else() -> None:
    items = ("when will my new card arrive",)
    assert rules(against({"prompt": "so when will my new card arrive"}, items=items).excluded)
    assert not rules(against({"prompt": "so when will my new card expire"}, items=items).excluded)


@pytest.mark.parametrize(
    ("text", "measure", "overlap"),
    [
        (QUESTION.lower().replace("?", " !!"), "exact", 1),
        (QUESTION.replace("grown", "grown-up"), "near", 0.88),
        (in_the_middle(QUESTION.replace(" grown", "")), "ngram", 12 / 13),
    ],
)
def test_the_first_measure_that_finds_it_is_told(text: str, measure: str, overlap: float) -> None:
    hits = against({"prompt": text}).tables["hits"]
    assert hits.height == 1
    found = hits.row(0, named=True)
    assert (found["against"], found["item"], found["measure"]) == (
        "benchmark:organs", "o.jsonl#1", measure,
    )  # fmt: skip
    assert found["overlap"] == pytest.approx(overlap, abs=0.02)


@pytest.mark.parametrize(
    ("split", "mend", "out"),
    [("train", True, True), ("validation", True, True), ("validation", False, False),
     ("test", True, False)],
)  # fmt: skip
def test_held_out_records_with_an_item_are_told_of(split: str, mend: bool, out: bool) -> None:
    result = against({"prompt": QUESTION, "split": split}, mend_validation=mend)
    assert rules(result.excluded) == ({"r0": "benchmark_overlap"} if out else {})
    assert result.tables["hits"]["record_id"].to_list() == ["r0"]


def test_every_hit_is_told_of_and_the_most_of_them_in_the_exclusion() -> None:
    other = "Why do the leaves of some trees turn red in the months of autumn?"
    both = in_the_middle(f"{QUESTION.replace(' grown', '')} {other}")
    rows = {"prompt": both}, {"prompt": in_the_middle(other)}, {"prompt": "none of it"}
    result = against(*rows, items=(QUESTION, other, "ok", other))
    hits = result.tables["hits"].select("record_id", "item").rows()
    assert sorted(hits) == [
        ("r0", "o.jsonl#1"), ("r0", "o.jsonl#2"), ("r0", "o.jsonl#4"),
        ("r1", "o.jsonl#2"), ("r1", "o.jsonl#4"),
    ]  # fmt: skip
    assert told(result)["held_out"] == "benchmark:organs/o.jsonl#2"
    assert result.tables["benchmarks"].rows(named=True) == [
        {"benchmark": "organs", "items": 4, "too_short": 1, "tested": 3, "hit_items": 3,
         "hit_records": 2},
    ]  # fmt: skip


def test_items_too_short_for_ngrams_are_looked_for_as_they_stand() -> None:
    rows = {"prompt": "OK!"}, {"prompt": "that is ok with me"}
    result = against(*rows, items=("ok",))
    assert rules(result.excluded) == {"r0": "benchmark_overlap"}
    assert told(result)["measure"] == "exact"


def test_what_everybody_says_is_no_leak() -> None:
    common = "please tell me how i can reset the password of my account"
    rows = [{"prompt": f"{common} number {n}{n} because of reason {n}"} for n in range(40)]
    result = against(*rows, items=(common,), common_after=20)
    assert rules(result.excluded) == {}
    assert result.tables["benchmarks"]["too_short"].to_list() == [1]
    assert len(rules(against(*rows, items=(common,)).excluded)) == 40


def test_own_prompts_in_longer_texts_are_found_where_the_policy_says_so() -> None:
    rows = (
        {"prompt": in_the_middle(QUESTION)},
        {"prompt": QUESTION, "split": "test"},
        {"prompt": in_the_middle(QUESTION), "split": "validation"},
        {"completion": in_the_middle(BASE)},
        {"prompt": in_the_middle(BASE), "split": "test"},
    )
    assert rules(against(*rows, items=()).excluded) == {}
    result = against(*rows, items=(), held_out_min_overlap=0.9)
    assert rules(result.excluded) == {
        "r0": "held_out_contained",
        "r2": "held_out_contained",
        "r3": "task_example_overlap",
    }
    assert told(result)["held_out"] == "r1"
    assert told(result, "r3")["held_out"] == "task_example:TE"
    assert told(result, "r3")["span"]["field"] == "completion"


def test_own_prompts_may_ask_for_more_than_benchmarks() -> None:
    most = in_the_middle(QUESTION.replace("filters the blood", "filter blood"))
    rows = {"prompt": most}, {"prompt": QUESTION, "split": "test"}
    assert rules(against(*rows, items=(), held_out_min_overlap=0.95).excluded) == {}
    found = against(*rows, held_out_min_overlap=0.95)
    assert rules(found.excluded) == {"r0": "benchmark_overlap"}
    assert {row[1] for row in found.tables["hits"].rows()} == {"benchmark:organs"}


def test_no_text_in_what_is_shown() -> None:
    result = against({"prompt": in_the_middle(QUESTION)})
    shown = str(result.excluded.collect().rows()) + str(result.tables["hits"].rows())
    assert not any(word in shown for word in ("organs filter", "teacher", "backbone"))


def test_neither_order_nor_slices_change_what_is_found() -> None:
    made = injected([QUESTION, BASE], 60, seed=5)
    rows = [{"prompt": one.text, "split": ("train", "test")[n % 5 == 0]}
            for n, one in enumerate(made)]  # fmt: skip
    items = (QUESTION, BASE, "ok")
    first = against(*rows, items=items, held_out_min_overlap=0.9)
    assert len(rules(first.excluded)) >= 6
    shuffled = records(*rows).sample(fraction=1, shuffle=True, seed=3)
    again = against(*shuffled.to_dicts(), items=items[::-1], held_out_min_overlap=0.9, at_once=7)
    named = {"o.jsonl#1": "o.jsonl#3", "o.jsonl#3": "o.jsonl#1"}
    hits = again.tables["hits"].with_columns(pl.col("item").replace(named))
    assert hits.sort(hits.columns).equals(first.tables["hits"].sort(hits.columns))
    assert rules(again.excluded) == rules(first.excluded)


def test_all_near_held_out_records_are_told_of_not_only_the_nearest() -> None:
    result = run({"prompt": BASE}, {"prompt": NEAR, "split": "test"},
                 {"prompt": BASE, "split": "validation"})  # fmt: skip
    hits = result.tables["hits"].select("record_id", "against", "item", "measure").rows()
    assert sorted(hits) == [
        ("r0", "held_out", "r1", "near"),
        ("r0", "held_out", "r2", "exact"),
        ("r2", "held_out", "r1", "near"),
    ]
    assert told(result)["held_out"] == "r2"
    assert told(result)["span"] == {"field": "prompt", "start": 0, "end": len(BASE)}


def test_what_stands_there_has_to_be_rare_enough() -> None:
    """Six words of seven are enough of an item, but not enough to tell a copy by."""
    item = "why can nobody verify my passport number"
    part = {"prompt": "i wonder why can nobody verify my passport"}
    whole = {"prompt": f"i wonder {item} today"}
    assert rules(against(part, items=(item,)).excluded) == {"r0": "benchmark_overlap"}
    asked = against(part, whole, items=(item,), min_rarity=5.0)
    assert rules(asked.excluded) == {"r1": "benchmark_overlap"}
