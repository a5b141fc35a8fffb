"""Was this text in a dataset: in which versions, in which split, or why not?"""

import os
from dataclasses import dataclass

import polars as pl

from dataset_pipeline.answers.removed import excluded_of, removed_of, snapshots_of
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.normalized import bodies, uniform
from dataset_pipeline.stages.redaction.apply import redact
from dataset_pipeline.stages.redaction.plan import plan_of, pseudonym_key
from dataset_pipeline.stages.texts import comparison_text
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version

_TEXTS = ("normalized", "splits", "distilled")


@dataclass(frozen=True)
class Occurrence:
    """A record with this text in a version. ``split`` is None when a stage took it out."""

    version: str
    record_id: str
    split: str | None
    stage: str | None = None
    rule: str | None = None


def contains(store: Store, dataset: Dataset, text: str) -> list[Occurrence]:
    """Every version's records whose prompt is this text, but for case, punctuation and spaces.

    Looks among the records as they were collected and, with personal data replaced as the dataset
    does, among those that were published; a whole mail is looked for by its own words, too. Raises
    KeyMissingError where pseudonyms need the key, StoreError where it is not their epoch's.
    """
    wanted = forms(store, dataset, text)
    return [
        found
        for version in store.versions.all(dataset.name)
        for found in _in_version(store, dataset, version, wanted)
    ]


def contains_record(store: Store, dataset: str, record_id: str) -> list[Occurrence]:
    """Every version that has the record of this id in a split, or took it out."""
    found = (_occurrence(store, version, record_id) for version in store.versions.all(dataset))
    return [item for item in found if item.split or item.stage]


def forms(store: Store, dataset: Dataset, text: str) -> list[str]:
    """What a text is compared as: folded, in each form in which the dataset may hold it.

    First as it was given, then as the dataset would publish it, whole and by its own words alone;
    none where nothing of it can be compared. Raises what ``contains`` does.
    """
    stages = dataset.config.stages
    asked = pl.Series("text", [text])
    tidy = pl.concat([uniform(asked, stages.normalized), bodies(asked, stages.normalized)])
    frame = pl.DataFrame(
        {"record_id": ["whole", "body"], "field": "prompt", "position": 0, "text": tidy},
        schema_overrides={"position": pl.UInt32},
    )
    plan = plan_of(stages.redacted, pseudonym_key(stages.redacted, os.environ))
    if plan.key_check:
        store.pseudonym_keys.agree(dataset.name, plan.epoch, plan.key_check)
    published = redact(frame, plan, found_here).texts["text"]
    every = pl.DataFrame({"prompt": pl.concat([asked, published, tidy])})
    folded = every.select(comparison_text(["prompt"])).to_series()
    return folded.drop_nulls().unique(maintain_order=True).to_list()


def _in_version(
    store: Store, dataset: Dataset, version: Version, wanted: list[str]
) -> list[Occurrence]:
    snapshots = snapshots_of(store, version)
    ids = {
        key
        for stage in _TEXTS
        if stage in snapshots
        for key in _matching(snapshots[stage].records, wanted)
    }
    for stage, brought in (("raw", "raw/"), ("distilled", "distillates/")):
        out = excluded_of(store, version, stage).lazy()
        for name, snapshot in snapshots.items():
            if name.startswith(brought):
                ids.update(_matching(_refused(dataset, snapshot, out), wanted))
    return [_occurrence(store, version, key) for key in sorted(ids)]


def not_searched(store: Store, dataset: str) -> list[str]:
    """Versions of which only the published records could be searched, each with the reason."""
    return [
        f"{version.name}: of what was collected, only the published records were searched: {why}"
        for version in store.versions.all(dataset)
        if (gone := removed_of(store, version))
        and (why := gone.get("normalized") or next(iter(gone.values())))
    ]


def _refused(dataset: Dataset, brought: Snapshot, out: pl.LazyFrame) -> pl.LazyFrame:
    """What was brought in and taken out at once, before it was made uniform."""
    ids = out.select("record_id")
    records = brought.records.select("record_id", "prompt").join(ids, on="record_id", how="semi")
    policy = dataset.config.stages.normalized
    return records.with_columns(
        pl.col("prompt").map_batches(lambda texts: uniform(texts, policy), return_dtype=pl.String)
    )


def _matching(records: pl.LazyFrame, wanted: list[str]) -> list[str]:
    folded = records.select("record_id", comparison_text(["prompt"]).alias("text"))
    found = folded.filter(pl.col("text").is_in(wanted)).collect()
    return found["record_id"].to_list()


def _occurrence(store: Store, version: Version, key: str) -> Occurrence:
    mine = pl.col("record_id") == key
    records = store.snapshots.open(version.snapshots["splits"]).records
    splits = records.filter(mine).select("split").collect()["split"].to_list()
    if splits:
        return Occurrence(version.name, key, str(splits[0]))
    for stage in version.stages():
        rules = excluded_of(store, version, stage).filter(mine)["rule"].to_list()
        if rules:
            return Occurrence(version.name, key, None, stage, rules[0])
    return Occurrence(version.name, key, None)
