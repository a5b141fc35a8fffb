"""``stages.screened``: what is too poor to learn from."""

from typing import Literal

from pydantic import Field

from dataset_pipeline.config.base import Share, Strict


class Screened(Strict):
    """Quality rules; they apply to the splits named, never to test."""

    applies_to: list[Literal["train", "validation"]] = ["train"]
    min_characters: int = Field(default=3, ge=0)
    max_characters: int = Field(default=20_000, ge=1)
    empty_phrases: list[str] = []
    min_language_confidence: Share = 0.9
