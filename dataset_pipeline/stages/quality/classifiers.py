"""Scores of texts by classifiers: small ones learned from examples, or a model of one's own.

The small one is TF-IDF of words and of characters with a logistic regression, learned from the
examples alone, by one thread and a fixed seed: the same file gives the same scores.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cache, partial
from importlib import import_module
from importlib.metadata import version
from typing import Any

import polars as pl

from dataset_pipeline.config.screened import Classifier
from dataset_pipeline.errors import PipelineError
from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.spread import Spread

_SCHEMA = {"score": pl.Float64()}
_SETTINGS = {"words": [1, 2], "characters": [2, 4], "regularization": 10.0, "seed": 0}
_DIGITS = 6


class ClassifierError(PipelineError):
    """Examples that nothing can be learned from, or a hook that does not do what it should."""


def detector_of(name: str, policy: Classifier, content: str | None) -> Detector:
    """The detector of a classifier's scores; ``content`` is that of its file of examples."""
    if policy.hook is not None:
        model = {"hook": policy.hook, "model": policy.version}
        return Detector("classifier", "1", _SCHEMA, partial(_by_hook, name, policy.hook), model)
    examples = examples_of(name, content or "", policy.positive or "")
    digest = hashlib.sha256(json.dumps(examples).encode()).hexdigest()
    settings = {**_SETTINGS, "examples": digest, "library": version("scikit-learn")}
    return Detector("classifier", "1", _SCHEMA, partial(_by_examples, examples), settings)


Examples = tuple[tuple[str, bool], ...]


def examples_of(name: str, content: str, positive: str) -> Examples:
    """The distinct examples of a file, sorted: their order in it tells nothing.

    Raises ClassifierError, with the line, where a line is no example or all are of one kind.
    """
    found = set()
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            found.add(_example(name, number, line, positive))
    if {label for _, label in found} != {True, False}:
        raise ClassifierError(
            f"classifier {name!r}: expected examples with the label {positive!r} and with others"
        )
    return tuple(sorted(found))


def _example(name: str, number: int, line: str, positive: str) -> tuple[str, bool]:
    try:
        row = json.loads(line)
        text, label = row["text"], row["label"]
    except (ValueError, KeyError, TypeError):
        text, label = None, None
    if not isinstance(text, str) or not isinstance(label, str):
        raise ClassifierError(
            f"classifier {name!r}: line {number} of its examples is no object with text and label"
        )
    return text, label == positive


def _by_examples(examples: Examples, texts: pl.Series, spread: Spread) -> pl.DataFrame:
    scores = spread(partial(scores_of, examples), texts.to_list())
    return pl.DataFrame({"score": scores}, schema=_SCHEMA)


def scores_of(examples: Examples, texts: Sequence[str]) -> list[float]:
    """How probably each text is of the examples' positive kind, from 0 to 1."""
    if not texts:
        return []
    return [round(float(score), _DIGITS) for score in _learned(examples).predict_proba(texts)[:, 1]]


@cache
def _learned(examples: Examples) -> Any:
    """What was learned from the examples; once a process."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    regression = LogisticRegression(
        C=_SETTINGS["regularization"],
        class_weight="balanced",
        solver="liblinear",  # one thread, whatever the machine
        random_state=_SETTINGS["seed"],
    )
    texts, labels = zip(*examples, strict=True)
    return make_pipeline(make_union(words, characters), regression).fit(texts, labels)


def _by_hook(name: str, hook: str, texts: pl.Series, _spread: Spread) -> pl.DataFrame:
    """Scores by a function of one's own, in this process: a model may need its one device."""
    module, function = hook.split(":")
    try:
        score = getattr(import_module(module), function)
    except (ImportError, AttributeError):
        raise ClassifierError(f"classifier {name!r}: cannot import its hook {hook!r}") from None
    scores = [round(float(score), _DIGITS) for score in score(texts.to_list())]
    wrong = len(scores) != len(texts) or not all(0 <= score <= 1 for score in scores)
    if wrong:
        raise ClassifierError(
            f"classifier {name!r}: expected of {hook!r} one score from 0 to 1 for each text"
        )
    return pl.DataFrame({"score": scores}, schema=_SCHEMA)
