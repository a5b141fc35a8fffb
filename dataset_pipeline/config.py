"""What one ``configs/<dataset>/dataset.yaml`` may say: strict models, nothing else.

No reading of files here (see ``config_file.py``) and no defaults that grant a right.
"""

from datetime import date
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


# ------------------------------------------------------------------------------------------ task


class SuccessCriterion(Strict):
    """A figure that the trained model has to reach."""

    metric: Literal["accuracy", "macro_f1"]
    measured_on: Literal["test", "task_examples"]
    at_least: Share


class Restrictions(Strict):
    """What the dataset may be used for, and what must not be in it."""

    use: Literal["commercial", "internal", "research"]
    languages: list[str] = Field(min_length=1)
    forbidden: list[str] = []


class Task(Strict):
    """What the model is to do: the specification that the dataset serves."""

    behaviour: str = Field(min_length=10)
    type: Literal["classification", "chat", "preference", "text"]
    labels: list[str] = []
    examples: str
    success_criteria: list[SuccessCriterion] = []
    restrictions: Restrictions


# --------------------------------------------------------------------------------------- sources


class Rights(Strict):
    """By what right a source's records are used. Silence grants nothing."""

    basis: Literal[
        "contract", "consent", "licence", "legitimate_interest", "public_domain", "own_work"
    ]
    licence: str | None = None
    training: Literal["allowed", "forbidden", "unknown"]
    redistribution: Literal["allowed", "forbidden", "unknown"] = "unknown"
    expires: date | None = None
    approved_by: str | None = None
    evidence: str


class EventTime(Strict):
    """Where a record's time stands, and how it is written.

    A row without a time is quarantined, unless the time is not ``required``.
    """

    column: Column
    format: str | None = None
    timezone: str = "UTC"
    required: bool = True


class Turns(Strict):
    """A conversation in one column: the last customer turn is the prompt."""

    column: Column
    role: Column = "role"
    content: Column = "content"
    roles: dict[str, Literal["user", "assistant", "system"]] = {}


class Fields(Strict):
    """Which field of the source becomes which column of the record.

    Without a ``key`` a record is named by its content: two equal rows are one record.
    """

    key: Column | None = None
    group_id: Column | None = None
    event_time: EventTime | None = None
    turns: Turns | None = None
    prompt: Column | None = None
    completion: Column | None = None
    rejected: Column | None = None
    label: Column | None = None
    language: Column | None = None
    attributes: dict[Slug, Column] = {}


class SourceBase(Strict):
    """What every source declares, whatever its kind."""

    description: str
    system: str
    owner: str
    path: str
    fields: Fields
    rights: Rights
    split: Split | None = None


class JsonlForm(Strict):
    """One JSON object a line."""

    encoding: str = "utf-8"


class JsonlSource(SourceBase, JsonlForm):
    """A source of JSON Lines files."""

    kind: Literal["jsonl"]


class CsvForm(Strict):
    """Delimited text with a header line."""

    encoding: str = "utf-8"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote: Annotated[str, StringConstraints(min_length=1, max_length=1)] = '"'


class CsvSource(SourceBase, CsvForm):
    """A source of delimited text files."""

    kind: Literal["csv"]


class MarkdownSource(SourceBase):
    """One file a record: YAML front matter, then the text as the field ``body``."""

    kind: Literal["markdown"]
    encoding: str = "utf-8"


class ParquetSource(SourceBase):
    """Parquet files with the same columns."""

    kind: Literal["parquet"]


Source = Annotated[
    JsonlSource | CsvSource | MarkdownSource | ParquetSource, Field(discriminator="kind")
]


class Annotations(Strict):
    """Labels by people: files of labels, files of decisions, and the guidelines they followed."""

    labels: dict[Slug, str] = Field(min_length=1)
    adjudications: dict[Slug, str] = {}
    guidelines: dict[str, str] = Field(min_length=1)
    decisions: str | None = None


# ---------------------------------------------------------------------------------------- stages


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


# ------------------------------------------------------------------------ gates, certificate, use


class Gates(Strict):
    """Figures below or above which a run stops."""

    max_quarantined_share: Share = 0.1
    min_kappa: Annotated[float, Field(ge=-1, le=1)] = 0.4
    min_records: int = Field(default=1, ge=0)


class Certificate(Strict):
    """Who stands behind a version, and who may use it how."""

    licence: str
    contact: str
    intended_use: str
    limits: list[str] = []


class BaselineTraining(Strict):
    """The embedded baseline: TF-IDF and logistic regression."""

    trainer: Literal["baseline"]
    seed: int = 0
    ngrams: Annotated[int, Field(ge=1, le=5)] = 2
    regularization: list[Annotated[float, Field(gt=0)]] = Field(default=[1.0, 10.0], min_length=1)


class Schedule(Strict):
    """When the dataset is refreshed."""

    cron: str
    timezone: str = "UTC"


class DatasetConfig(Strict):
    """One dataset: the whole of its ``dataset.yaml``."""

    format: Literal[1]
    title: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 .-]{0,79}$")]
    version: Annotated[str, StringConstraints(pattern=r"^\d{1,4}\.\d{1,4}$")]
    description: str
    owners: list[str] = Field(min_length=1)
    task: Task
    sources: dict[Slug, Source] = Field(min_length=1)
    annotations: Annotations | None = None
    distillates: dict[Slug, str] = {}
    prompts: dict[str, str] = {}
    stages: Stages
    gates: Gates = Gates()
    certificate: Certificate
    training: BaselineTraining | None = None
    schedule: Schedule = Schedule(cron="0 2 * * *")

    def content_part(self) -> dict[str, Any]:
        """The part that a version certifies: all but training and schedule."""
        return {k: v for k, v in self.plain().items() if k not in ("training", "schedule")}
