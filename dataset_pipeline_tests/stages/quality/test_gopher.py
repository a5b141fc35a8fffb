"""Gopher's measures, by hand."""

import pytest

from dataset_pipeline.config.screened import Gopher
from dataset_pipeline.stages.quality.gopher import measures
from dataset_pipeline_tests.stages.quality.measuring import measure


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("words", "", 0),
        ("words", "  where is\n\tmy  parcel? ", 4),
        ("mean_word_length", "ab cdef", 3),
        ("mean_word_length", " да  нет\n", 2.5),
        ("mean_word_length", "", 0),
        ("symbol_ratio", "#one #two three four", 0.5),
        ("symbol_ratio", "one... two… three four ...", 0.6),
        # Hashes and ellipses are held against the words apart, not together.
        ("symbol_ratio", "#one two... three four", 0.25),
        ("bullet_lines", "• one\n  - two\n* three\nfour", 0.75),
        ("bullet_lines", "•one\n  ●two", 1),
        # A dash before a word or a number is no bullet.
        ("bullet_lines", "-5 degrees\n--", 0),
        ("ellipsis_lines", "one...\ntwo… \nthree\n\nfour.", 0.5),
        ("words_with_letter", "call 8-800 №5 now", 0.5),
        ("words_with_letter", "order A12", 1),
        ("stop_words", "The order, and THE parcel to be", 4),
        ("stop_words", "Заказ и посылка не в городе", 3),
        ("stop_words", "together within theory", 0),
        ("duplicate_lines", "one\ntwo\none\n\n\n one ", 0.5),
        ("duplicate_lines", "one", 0),
        ("duplicate_lines", "", 0),
        # 3 + 5 + 3 characters in lines, of which the last three stood before.
        ("duplicate_line_characters", "one\nthree\none", 3 / 11),
        ("duplicate_paragraphs", "one\ntwo\n\none\ntwo\n \nthree", 1 / 3),
        ("duplicate_paragraph_characters", "abcd\n\nabcd\n\nab", 0.4),
    ],
)
def test_measures(name: str, text: str, value: float) -> None:
    found = measure(measures(Gopher().stop_words)[name], text)
    assert found == pytest.approx(value, abs=1e-6)


def test_no_stop_words_are_found_where_none_are_named() -> None:
    assert measure(measures([])["stop_words"], "the a b") == 0


def test_every_key_has_its_measure() -> None:
    from dataset_pipeline.stages.quality.repetition import MEASURES

    known = {*measures([]), *MEASURES}
    keys = {key for key in Gopher.model_fields if key.startswith(("min_", "max_"))}
    assert {key[4:] for key in keys} == known
