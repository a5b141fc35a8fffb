"""By what right a source is used: who allowed what, until when, and where that stands."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dataset_pipeline.config.base import Strict

Answer = Literal["allowed", "forbidden", "unknown"]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}(-[A-Z0-9]{1,3})?$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class EvidenceFile(Strict):
    """A document in the dataset's folder; its SHA-256 is taken at each collection."""

    file: str


class EvidenceUrl(Strict):
    """A page, and the SHA-256 of what stood there when somebody looked."""

    url: str
    sha256: Sha256
    retrieved: date


class Transfer(Strict):
    """Where and to whom the data may go. What is not said is not known."""

    regions: list[Region] = []
    contractors: Answer = "unknown"
    cloud: Answer = "unknown"


class Rights(Strict):
    """By what right a source's records are used. Silence grants nothing.

    ``licence``: an SPDX expression. ``expires``: the last day of the right.
    """

    basis: Literal[
        "contract", "consent", "licence", "legitimate_interest", "public_domain", "own_work",
        "legal_obligation", "public_task", "unknown",
    ]  # fmt: skip
    licence: str | None = None
    training: Answer
    redistribution: Answer = "unknown"
    transfer: Transfer = Transfer()
    retention_days: int | None = Field(default=None, ge=1)
    expires: date | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    evidence: str | EvidenceFile | EvidenceUrl | None = None
