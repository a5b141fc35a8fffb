"""``stages.deduplicated``: copies."""

from typing import Literal, Self

from pydantic import Field, model_validator

from dataset_pipeline.config.base import Share, Strict

Strategy = Literal["drop", "merge"]
KeepBest = Literal["source_rank", "completeness", "recency", "length"]


class Templates(Strict):
    """Records that hardly differ but in numbers, dates, names and the like are of one template.

    ``drop`` keeps the best of a template. ``cap`` keeps ``max_records`` of it, or as many as
    ``max_share`` of all records compared is (one at the least), for each label, chosen by a hash
    that ``seed`` keys.
    """

    strategy: Literal["drop", "cap"]
    max_records: int | None = Field(default=None, ge=1)
    max_share: Share | None = None
    seed: int = 0
    # How alike the masked texts must be (exact Jaccard, as of near copies); 1: altogether.
    threshold: float = Field(default=0.9, ge=0.3, le=1)
    # What is left besides the masked parts must have so many words: "order 17" is no template.
    min_words: int = Field(default=4, ge=1)

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        limits = (self.max_records is not None) + (self.max_share is not None)
        if limits != (self.strategy == "cap"):
            raise ValueError("`cap` needs max_records or max_share, one of them; `drop` needs none")
        return self


class Semantic(Strict):
    """Texts that mean the same in other words: by the cosine of their embeddings.

    Needs the extra ``embeddings``. ``model``: a local folder with a model2vec model.
    """

    model: str = Field(min_length=1)
    threshold: float = Field(default=0.95, ge=0.7, le=1)
    strategy: Strategy = "drop"


class Deduplicated(Strict):
    """Exact and near copies. Similarity is the exact Jaccard of character shingles."""

    applies_to: list[Literal["train", "validation"]] = ["train"]
    compare: list[Literal["context", "prompt", "completion"]] = Field(
        default=["prompt"], min_length=1
    )
    shingle_characters: int = Field(default=5, ge=2, le=32)
    threshold: float = Field(default=0.8, ge=0.3, le=1)
    permutations: int = Field(default=128, ge=16, le=1024)
    # Two texts of fewer words each are compared by shingles of three characters and a threshold of
    # their own, where there is one: a single word makes them opposites.
    short_words: int = Field(default=5, ge=2, le=50)
    short_threshold: float | None = Field(default=None, ge=0.3, le=1)
    templates: Templates | None = None
    semantic: Semantic | None = None
    # Of several copies the one that is best by these, in their order, is kept: the source that
    # stands first in `sources`, the one with most fields filled, the latest, the longest.
    keep_best: list[KeepBest] = ["source_rank", "length", "recency"]
    # `merge`: the kept record gets from its copies the label, the completion and the attributes
    # that it lacks.
    exact: Strategy = "drop"
    near: Strategy = "drop"

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if len(set(self.keep_best)) < len(self.keep_best):
            raise ValueError("keep_best names something twice")
        return self
