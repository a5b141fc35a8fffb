"""One dataset: the whole of its ``dataset.yaml``."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from dataset_pipeline.config.base import Share, Slug, Strict
from dataset_pipeline.config.certified import Certificate
from dataset_pipeline.config.package import Package
from dataset_pipeline.config.sources import Source
from dataset_pipeline.config.stages import Stages
from dataset_pipeline.config.task import Task


class Annotations(Strict):
    """Labels by people: files of labels, files of decisions, and the guidelines they followed."""

    labels: dict[Slug, str] = Field(min_length=1)
    adjudications: dict[Slug, str] = {}
    guidelines: dict[str, str] = Field(min_length=1)
    decisions: str | None = None


class Gates(Strict):
    """Figures below or above which a run stops.

    ``go_on_without``: sources whose records may be left out for lack of rights, or for what the
    dataset must not hold; any other such source stops the run. ``max_unread_files``: of a source,
    files that could not be read to their end, of which nobody knows what is lost.
    """

    max_quarantined_share: Share = 0.1
    max_unread_files: int = Field(default=0, ge=0)
    min_kappa: Annotated[float, Field(ge=-1, le=1)] = 0.4
    min_records: int = Field(default=1, ge=0)
    go_on_without: list[Slug] = []
    warn_before_expiry_days: int = Field(default=30, ge=0, le=36_500)


class Retention(Strict):
    """How long raw data is kept: days after the last collection that brought it."""

    raw_days: int | None = Field(default=None, ge=1)


class BaselineTraining(Strict):
    """The embedded baseline: TF-IDF and logistic regression."""

    trainer: Literal["baseline"]
    seed: int = 0
    ngrams: Annotated[int, Field(ge=1, le=5)] = 2
    regularization: list[Annotated[float, Field(gt=0)]] = Field(default=[1.0, 10.0], min_length=1)


class Schedule(Strict):
    """When the dataset is refreshed; never by itself where ``cron`` is None."""

    cron: str | None
    timezone: str = "UTC"


def _unless_off(said: Any) -> Any:
    """``schedule: off`` (YAML reads a bare ``off`` as false) is a schedule that never comes."""
    return {"cron": None} if said is False or said == "off" else said


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
    retention: Retention = Retention()
    package: Package = Package()
    certificate: Certificate
    training: BaselineTraining | None = None
    schedule: Annotated[Schedule, BeforeValidator(_unless_off)] = Schedule(cron="0 2 * * *")

    def content_part(self) -> dict[str, Any]:
        """The part that a version certifies: all but training, schedule and time stamps."""
        plain = {k: v for k, v in self.plain().items() if k not in ("training", "schedule")}
        said = {k: v for k, v in plain["certificate"].items() if k != "time_stamps"}
        return {**plain, "certificate": said}
