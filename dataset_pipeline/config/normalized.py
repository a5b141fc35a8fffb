"""``stages.normalized``: how text is made uniform, and how the split is assigned."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

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
