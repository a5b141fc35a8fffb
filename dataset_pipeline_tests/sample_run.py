"""The sample's stages, run directly through their specs: no Dagster run, no event log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from dataset_pipeline.assets.clean import clean_specs
from dataset_pipeline.assets.compute import Outcome, compute
from dataset_pipeline.assets.curated import curated_specs
from dataset_pipeline.assets.raw import raw_specs
from dataset_pipeline.assets.spec import StageSpec
from dataset_pipeline.config_file import Dataset, load_dataset
from dataset_pipeline.records import record_id
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.sample.generate import CONFIGS, TRUTH


@dataclass(frozen=True)
class SampleRun:
    """What each stage of the sample gave, by the stage's name."""

    dataset: Dataset
    store: Store
    outcomes: Mapping[str, Outcome]

    def snapshot(self, stage: str) -> Snapshot:
        return self.outcomes[stage].snapshot

    def records(self, stage: str) -> pl.DataFrame:
        return self.snapshot(stage).records.collect()

    def excluded(self, stage: str) -> pl.DataFrame:
        return self.snapshot(stage).excluded.collect()

    def rules(self, stage: str) -> dict[str, str]:
        """record_id -> the rule that took it out at this stage."""
        return dict(self.excluded(stage).select("record_id", "rule").iter_rows())


def sample_dataset() -> Dataset:
    return load_dataset(CONFIGS.parent, CONFIGS.name)


def specs(dataset: Dataset) -> list[StageSpec]:
    """Every stage, in an order in which each finds its inputs."""
    return [*raw_specs(dataset), *clean_specs(dataset), *curated_specs(dataset)]


def run_sample(store: Store) -> SampleRun:
    dataset = sample_dataset()
    outcomes: dict[str, Outcome] = {}
    for spec in specs(dataset):
        inputs = {name: outcomes[stage].snapshot for name, stage in spec.inputs.items()}
        outcomes[spec.name] = compute(store, spec, inputs)
    return SampleRun(dataset, store, outcomes)


@cache
def truth() -> dict[str, Any]:
    """What the generator planted; its schema stands in ``sample/truth.py``."""
    found: dict[str, Any] = json.loads(TRUTH.read_text("utf-8"))
    return found


def planted(kind: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = truth()["planted"][kind]
    return entries


def id_of(entry: Mapping[str, Any]) -> str:
    """The record_id of the record that an entry of the truth names."""
    source = "distillates/paraphrases" if entry["source"] == "distillates" else entry["source"]
    return record_id(source, entry["key"])
