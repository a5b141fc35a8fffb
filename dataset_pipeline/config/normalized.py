"""``stages.normalized``: how text is made uniform, and how the split is assigned."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from dataset_pipeline.config.base import Share, Slug, Strict

Part = Literal["signature", "quoted_history", "disclaimer", "auto_response"]


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
    """How text is made uniform, what is split off mails, and how the split is assigned.

    ``group_key`` keys the hash that names groups and assigns splits: change it, and every record
    may fall in another split. ``html_remains``: whether tags and entities that web forms left are
    taken out. ``split_off``: the parts of mails and tickets that leave the training text and are
    kept beside it; ``split_off_in``: the sources whose texts are mails or tickets (None: all), for
    in a Markdown article a line that begins with ">" quotes no mail.
    """

    group_key: str = Field(min_length=8)
    repair_encoding: bool = True
    unicode_form: Literal["NFC", "NFKC"] = "NFC"
    html_remains: bool = False
    split_off: list[Part] = []
    split_off_in: list[Slug] | None = None
    split: Annotated[SplitByGroup | SplitByTime, Field(discriminator="by")]
