"""FineWeb's measures, by hand."""

import pytest

from dataset_pipeline.config.screened import FineWeb
from dataset_pipeline.stages.quality.fineweb import measures
from dataset_pipeline_tests.stages.quality.measuring import measure


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("punctuated_lines", "one.\ntwo!\n\nthree\nfour", 0.5),
        ("punctuated_lines", "one. two", 0),
        ("punctuated_lines", "", 0),
        ("short_lines", "a" * 5 + "\n" + "a" * 6 + "\n\n" + "b" * 5, 2 / 3),
        ("short_lines", "", 0),
        ("duplicate_line_characters", "abcd\nabcd\nab", 0.4),
        ("line_breaks_per_word", "one\ntwo three\n\nfour", 0.75),
    ],
)
def test_measures(name: str, text: str, value: float) -> None:
    assert measure(measures(5)[name], text) == pytest.approx(value, abs=1e-6)


def test_every_key_has_its_measure() -> None:
    keys = {key for key in FineWeb.model_fields if key != "short_line_characters"}
    assert {key[4:] for key in keys} == set(measures(30))
