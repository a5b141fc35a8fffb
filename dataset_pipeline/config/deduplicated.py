"""``stages.deduplicated``: copies."""

from typing import Literal

from pydantic import Field

from dataset_pipeline.config.base import Strict


class Deduplicated(Strict):
    """Exact and near copies. Similarity is the exact Jaccard of character shingles."""

    applies_to: list[Literal["train", "validation"]] = ["train"]
    compare: list[Literal["context", "prompt", "completion"]] = Field(
        default=["prompt"], min_length=1
    )
    shingle_characters: int = Field(default=5, ge=2, le=32)
    threshold: float = Field(default=0.8, ge=0.3, le=1)
    permutations: int = Field(default=128, ge=16, le=1024)
