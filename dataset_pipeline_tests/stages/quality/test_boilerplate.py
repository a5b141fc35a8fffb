"""Lines of many prompts."""

import polars as pl
import pytest

from dataset_pipeline.config.screened import Boilerplate
from dataset_pipeline.stages.quality.boilerplate import boilerplate_shares

FOOTER = "Sent from my phone"


def shares(prompts: list[str], **policy: float) -> list[float]:
    found = boilerplate_shares(pl.Series(prompts, dtype=pl.String), Boilerplate(**policy))  # type: ignore[arg-type]
    return found.to_list()


def test_the_share_of_characters_in_common_lines() -> None:
    prompts = [f"{'a' * i}\n  {FOOTER}\n\n" for i in range(1, 5)]
    expected = [18 / (18 + i) for i in range(1, 5)]
    assert shares(prompts, in_prompts=3) == pytest.approx(expected, abs=1e-6)


def test_a_line_must_stand_in_more_than_so_many() -> None:
    prompts = [f"{'a' * i}\n{FOOTER}" for i in range(1, 5)]
    assert shares(prompts, in_prompts=4) == [0, 0, 0, 0]
    assert shares([*prompts, "b", "c", "d", "e"], in_prompts=1, in_share=0.5) == [0] * 8
    assert any(shares([*prompts, "b", "c", "d"], in_prompts=1, in_share=0.5))


def test_a_line_counts_once_a_prompt() -> None:
    assert shares([f"{FOOTER}\n{FOOTER}\n{FOOTER}", "b"], in_prompts=2) == [0, 0]


def test_nothing_has_no_lines() -> None:
    assert shares(["", " \n "], in_prompts=1) == [0, 0]
    assert shares([]) == []
