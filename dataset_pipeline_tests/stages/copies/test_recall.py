import random

import polars as pl
import pytest
from scipy.stats import binomtest

from dataset_pipeline.records import sha256_of
from dataset_pipeline.stages.copies import candidates
from dataset_pipeline.stages.copies.recall import (
    Planted,
    can_be_edited,
    chosen,
    curve,
    planted_recall,
    wilson,
)

DICE = random.Random(5)
TEXTS = pl.Series(
    "text", ["".join(DICE.choices("abcdefgh ", k=DICE.randint(60, 400))) for _ in range(120)]
)


def planted(texts: pl.Series, threshold: float = 0.8) -> Planted:
    """Pairs planted among some of these texts, as the stage chooses them."""
    told = texts.to_frame("text").select(
        sha256_of(pl.col("text")).alias("digest"),
        can_be_edited(pl.col("text"), 5).alias("editable"),
    )
    some = texts.gather(chosen(told))
    return planted_recall(some, size=5, permutations=128, threshold=threshold)


def recall(texts: pl.Series, threshold: float = 0.8) -> dict[str, float]:
    return planted(texts, threshold).metrics()


def test_the_curve_is_that_of_the_bands() -> None:
    count, rows = candidates.bands(128, 0.8)
    found = dict(curve(128, 0.8).iter_rows())
    assert found[0.0] == 0
    assert found[1.0] == 1
    assert found[0.5] == pytest.approx(1 - (1 - 0.5**rows) ** count)
    assert list(found.values()) == sorted(found.values())


def test_planted_pairs_are_found_as_promised() -> None:
    found = planted(TEXTS)
    table = found.table()
    assert table["low"].to_list() == pytest.approx([0.6, 0.7, 0.8, 0.9])
    assert table["planted"].min() >= 30  # type: ignore[operator]
    assert table["planted"].sum() <= 300
    assert found.metrics()["recall"] >= 0.99
    below = table.row(0, named=True)
    assert below["lower"] < candidates.found_with(0.65, *candidates.bands(128, 0.8)) + 0.1


def test_bands_of_the_threshold_itself_would_be_seen_to_lose(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """128 permutations in bands of 25 rows find one in three at 0.9: so says the table."""
    monkeypatch.setattr(candidates, "bands", lambda *_: (5, 25))
    assert recall(TEXTS, 0.9)["recall"] < 0.8


def test_the_same_texts_give_the_same_figures_in_any_order() -> None:
    one, other = planted(TEXTS, 0.7), planted(TEXTS.shuffle(seed=3), 0.7)
    assert one.table().equals(other.table())


def test_where_nothing_can_be_planted_nothing_is_claimed() -> None:
    assert recall(pl.Series("text", ["short", "texts"])) == {}


@pytest.mark.parametrize(("found", "planted"), [(0, 10), (7, 10), (10, 10), (99, 100)])
def test_the_interval_is_that_of_wilson(found: int, planted: int) -> None:
    theirs = binomtest(found, planted).proportion_ci(0.95, method="wilson")
    assert wilson(found, planted) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
