"""Words are found whole, whatever their case."""

import polars as pl
import pytest

from dataset_pipeline.stages.quality.word_lists import WordListError, matches, words_of


@pytest.mark.parametrize(
    ("text", "count", "words"),
    [
        ("darn it", 1, 1),
        ("DARN, Darn! darn", 3, 3),
        ("darned undarn dar n darn_it", 0, 0),
        ("heck  no heck", 1, 2),
        ("heck\nno", 1, 2),
        ("ЧЁРТ возьми", 1, 1),
        ("чёртик", 0, 0),
        ("use c++ now", 1, 1),
        ("(darn)", 1, 1),
        ("", 0, 0),
    ],
)
def test_matches(text: str, count: int, words: int) -> None:
    found = matches(pl.Series([text]), ["Darn", "heck no", "чёрт", "c++"])
    assert found.row(0, named=True) == {"count": count, "words": words}


def test_the_longer_of_two_phrases_is_found() -> None:
    found = matches(pl.Series(["go away now"]), ["go", "go away"])
    assert found.row(0, named=True) == {"count": 1, "words": 2}


def test_a_file_has_a_word_a_line() -> None:
    assert words_of("rude", "# these\ndarn \n\nheck no\n") == ["darn", "heck no"]


def test_a_file_without_words_is_an_error() -> None:
    with pytest.raises(WordListError, match="'rude'"):
        words_of("rude", "# these\n\n")


def test_long_lists() -> None:
    words = [f"слово{number}" for number in range(20_000)]
    found = matches(pl.Series(["СЛОВО19999 и слово7, слово7а"]), words)
    assert found.row(0) == (2, 2)
