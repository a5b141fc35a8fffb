"""Language identification with py3langid's own model (97 languages, ISO 639-1 codes)."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import polars as pl

from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.spread import Spread

_MODEL = "py3langid"
_SCHEMA = {"language": pl.String(), "confidence": pl.Float64()}


def _detect(texts: pl.Series, spread: Spread) -> pl.DataFrame:
    return pl.DataFrame(spread(languages_of, texts.to_list()), schema=_SCHEMA, orient="row")


DETECTOR = Detector(
    name="language",
    version="1",
    schema=_SCHEMA,
    detect=_detect,
    settings={"model": _MODEL, "model_version": version(_MODEL)},
)


@cache
def identifier() -> Any:
    """The identifier with probabilities between 0 and 1; loaded once a process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str) -> tuple[str, float]:
    """The most probable language of a text and its probability, to six digits."""
    language, probability = identifier().classify(text)
    return str(language), round(float(probability), 6)


def languages_of(texts: Sequence[str]) -> list[tuple[str, float]]:
    """The most probable language of each text and its probability."""
    return [language_of(text) for text in texts]
