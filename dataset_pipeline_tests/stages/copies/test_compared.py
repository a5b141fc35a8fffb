import numpy as np
import polars as pl
import pytest

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.stages.copies.compared import Compared, compared
from dataset_pipeline.stages.result import Before

SAID = {"a": "longest of all texts", "b": "the same", "c": "The same!", "d": "short", "e": None}
SPLITS = {"a": "test", "b": "test", "c": "train", "d": "train", "e": "train"}


def records(ids: str) -> pl.LazyFrame:
    rows = [
        {"record_id": name, "prompt": SAID[name], "split": SPLITS[name], "context": []}
        for name in ids
    ]
    return pl.DataFrame(rows, schema=RECORD_SCHEMA).lazy()


def texts(seen: Compared) -> list[str]:
    found: list[str] = seen.values.gather(np.arange(len(seen.values))).to_list()
    return found


@pytest.mark.parametrize("order", ["abcde", "edcba"])
def test_the_best_comes_first_and_before_all_others_the_texts_that_may_go(order: str) -> None:
    seen = compared(records(order), Deduplicated(), [], None)
    assert texts(seen) == ["the same", "short", "longest of all texts"]
    assert seen.records.select("record_id", "place").rows() == [
        ("a", 2), ("c", 0), ("b", 0), ("d", 1),
    ]  # fmt: skip


def test_what_was_noted_is_told_by_its_place_of_now_and_folded_when_asked_for() -> None:
    noted = compared(records("abd"), Deduplicated(), [], None)
    assert texts(noted) == ["short", "longest of all texts", "the same"]
    before = Before(pl.Series(["c"]), pl.Series(["a"]), noted.noted())
    seen = compared(records("bcd"), Deduplicated(), [], before)
    assert seen.moved.tolist() == [1, -1, 0]
    assert seen.values.known.to_list() == [None, None]
    assert texts(seen) == ["the same", "short"]
