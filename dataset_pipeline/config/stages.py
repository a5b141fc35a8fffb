"""``stages``: one policy per stage."""

from typing import Literal

from pydantic import Field

from dataset_pipeline.config.base import Share, Strict
from dataset_pipeline.config.clean import Clean
from dataset_pipeline.config.deduplicated import Deduplicated
from dataset_pipeline.config.normalized import Normalized
from dataset_pipeline.config.redacted import Redacted
from dataset_pipeline.config.screened import Screened


class AnnotatedPolicy(Strict):
    """What becomes of people's labels."""

    drop_uncertain: bool = True


class Distilled(Strict):
    """What a model-made record must bring with it."""

    require: list[Literal["model", "prompt", "inputs", "parameters", "filters", "review"]] = [
        "model", "prompt", "inputs", "parameters", "filters", "review",
    ]  # fmt: skip
    min_characters: int = Field(default=3, ge=0)


class Curated(Strict):
    """What the union of original, annotated and model-made records may look like."""

    max_synthetic_share: Share = 0.3
    accept_source_labels: bool = True


class Splits(Strict):
    """The written splits."""

    formats: list[Literal["jsonl", "parquet"]] = Field(default=["jsonl", "parquet"], min_length=1)


class Stages(Strict):
    """One policy per stage."""

    normalized: Normalized
    screened: Screened = Screened()
    redacted: Redacted = Redacted()
    deduplicated: Deduplicated = Deduplicated()
    clean: Clean = Clean()
    annotated: AnnotatedPolicy = AnnotatedPolicy()
    distilled: Distilled = Distilled()
    curated: Curated = Curated()
    splits: Splits = Splits()
