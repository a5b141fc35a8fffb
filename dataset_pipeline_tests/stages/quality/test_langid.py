"""Many texts at once get the languages that the library gives them one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.stages.quality.langid import classify
from dataset_pipeline.stages.quality.language import identifier
from dataset_pipeline_tests.sample.native import native, prompt

TEXTS = [
    "",
    " ",
    "12345",
    "😀😀",
    "HELP WITH MY ORDER PLEASE",
    "ПОМОГИТЕ С ЗАКАЗОМ",
    "привет, как дела",
    "Сәлеметсіз бе, тапсырысым қайда",
    "cafe\u0301 olé",
    "half of a pair: \ud83d",
    "the same again",
    "the same again",
    "Wo ist meine Bestellung geblieben? " * 200,
]


def library(texts: list[str]) -> list[tuple[str, float]]:
    return [identifier().classify(text) for text in texts]


def close(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> bool:
    return [language for language, _ in found] == [language for language, _ in expected] and all(
        sure == pytest.approx(wanted, abs=1e-4)
        for (_, sure), (_, wanted) in zip(found, expected, strict=True)
    )


def test_it_agrees_with_the_library() -> None:
    texts = TEXTS + [prompt(key) for key in list(native())[:600]]
    assert close(classify(identifier(), texts), library(texts))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_it_agrees_on_any_text(texts: list[str]) -> None:
    found, expected = classify(identifier(), texts), library(texts)
    for (_, sure), (_, wanted) in zip(found, expected, strict=True):
        assert sure == pytest.approx(wanted, abs=1e-4)


def test_neighbours_do_not_matter() -> None:
    alone = [classify(identifier(), [text])[0] for text in TEXTS]
    assert classify(identifier(), TEXTS) == alone
    assert classify(identifier(), TEXTS[::-1]) == alone[::-1]


def test_nothing_asked() -> None:
    assert classify(identifier(), []) == []
