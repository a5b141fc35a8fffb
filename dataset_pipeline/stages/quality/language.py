"""Language identification with py3langid's own model (97 languages, ISO 639-1 codes)."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from dataset_pipeline.stages.quality.langid import classify


@cache
def identifier() -> Any:
    """The identifier with probabilities between 0 and 1; loaded once a process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def languages_of(texts: Sequence[str]) -> list[tuple[str, float]]:
    """The most probable language of each text and its probability, to six digits."""
    return [(language, round(sure, 6)) for language, sure in classify(identifier(), texts)]
