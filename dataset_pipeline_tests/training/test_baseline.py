"""The embedded baseline: learns, is chosen on validation, reads back, is the same every time."""

import pytest

from dataset_pipeline.config import BaselineTraining
from dataset_pipeline.training.baseline import Examples, Model, train_baseline

POLICY = BaselineTraining(trainer="baseline", seed=3)
COLOURS = {"red": "crimson scarlet ruby", "blue": "azure navy cobalt", "green": "lime olive jade"}


def _examples(labels: list[str], count: int) -> Examples:
    texts, given = [], []
    for label in labels:
        words = COLOURS[label].split()
        for index in range(count):
            texts.append(f"{words[index % 3]} paint number {index} {words[(index + 1) % 3]}")
            given.append(label)
    return Examples(texts, given)


TRAIN = _examples(list(COLOURS), 12)
TEST = _examples(list(COLOURS), 4)


def test_it_learns_what_is_there_to_learn() -> None:
    trained = train_baseline(TRAIN, {"validation": TEST, "test": TEST}, POLICY)
    assert trained.metrics["test"]["accuracy"] == 1.0
    assert trained.metrics["test"]["macro_f1"] == 1.0
    assert trained.metrics["test"]["examples"] == 12


def test_figures_are_not_flattered() -> None:
    wrong = Examples(TEST.texts, [{"red": "blue", "blue": "green", "green": "red"}[y]
                                  for y in TEST.labels])  # fmt: skip
    trained = train_baseline(TRAIN, {"test": wrong}, POLICY)
    assert trained.metrics["test"]["accuracy"] == 0.0


def test_the_same_input_gives_the_same_model() -> None:
    first, second = (train_baseline(TRAIN, {"validation": TEST}, POLICY) for _ in range(2))
    assert first.model.digest == second.model.digest
    other = train_baseline(Examples(TRAIN.texts[:-1], TRAIN.labels[:-1]), {}, POLICY)
    assert other.model.digest != first.model.digest


def test_a_model_reads_back_from_its_files() -> None:
    trained = train_baseline(TRAIN, {}, POLICY)
    again = Model(dict(trained.model.files))
    assert again.predict(TEST.texts) == trained.model.predict(TEST.texts)
    assert again.predict([]) == []


def test_two_labels_are_enough_and_one_is_not() -> None:
    two = _examples(["red", "blue"], 6)
    trained = train_baseline(two, {"test": two}, POLICY)
    assert trained.metrics["test"]["accuracy"] == 1.0
    with pytest.raises(ValueError, match="two labels"):
        train_baseline(_examples(["red"], 6), {}, POLICY)


def test_without_validation_the_first_strength_is_taken() -> None:
    policy = POLICY.model_copy(update={"regularization": [5.0, 1.0]})
    assert train_baseline(TRAIN, {"test": TEST}, policy).regularization == 5.0


def test_validation_chooses() -> None:
    weak, strong = 1e-4, 1000.0
    words = " ".join(COLOURS.values()).split()
    mixed = [f"{a} {b} {c} paint" for a in words for b in words[::2] for c in words[::4]]
    for wanted in (weak, strong):
        alone = POLICY.model_copy(update={"regularization": [wanted]})
        taught = train_baseline(TRAIN, {}, alone).model.predict(mixed)
        both = POLICY.model_copy(update={"regularization": [weak, strong]})
        trained = train_baseline(TRAIN, {"validation": Examples(mixed, taught)}, both)
        assert trained.regularization == wanted
        assert trained.metrics["validation"]["accuracy"] == 1.0
