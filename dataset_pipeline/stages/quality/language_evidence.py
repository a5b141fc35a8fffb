"""Languages as evidence: found once a text. Apart from what workers load, which is no Polars."""

from importlib.metadata import version

import polars as pl

from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.quality.language import languages_of
from dataset_pipeline.stages.spread import Spread

_MODEL = "py3langid"
_SCHEMA = {"language": pl.String(), "confidence": pl.Float64()}


def _detect(texts: pl.Series, spread: Spread) -> pl.DataFrame:
    return pl.DataFrame(spread(languages_of, texts.to_list()), schema=_SCHEMA, orient="row")


DETECTOR = Detector(
    name="language",
    version="2",
    schema=_SCHEMA,
    detect=_detect,
    settings={"model": _MODEL, "model_version": version(_MODEL)},
)
