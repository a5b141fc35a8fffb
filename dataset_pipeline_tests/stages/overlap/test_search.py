import numpy as np
import polars as pl
import pytest

from dataset_pipeline.stages.overlap import coverage
from dataset_pipeline.stages.overlap.coverage import PAIRS_SCHEMA
from dataset_pipeline.stages.overlap.grams import items_of
from dataset_pipeline.stages.overlap.search import Searched, Worth, search
from dataset_pipeline_tests.bench.contamination import injected

ITEM = "one two three four five six seven eight nine ten eleven twelve"


def found(
    texts: list[str], *, items: tuple[str, ...] = (ITEM,), at_once: int = 9, share: float = 0.0
) -> Searched:
    every = pl.Series([*texts, *items]).unique(maintain_order=True)
    index = items_of(pl.Series(items), longest=8, shortest_item=3)
    worth = Worth(np.full(len(items), share), rarity=0.0, item_rarity=1.0, common_after=10)
    return search(every, index, worth, looked_into=len(texts), at_once=at_once)


def shares(texts: list[str]) -> dict[int, float]:
    return {text: share for text, _, share, _ in found(texts).pairs.iter_rows()}


def test_the_share_covered_counts_words_once() -> None:
    told = shares([ITEM, ITEM + " " + ITEM, "zero one two three four five, zero", "no number"])
    assert told[0] == told[1] == pytest.approx(1)
    assert told[2] == pytest.approx(5 / 12, abs=0.1)
    assert 3 not in told


def test_one_edit_costs_the_words_around_it_only() -> None:
    words = ITEM.split()
    for at in range(len(words)):
        edited = [
            " ".join([*words[:at], "new", *words[at:]]),
            " ".join(words[:at] + words[at + 1 :]),
        ]
        assert min(shares(edited).values()) > 0.5, at


def test_what_many_texts_hold_weighs_nothing() -> None:
    """The same opening in ever more texts: its share of the item falls to nothing."""
    opening = " ".join(ITEM.split()[:6])
    share = [
        shares([f"{opening} {n}x {n}y" for n in range(count)]).get(0, 0) for count in (1, 4, 9)
    ]
    assert share == sorted(share, reverse=True)
    assert share[0] > 0.4
    assert share[-1] == 0


def test_too_common_an_item_is_left_out() -> None:
    told = found([f"{ITEM} {n}" for n in range(12)])
    assert told.totals.tolist() == [0]
    assert told.pairs.is_empty()


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_slices_make_no_difference(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    items = ("What is ethical hacking?", ITEM, "Why is Mars red?", "ok")
    texts = sorted({made.text for made in injected(items, 60)})
    expected = found(texts, items=items)
    monkeypatch.setattr(coverage, "_AT_ONCE", at_once)
    again = found(texts, items=items, at_once=at_once)
    assert again.pairs.equals(expected.pairs)
    assert again.pairs.schema == PAIRS_SCHEMA
    assert again.totals.tolist() == expected.totals.tolist()
    assert expected.pairs.height > len(items)


def test_nothing_to_look_for_is_found_nowhere() -> None:
    none = items_of(pl.Series([], dtype=pl.String), longest=8, shortest_item=3)
    worth = Worth(np.zeros(0), rarity=0.0, item_rarity=1.0, common_after=10)
    told = search(pl.Series(["a b c"]), none, worth, looked_into=1)
    assert told.pairs.is_empty()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_what_is_turned_away_unseen_is_what_covers_too_little(share: float) -> None:
    """Going by the rarest n-grams first loses none of the pairs that cover enough."""
    words = [*ITEM.split(), "thirteen", "fourteen", "fifteen", "sixteen"]
    items = (ITEM, " ".join(words[3:]), " ".join(reversed(words)), "one two three six seven eight")
    texts = [
        " ".join(words[a:b]) + f" {a} {b}" for a in range(0, 16, 3) for b in range(a + 4, 17, 5)
    ]
    every = found(texts, items=items).pairs
    asked = found(texts, items=items, share=share).pairs
    assert asked.equals(every.filter(pl.col("share") >= share))
    assert 0 < asked.height < every.height
