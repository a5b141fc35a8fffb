"""What a certificate says of people and of time: who answers for it, who approves, who stamps."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dataset_pipeline.config.base import Slug, Strict

KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# No name or password in the address: what is secret does not belong in this file.
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")]


class Approvals(Strict):
    """Whose signatures a version needs besides the pipeline's own.

    ``roles``: the ids of the keys that sign for a role (SHA-256 of the public key in DER form).
    ``threshold``: how many roles must approve; without it, all.
    """

    roles: dict[Slug, Annotated[list[KeyId], Field(min_length=1)]] = Field(min_length=1)
    threshold: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.needed > len(self.roles):
            raise ValueError(f"threshold is {self.needed}, and there are {len(self.roles)} roles")
        counts = Counter(key for keys in self.roles.values() for key in set(keys))
        if twice := [key for key, count in counts.items() if count > 1]:
            raise ValueError(f"key {twice[0][:16]}… has two roles; one person is one approval")
        return self

    @property
    def needed(self) -> int:
        """How many roles must approve."""
        return len(self.roles) if self.threshold is None else self.threshold


class TimeAuthority(Strict):
    """A time-stamping authority (RFC 3161).

    ``ca``: a PEM file with the certificates that its own must lead to. ``trusted``: it is
    independent of you; the time of an authority that you operate yourself is never called trusted.
    """

    url: Address
    ca: str
    trusted: bool = False


class TimeStamps(Strict):
    """Which authorities are asked, one after the other, until one has stamped a signature.

    ``required``: without a stamp a certificate is pending, and does not verify.
    """

    authorities: list[TimeAuthority] = Field(min_length=1)
    required: bool = False


Section = Literal[
    "sources", "rights", "transformations", "annotations", "distillates", "privacy", "checks",
    "package",
]  # fmt: skip


class Certificate(Strict):
    """Who stands behind a version, and who may use it how.

    ``partial_allowed``: sections of which a certificate may know only a part, and say so. Where
    another is incomplete, none is issued.
    """

    licence: str
    contact: str
    intended_use: str
    limits: list[str] = []
    partial_allowed: list[Section] = [
        "sources", "rights", "transformations", "annotations", "distillates", "privacy", "package",
    ]  # fmt: skip
    approvals: Approvals | None = None
    time_stamps: TimeStamps | None = None
