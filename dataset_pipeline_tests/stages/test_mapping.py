"""Blank texts are none, whatever white space they are made of."""

import sys

import polars as pl

from dataset_pipeline.stages.mapping import _begins_with_space, _blank_as_null

_SURROGATES = range(0xD800, 0xE000)


def test_every_white_space_of_unicode_is_looked_for() -> None:
    characters = [chr(n) for n in range(1, sys.maxunicode + 1) if n not in _SURROGATES]
    frame = pl.DataFrame({"text": characters})
    blank = frame.filter(~pl.col("text").str.contains(r"\S"))
    assert blank.height == 25
    assert blank.select(_begins_with_space(pl.col("text")).all()).item()
    assert blank.select(_begins_with_space(pl.col("text") + "x").all()).item()


def test_blank_texts_become_null_and_others_stay() -> None:
    texts = ["a", " ", "", "\u3000\u00a0", " b", None]
    frame = pl.DataFrame({"text": texts, "other": ["x"] * 6})
    found = _blank_as_null(frame, ("text", "other"))
    assert found["text"].to_list() == ["a", None, None, None, " b", None]
    assert found["other"].to_list() == ["x"] * 6
