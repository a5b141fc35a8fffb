import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.result import StageResult

BASE = "the parcel that i ordered in january has still not arrived at my door and nobody answers"


def frame(*texts: str | None, **columns: list[Any]) -> pl.DataFrame:
    """Records r0, r1, … with these prompts, all of train unless said otherwise."""
    rows = [
        {
            "record_id": f"r{number}",
            "source_id": "s",
            "prompt": text,
            "split": "train",
            "context": [],
            **{name: values[number] for name, values in columns.items()},
        }
        for number, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=RECORD_SCHEMA)


def run(records: pl.DataFrame, *rank: str, **policy: Any) -> StageResult:
    return deduplicated(records.lazy(), Deduplicated(**policy), list(rank))


def out(result: StageResult) -> dict[str, str]:
    return dict(result.excluded.collect().select("record_id", "rule").iter_rows())


def test_a_chain_takes_nothing_with_it() -> None:
    """A ~ B and B ~ C, but A is not like C: only B goes, and C stays with A."""
    a = BASE
    b = BASE.replace("january", "february")
    c = b.replace("my door", "our house")
    result = run(frame(a + " at all", b, c), threshold=0.65)
    pairs = {(left, right) for left, right, *_ in result.tables["edges"].iter_rows()}
    assert pairs == {("r0", "r1"), ("r1", "r2")}
    assert out(result) == {"r1": "near_duplicate"}
    assert result.tables["clusters"]["cluster_id"].n_unique() == 1


def test_two_pairs_in_one_bucket_lose_one_each() -> None:
    """With loose bands all four are candidates of one another; {0,1} and {2,3} never lose 2."""
    other = "моя посылка из января до сих пор не пришла, и никто не отвечает на письма и звонки"
    result = run(frame(BASE + " x", BASE, other + " x", other), threshold=0.8, permutations=16)
    assert out(result) == {"r1": "near_duplicate", "r3": "near_duplicate"}


def test_opposite_short_texts_both_stay() -> None:
    assert out(run(frame("I want a refund", "I do not want a refund"))) == {}


def test_the_evidence_is_the_kept_record_and_the_exact_measure() -> None:
    result = run(frame(BASE, BASE.upper() + "!", BASE + " x"))
    shown = dict(result.excluded.collect().select("record_id", "evidence").iter_rows())
    kept = {json.loads(value)["kept"] for value in shown.values()}
    assert kept == {"r2"}, "the longest stays"
    measures = {key: json.loads(value)["similarity"] for key, value in shown.items()}
    size = len(BASE) - 4
    assert measures == {"r0": round(size / (size + 2), 6), "r1": round(size / (size + 2), 6)}


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"source_id": ["low", "high"]}, "r1"),
        ({"source_id": ["unknown", "low"]}, "r1"),
        ({"source_id": ["low", "low"]}, "r0"),
    ],
)
def test_the_best_source_is_kept(columns: dict[str, list[Any]], kept: str) -> None:
    result = run(frame(BASE, BASE, **columns), "high", "low")
    assert result.kept.collect()["record_id"].to_list() == [kept]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_held_out_copies_stay_and_are_in_the_clusters(split: str) -> None:
    result = run(frame(BASE, BASE, split=["train", split]))
    assert out(result) == {}
    assert result.tables["clusters"]["record_id"].to_list() == ["r0", "r1"]


def test_one_text_with_two_labels_goes_altogether() -> None:
    result = run(frame(BASE, BASE, BASE, label=["billing", "delivery", None]))
    assert set(out(result).values()) == {"label_conflict"}
    assert len(out(result)) == 3


def test_records_without_the_compared_text_are_no_copies() -> None:
    result = run(frame("a", "b", completion=[None, None], label=["x", "y"]), compare=["completion"])
    assert out(result) == {}


def test_vowel_signs_tell_words_apart() -> None:
    assert out(run(frame("की", "कि"))) == {}
