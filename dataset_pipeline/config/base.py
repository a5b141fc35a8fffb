"""What every part of a configuration has in common."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dataset_pipeline.digests import digest_of

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Split = Literal["train", "validation", "test"]
Share = Annotated[float, Field(ge=0, le=1)]
Column = Annotated[str, StringConstraints(min_length=1)]


class Strict(BaseModel):
    """Unknown keys and wrong types are errors; a loaded config never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def digest(self) -> str:
        """The digest of this part of the configuration."""
        return digest_of(self.plain())

    def plain(self) -> dict[str, Any]:
        """This part of the configuration as JSON-like values."""
        return self.model_dump(mode="json", by_alias=True)
