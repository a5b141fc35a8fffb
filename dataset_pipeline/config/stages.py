"""``stages``: one policy per stage."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dataset_pipeline.config.base import Share, Strict


class SplitByGroup(Strict):
    """Shares by a keyed hash of the group: the same group always falls the same way."""

    by: Literal["group"]
    validation: Share
    test: Share


class SplitByTime(Strict):
    """Fixed dates: older records train, newer ones are held out."""

    by: Literal["time"]
    validation_from: date
    test_from: date


class Normalized(Strict):
    """How text is made uniform, and how the split is assigned.

    ``group_key`` keys the hash that names groups and assigns splits: change it, and every record
    may fall in another split.
    """

    group_key: str = Field(min_length=8)
    repair_encoding: bool = True
    unicode_form: Literal["NFC", "NFKC"] = "NFC"
    split: Annotated[SplitByGroup | SplitByTime, Field(discriminator="by")]


class Screened(Strict):
    """Quality rules; they apply to the splits named, never to test."""

    applies_to: list[Literal["train", "validation"]] = ["train"]
    min_characters: int = Field(default=3, ge=0)
    max_characters: int = Field(default=20_000, ge=1)
    empty_phrases: list[str] = []
    min_language_confidence: Share = 0.9


class Pattern(Strict):
    """A regular expression (Python's) of one's own for personal data or secrets.

    All of a match is masked, or its group ``value`` where it has one.
    """

    regex: str
    score: Share = 0.8


class Redacted(Strict):
    """Which entities are masked; each becomes its name in brackets."""

    entities: list[
        Literal["EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "IIN"]
    ] = ["EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "IIN"]
    phone_regions: list[Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]] = ["US", "GB"]
    patterns: dict[Annotated[str, StringConstraints(pattern="^[A-Z][A-Z0-9_]*$")], Pattern] = {}
    min_score: Share = 0.4
    not_covered: list[str] = ["PERSON", "ADDRESS", "BIRTH_DATE"]


class Deduplicated(Strict):
    """Exact and near copies. Similarity is the exact Jaccard of character shingles."""

    applies_to: list[Literal["train", "validation"]] = ["train"]
    compare: list[Literal["context", "prompt", "completion"]] = Field(
        default=["prompt"], min_length=1
    )
    shingle_characters: int = Field(default=5, ge=2, le=32)
    threshold: float = Field(default=0.8, ge=0.3, le=1)
    permutations: int = Field(default=128, ge=16, le=1024)


class Clean(Strict):
    """Overlap of train with what is held out, mended on the train side."""

    mend_validation: bool = True


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
