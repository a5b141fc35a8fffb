"""``stages.redacted``: personal data and secrets."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from dataset_pipeline.config.base import Share, Strict


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
