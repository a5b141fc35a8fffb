"""Language identification with py3langid's own model (97 languages, ISO 639-1 codes)."""

from collections.abc import Sequence
from functools import cache
from typing import Any


@cache
def identifier() -> Any:
    """The identifier with probabilities between 0 and 1; loaded once a process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str) -> tuple[str, float]:
    """The most probable language of a text and its probability."""
    language, probability = identifier().classify(text)
    return str(language), float(probability)


def languages_of(texts: Sequence[str]) -> list[tuple[str, float]]:
    """The most probable language of each text and its probability."""
    return [language_of(text) for text in texts]
