"""Classifiers learn from examples alone, and hooks are held to their word."""

import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config.screened import Classifier
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.quality.classifiers import ClassifierError, detector_of, examples_of

HERE = "dataset_pipeline_tests.stages.quality.test_classifiers"
SPAM = ["Buy cheap pills now", "Win a free prize, click now", "Cheap loans, click here"]
HAM = ["My parcel is late", "The lamp does not turn on", "Where is my refund?"]
ROWS = [
    *({"text": text, "label": "spam"} for text in SPAM),
    *({"text": text, "label": "ham"} for text in HAM),
]
EXAMPLES = "\n".join(map(json.dumps, ROWS))
POLICY = Classifier(threshold=0.5, examples="spam.jsonl", positive="spam")
TEXTS = pl.Series(["Click now for cheap pills", "My lamp is late", ""])


def long_texts(texts: list[str]) -> list[float]:
    return [min(1.0, len(text) / 100) for text in texts]


def too_few(texts: list[str]) -> list[float]:
    return [0.5] * (len(texts) - 1)


def too_high(texts: list[str]) -> list[float]:
    return [1.5] * len(texts)


def one_by_one(function: Any, items: Any) -> list[Any]:
    return [found for item in items for found in function([item])]


def scores(policy: Classifier = POLICY, content: str | None = EXAMPLES) -> list[float]:
    return found_here(detector_of("c", policy, content), TEXTS)["score"].to_list()


def test_it_tells_the_positive_label_from_others() -> None:
    spam, ham, _ = scores()
    assert spam > 0.5 > ham


def test_scores_do_not_depend_on_the_order_of_examples_or_on_parts() -> None:
    turned = "\n".join(reversed(EXAMPLES.split("\n")))
    assert scores(content=turned) == scores()
    learned = examples_of("c", f"{turned}\n{turned}", "spam")
    assert learned == tuple(sorted([*((t, True) for t in SPAM), *((t, False) for t in HAM)]))
    detector = detector_of("c", POLICY, EXAMPLES)
    assert found_here(detector, TEXTS, one_by_one)["score"].to_list() == scores()


def test_other_examples_are_another_detector() -> None:
    key = detector_of("c", POLICY, EXAMPLES).key
    more = EXAMPLES + '\n{"text": "Pills", "label": "spam"}\n'
    assert detector_of("c", POLICY, more).key != key
    assert detector_of("c", POLICY.model_copy(update={"threshold": 0.9}), EXAMPLES).key == key
    ham = POLICY.model_copy(update={"positive": "ham"})
    assert detector_of("c", ham, EXAMPLES).key != key


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"text": "Secret words", "label": "spam"}\n{"text": 1}', "line 2"),
        ("Secret words", "line 1"),
        ('{"text": "Secret words", "label": "spam"}', "and with others"),
        ("", "and with others"),
    ],
)
def test_bad_examples_are_told_without_their_text(content: str, said: str) -> None:
    with pytest.raises(ClassifierError, match=said) as error:
        detector_of("c", POLICY, content)
    assert "Secret" not in str(error.value)


def hook(function: str) -> Classifier:
    return Classifier(threshold=0.5, hook=f"{HERE}:{function}", version="1")


def test_a_hook_gives_scores() -> None:
    assert scores(hook("long_texts"), None) == [0.25, 0.15, 0.0]


@pytest.mark.parametrize("function", ["too_few", "too_high", "missing"])
def test_a_hook_that_breaks_its_word(function: str) -> None:
    with pytest.raises(ClassifierError, match=function):
        scores(hook(function), None)


def test_another_version_of_a_hooks_model_is_another_detector() -> None:
    other = Classifier(threshold=0.5, hook=f"{HERE}:long_texts", version="2")
    assert detector_of("c", other, None).key != detector_of("c", hook("long_texts"), None).key
