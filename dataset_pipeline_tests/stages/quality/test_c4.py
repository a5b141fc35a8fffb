"""C4's measures, by hand."""

import pytest

from dataset_pipeline.config.screened import C4
from dataset_pipeline.stages.quality.c4 import measures
from dataset_pipeline_tests.stages.quality.measuring import measure


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("punctuated_lines", 'It broke.\nWhy?\nHe said "no"\nthe end', 0.75),
        ("punctuated_lines", "It broke...\nIt broke. \n\n", 0.5),
        ("punctuated_lines", "", 0),
        ("sentences", "It broke. Why? I do not know!", 3),
        ("sentences", "It broke. Why", 2),
        ("sentences", "version 2.5 of saqta.kz", 1),
        ("sentences", "He said «no.» Then…", 2),
        ("sentences", "no mark at all", 1),
        ("sentences", " \n", 0),
        ("few_word_lines", "Home\n About us \nWhere is it?\n\nIt broke, again", 0.5),
        ("few_word_lines", "", 0),
        ("lorem_ipsum", "Lorem Ipsum dolor lorem ipsum", 2),
        ("curly_brackets", "a { b } {{c}}", 3),
        ("javascript_lines", "Please enable JavaScript.\nThank you", 0.5),
        ("policy_lines", "This site uses cookies.\nTerms of Use\nwhere is it?\nok", 0.5),
        ("longest_word", "where is\nmy parcelparcel", 12),
        ("longest_word", "", 0),
    ],
)
def test_measures(name: str, text: str, value: float) -> None:
    assert measure(measures()[name], text) == pytest.approx(value, abs=1e-6)


def test_every_key_has_its_measure() -> None:
    assert {key[4:] for key in C4.model_fields} == set(measures())
