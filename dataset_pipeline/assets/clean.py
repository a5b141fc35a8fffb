"""``normalized``, ``screened``, ``redacted``, ``deduplicated``, ``clean``."""

from datetime import date
from typing import Any

import polars as pl

from dataset_pipeline.assets.spec import Facts, Inputs, StageSpec, Work
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages import clean, deduplicated, normalized, redacted, screened
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

GROUP = "clean"
TEXT_ORIGINS = ("original", "transformed")


def records_of(snapshot: Snapshot) -> pl.LazyFrame:
    """A snapshot's records without the digest that the store adds."""
    return snapshot.records.drop("record_digest")


def _arrived(inputs: Inputs) -> pl.LazyFrame:
    return inputs["records"].records


def clean_specs(dataset: Dataset) -> list[StageSpec]:
    """The chain from raw to clean."""
    return [
        _normalized(dataset),
        _screened(dataset),
        _redacted(dataset),
        _deduplicated(dataset),
        _clean(dataset),
    ]


def _normalized(dataset: Dataset) -> StageSpec:
    config = dataset.config
    policy = config.stages.normalized
    fixed = {name: source.split for name, source in config.sources.items() if source.split}

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(lambda: normalized.normalized(records_of(inputs["records"]), policy, fixed))

    return StageSpec(
        name="normalized",
        version=normalized.VERSION,
        group=GROUP,
        description="One encoding, one Unicode form, tidy white space; groups and splits assigned.",
        inputs={"records": "raw"},
        policy=digest_of({"policy": policy.plain(), "fixed": fixed}),
        zone="raw",
        plan=plan,
        arrived=_arrived,
        origins=TEXT_ORIGINS,
        for_all=frozenset({"no_text", "no_event_time"}),
    )


def _screened(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.screened
    languages = dataset.config.task.restrictions.languages

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(lambda: screened.screened(records_of(inputs["records"]), policy, languages))

    return StageSpec(
        name="screened",
        version=screened.VERSION,
        group=GROUP,
        description="Quality rules and language: what is too poor to learn from is out.",
        inputs={"records": "normalized"},
        policy=digest_of({"policy": policy.plain(), "languages": languages}),
        zone="raw",
        plan=plan,
        arrived=_arrived,
        origins=TEXT_ORIGINS,
        applies_to=tuple(policy.applies_to),
    )


def _redacted(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.redacted

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(lambda: redacted.redacted(records_of(inputs["records"]), policy))

    return StageSpec(
        name="redacted",
        version=redacted.VERSION,
        group=GROUP,
        description="Personal data and secrets masked in every field; a second scan proves it.",
        inputs={"records": "screened"},
        policy=policy.digest(),
        zone="open",
        plan=plan,
        kinds=("polars", "presidio"),
        arrived=_arrived,
        origins=TEXT_ORIGINS,
        for_all=frozenset({"residue"}),
        gates={"no_residue": _residue_gate},
    )


def _residue_gate(facts: Facts, _inputs: Inputs) -> Finding:
    found, out = facts["metrics"]["residue"], facts["excluded"].get("residue", 0)
    detail = f"{found:.0f} records still matched after masking, {out} of them taken out"
    return Finding("no_residue", found == out, detail)


def _deduplicated(dataset: Dataset) -> StageSpec:
    config = dataset.config
    policy = config.stages.deduplicated
    rank = list(config.sources)

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(lambda: deduplicated.deduplicated(records_of(inputs["records"]), policy, rank))

    return StageSpec(
        name="deduplicated",
        version=deduplicated.VERSION,
        group=GROUP,
        description="Exact and near copies: one of each stays; the clusters are kept as evidence.",
        inputs={"records": "redacted"},
        policy=digest_of({"policy": policy.plain(), "rank": rank}),
        zone="open",
        plan=plan,
        kinds=("polars", "datasketch"),
        arrived=_arrived,
        origins=TEXT_ORIGINS,
        applies_to=tuple(policy.applies_to),
    )


def _clean(dataset: Dataset) -> StageSpec:
    stages = dataset.config.stages
    examples_path = dataset.config.task.examples

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        source = inputs["records"]

        def run() -> Any:
            return clean.clean(
                records_of(source),
                source.table("clusters").collect(),
                dataset.task_examples(),
                stages.clean,
                stages.deduplicated,
            )

        return Work(run, external={"task_examples": dataset.documents()[examples_path]})

    return StageSpec(
        name="clean",
        version=clean.VERSION,
        group=GROUP,
        description="Decontaminated: nothing in train repeats what is held out or a task example.",
        inputs={"records": "deduplicated"},
        policy=digest_of({"clean": stages.clean.plain(), "dedup": stages.deduplicated.plain()}),
        zone="open",
        plan=plan,
        arrived=_arrived,
        origins=TEXT_ORIGINS,
        applies_to=("train", "validation") if stages.clean.mend_validation else ("train",),
    )
