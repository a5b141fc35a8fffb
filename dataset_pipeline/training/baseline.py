"""The embedded baseline: TF-IDF and logistic regression, small enough to train every night.

It is there to link a version to a model that anyone can retrain, and to say what the data alone
gives; not to win. scikit-learn is imported when it trains or predicts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dataset_pipeline.config import BaselineTraining
from dataset_pipeline.digests import canonical_json, digest_of, sha256_hex

VERSION = "1"
# What takes a second to load, for who can have it done beforehand.
NEEDED = ("sklearn.feature_extraction.text", "sklearn.linear_model", "safetensors.numpy")
WEIGHTS, VOCABULARY = "weights.safetensors", "vocabulary.json"
_MAX_FEATURES = 50_000
_MAX_ITERATIONS = 1_000


@dataclass(frozen=True)
class Examples:
    """Texts and their labels."""

    texts: Sequence[str]
    labels: Sequence[str]


@dataclass(frozen=True)
class Model:
    """A trained baseline as files (name -> bytes); ``digest`` names it by them."""

    files: dict[str, bytes]

    @property
    def digest(self) -> str:
        """64 hex over each file's name and SHA-256."""
        return digest_of({name: sha256_hex(data) for name, data in self.files.items()})

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The most probable label of each text."""
        import numpy as np
        from safetensors.numpy import load

        if not texts:
            return []
        described = json.loads(self.files[VOCABULARY])
        weights = load(self.files[WEIGHTS])
        vectorizer = _vectorizer(described["ngrams"], described["vocabulary"])
        vectorizer.idf_ = weights["idf"]
        scores = vectorizer.transform(texts) @ weights["coefficients"].T + weights["intercepts"]
        return [described["labels"][index] for index in np.asarray(scores).argmax(axis=1)]


@dataclass(frozen=True)
class Trained:
    """A model, how it was chosen, and its figures by what they were measured on."""

    model: Model
    regularization: float
    metrics: dict[str, dict[str, float]]


def train_baseline(
    train: Examples, evaluated: dict[str, Examples], policy: BaselineTraining
) -> Trained:
    """Train on ``train``, choose the regularization on ``validation`` (without one, the first).

    ``evaluated`` maps validation, test and task_examples to examples; empty ones are passed over.
    The same input gives the same model on the same machine. Raises ValueError with fewer than two
    labels in train.
    """
    if len(set(train.labels)) < 2:
        raise ValueError("a classifier needs at least two labels in train")
    vectorizer = _vectorizer(policy.ngrams, None)
    features = vectorizer.fit_transform(train.texts)
    validation = evaluated.get("validation") or Examples([], [])
    strengths = policy.regularization if validation.texts else policy.regularization[:1]
    candidates = [(s, _fitted(vectorizer, features, train, s, policy)) for s in strengths]
    strength, model = max(candidates, key=lambda item: _choice(item[1], validation))
    measured = {name: given for name, given in evaluated.items() if given.texts}
    metrics = {name: evaluate(model, given) for name, given in measured.items()}
    return Trained(model, strength, metrics)


def evaluate(model: Model, examples: Examples) -> dict[str, float]:
    """Accuracy, macro F1 over the labels that occur, and the number of examples."""
    from sklearn.metrics import accuracy_score, f1_score

    predicted = model.predict(examples.texts)
    return {
        "accuracy": round(float(accuracy_score(examples.labels, predicted)), 6),
        "macro_f1": round(
            float(f1_score(examples.labels, predicted, average="macro", zero_division=0)), 6
        ),
        "examples": float(len(predicted)),
    }


def _choice(model: Model, validation: Examples) -> float:
    return evaluate(model, validation)["macro_f1"] if validation.texts else 0.0


def _vectorizer(ngrams: int, vocabulary: Sequence[str] | None) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, ngrams),
        sublinear_tf=True,
        max_features=None if vocabulary else _MAX_FEATURES,
        vocabulary=vocabulary,
    )


def _fitted(
    vectorizer: Any, features: Any, train: Examples, strength: float, policy: BaselineTraining
) -> Model:
    import numpy as np
    from safetensors.numpy import save
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(
        C=strength,
        solver="newton-cg",
        class_weight="balanced",
        max_iter=_MAX_ITERATIONS,
        random_state=policy.seed,
    )
    classifier.fit(features, train.labels)
    coefficients, intercepts = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:  # one row stands for both
        coefficients, intercepts = (
            np.vstack([-coefficients, coefficients]),
            np.r_[-intercepts, intercepts],
        )
    weights = {
        "idf": np.ascontiguousarray(vectorizer.idf_),
        "coefficients": np.ascontiguousarray(coefficients),
        "intercepts": np.ascontiguousarray(intercepts),
    }
    described = {
        "labels": [str(label) for label in classifier.classes_],
        "ngrams": policy.ngrams,
        "vocabulary": [str(term) for term in vectorizer.get_feature_names_out()],
    }
    return Model({WEIGHTS: save(weights), VOCABULARY: canonical_json(described)})
