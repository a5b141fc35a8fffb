"""``task``: what the model is to do."""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dataset_pipeline.config.base import Share, Strict

LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$")]


class SuccessCriterion(Strict):
    """A figure that the trained model has to reach."""

    metric: Literal["accuracy", "macro_f1"]
    measured_on: Literal["test", "task_examples"]
    at_least: Share


class Restrictions(Strict):
    """What the dataset may be used for, and what must not be in it.

    ``forbidden``: uses, in words. ``forbidden_categories``: categories of data that no source
    may declare, nor a record carry in its attribute ``category``. ``languages``: codes, with or
    without a region; no record is in a language by its name (``german``), so all of it would go.
    """

    use: Literal["commercial", "internal", "research"]
    languages: list[LanguageTag] = Field(min_length=1)
    forbidden: list[str] = []
    forbidden_categories: list[str] = []

    def language_codes(self) -> list[str]:
        """The languages as records are tagged with them: in small letters, without regions."""
        return list(dict.fromkeys(re.split("[-_]", tag.lower())[0] for tag in self.languages))


class Task(Strict):
    """What the model is to do: the specification that the dataset serves."""

    behaviour: str = Field(min_length=10)
    type: Literal["classification", "chat", "preference", "text"]
    labels: list[str] = []
    examples: str
    success_criteria: list[SuccessCriterion] = []
    restrictions: Restrictions
