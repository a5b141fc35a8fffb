"""``stages.redacted``: personal data and secrets."""

from datetime import date
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from dataset_pipeline.config.base import Share, Strict

Entity = Literal[
    "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "IIN",
    "RU_INN", "RU_SNILS", "RU_PASSPORT",
    "PERSON", "LOCATION", "STREET_ADDRESS", "BIRTH_DATE", "SALARY", "DEBT",
    "PASSWORD", "SECRET", "PRIVATE_KEY",
    "CONTRACT_NUMBER", "ORDER_NUMBER", "TICKET_NUMBER", "SERIAL_NUMBER", "ACCOUNT_NUMBER",
]  # fmt: skip
NOT_COVERED = "not covered"  # the method of what nothing looks for
EntityName = Annotated[str, StringConstraints(pattern="^[A-Z][A-Z0-9_]*$")]
Mode = Literal["remove", "mask", "number", "pseudonym", "generalize", "keep"]
City = Annotated[str, StringConstraints(pattern=r"^[^\W\d_]+(?:[ -][^\W\d_]+)*$")]
Generalization = Literal["city", "age_band", "month"]


class Pattern(Strict):
    """A regular expression (Python's) of one's own for personal data or secrets.

    All of a match is masked, or its group ``value`` where it has one.
    """

    regex: str
    score: Share = 0.8


class Pseudonym(Strict):
    """Where the key of pseudonyms is found, and its name among the keys that there have been.

    The key itself stands in an environment variable, at least 32 characters long, and nowhere else.
    Whoever changes it names a new epoch: the pseudonyms of two epochs have nothing in common.
    """

    key_env: Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
    epoch: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Generalized(Strict):
    """What stands for a value of which the whole is too much, in brackets behind its marker."""

    rules: dict[EntityName, Generalization] = {"STREET_ADDRESS": "city", "BIRTH_DATE": "age_band"}
    # Names that may stand for an address in which they occur; one that names none is masked.
    cities: list[City] = [
        "Almaty", "Astana", "Shymkent", "Karaganda", "Aktobe", "Moscow", "Saint Petersburg",
        "Kazan", "London", "Manchester", "Leeds", "Berlin", "Hamburg", "Munich", "New York",
        "Chicago", "Boston", "Алматы", "Астана", "Шымкент", "Караганда", "Актобе", "Қарағанды",
        "Ақтөбе", "Москва", "Санкт-Петербург", "Казань", "Новосибирск", "Екатеринбург",
    ]  # fmt: skip
    age_band_years: Annotated[int, Field(ge=5, le=50)] = 10
    age_on: date | None = None  # None: the age when the record's event happened


class Review(Strict):
    """What people look at after masking: a sample, and what is rare and long."""

    per_source: Annotated[int, Field(ge=50, le=100)] = 50
    seed: int = 0
    # A number or token is rare when it occurs in at most so many records.
    rare_records: Annotated[int, Field(ge=1)] = 3
    number_digits: Annotated[int, Field(ge=5)] = 7
    token_length: Annotated[int, Field(ge=8)] = 20
    token_entropy: Annotated[float, Field(ge=0, le=8)] = 3.5  # bits a character


class NerModel(Strict):
    """A model that finds persons and places; it must be installed."""

    kind: Literal["spacy", "transformers"]
    name: Annotated[str, StringConstraints(min_length=1)]


class Redacted(Strict):
    """Which entities are looked for, and what becomes of what is found.

    ``mask`` puts the entity's marker in its place: ``[PHONE]``. ``number``: ``[PHONE_1]``, the same
    for the same value within a record or a thread. ``pseudonym``: the same token for the same value
    everywhere. ``generalize``: see ``Generalized``. ``remove``: nothing. ``keep``: it is counted
    and stays, where no entity that goes was found in its place.
    """

    entities: list[Entity] = [
        "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "IIN",
    ]  # fmt: skip
    phone_regions: list[Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]] = ["US", "GB"]
    patterns: dict[EntityName, Pattern] = {}
    min_score: Share = 0.4
    mode: Mode = "mask"  # of entities that ``modes`` does not name
    modes: dict[EntityName, Mode] = {}
    number_within: Literal["record", "thread"] = "record"  # a thread: records of one group
    pseudonym: Pseudonym | None = None
    generalize: Generalized = Generalized()
    ner_model: NerModel | None = None
    review: Review = Review()
    not_covered: list[str] = ["PERSON", "ADDRESS", "BIRTH_DATE"]

    @model_validator(mode="after")
    def _modes_can_be_kept(self) -> Self:
        looked_for = {*self.entities, *self.patterns}
        unknown = sorted(set(self.modes) - looked_for)
        if unknown:
            raise ValueError(f"modes names what is not looked for: {', '.join(unknown)}")
        used = {name: self.mode_of(name) for name in looked_for}
        if "pseudonym" in used.values() and self.pseudonym is None:
            raise ValueError("the mode pseudonym needs pseudonym: {key_env: …, epoch: …}")
        without = sorted(
            name
            for name, mode in used.items()
            if mode == "generalize" and name not in self.generalize.rules
        )
        if without:
            raise ValueError(f"generalize.rules has no rule for {', '.join(without)}")
        return self

    @property
    def not_looked_for(self) -> list[str]:
        """Kinds that the policy does not ask for, and those that its owner named as not covered."""
        others = [name for name in get_args(Entity) if name not in self.entities]
        return [*others, *(name for name in self.not_covered if name not in others)]

    def mode_of(self, entity: str) -> Mode:
        """What becomes of an entity's values."""
        return self.modes.get(entity, self.mode)
