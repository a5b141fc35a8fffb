"""Gopher's n-grams, by hand."""

import polars as pl
import pytest

from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.quality.repetition import DETECTOR, MEASURES


def found(text: str) -> dict[str, float]:
    return found_here(DETECTOR, pl.Series([text])).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "measure", "value"),
    [
        # "ab cd" stands twice: 10 of 17 characters.
        ("ab cd xyz ab cd e", "top_2_gram", 10 / 17),
        ("ab cd xyz ab cd e", "top_3_gram", 0),
        # Occurrences that overlap cover every character once.
        ("ha ha ha ha", "top_2_gram", 1),
        ("ha ha ha ha", "top_4_gram", 0),
        # Of two that are as frequent, the longer.
        ("a b a b cccc dddd x cccc dddd", "top_2_gram", 18 / 29),
        # The second time of five words: 9 of 19 characters.
        ("a b c d e a b c d e", "duplicate_5_grams", 9 / 19),
        ("a b c d e a b c d e", "duplicate_6_grams", 0),
        # Six words again: two 5-grams that share four words.
        ("a b c d e f a b c d e f", "duplicate_5_grams", 11 / 23),
        ("a b c d e f a b c d e f", "duplicate_6_grams", 11 / 23),
        ("one two three four five", "top_2_gram", 0),
        ("to be or to have", "top_2_gram", 0),
        ("", "top_2_gram", 0),
    ],
)
def test_measures(text: str, measure: str, value: float) -> None:
    assert found(text)[measure] == pytest.approx(value, abs=1e-6)


def test_nothing_repeats_more_than_all() -> None:
    values = found("no no no no no no no no no no no no no no no")
    assert set(values) == set(MEASURES)
    assert all(0 < value <= 1 for value in values.values())


def test_texts_keep_their_rows() -> None:
    texts = pl.Series(["one two", "ha ha ha", "three", "ha ha ha ha"])
    assert (found_here(DETECTOR, texts)["top_2_gram"] > 0).to_list() == [False, True, False, True]
