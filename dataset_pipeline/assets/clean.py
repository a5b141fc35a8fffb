"""``normalized``, ``screened``, ``redacted``, ``deduplicated``, ``clean``."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from dataset_pipeline.assets.spec import Facts, Inputs, StageSpec, Work
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of
from dataset_pipeline.engines.workers import spread
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages import clean, deduplicated, normalized, redacted, screened
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.tables import masked_values
from dataset_pipeline.ui.words import coverage_text

GROUP = "clean"
TEXT_ORIGINS = ("original", "transformed")
Run = Callable[[Snapshot], StageResult]


def records_of(snapshot: Snapshot) -> pl.LazyFrame:
    """A snapshot's records without the digest that the store adds."""
    return snapshot.records.drop("record_digest")


def clean_specs(dataset: Dataset) -> list[StageSpec]:
    """The chain from raw to clean."""
    return [
        _normalized(dataset),
        _screened(dataset),
        _redacted(dataset),
        _deduplicated(dataset),
        _clean(dataset),
    ]


def _link(name: str, after: str, run: Run, **more: Any) -> StageSpec:
    """A stage of the chain: it reads the one before it, and nothing else."""

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(lambda: run(inputs["records"]))

    settings = {"group": GROUP, "zone": "open", "origins": TEXT_ORIGINS, "plan": plan, **more}
    return StageSpec(name=name, inputs={"records": after}, arrived=_arrived, **settings)


def _arrived(inputs: Inputs) -> pl.LazyFrame:
    return inputs["records"].records


def _normalized(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.normalized
    sources = dataset.config.sources.items()
    fixed = {name: source.split for name, source in sources if source.split}
    return _link(
        "normalized",
        "raw",
        lambda read: normalized.normalized(records_of(read), policy, fixed),
        version=normalized.VERSION,
        description="One encoding, one Unicode form, tidy white space; groups and splits assigned.",
        policy=digest_of({"policy": policy.plain(), "fixed": fixed}),
        zone="raw",
        for_all=frozenset({"no_text", "no_event_time"}),
    )


def _screened(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.screened
    languages = dataset.config.task.restrictions.languages
    return _link(
        "screened",
        "normalized",
        lambda read: screened.screened(records_of(read), policy, languages, spread),
        version=screened.VERSION,
        description="Quality rules and language: what is too poor to learn from is out.",
        policy=digest_of({"policy": policy.plain(), "languages": languages}),
        zone="raw",
        applies_to=tuple(policy.applies_to),
    )


def _redacted(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.redacted
    return _link(
        "redacted",
        "screened",
        lambda read: redacted.redacted(records_of(read), policy, spread),
        version=redacted.VERSION,
        description="Personal data and secrets masked in every field; a second scan proves it."
        f"\n\n{coverage_text(policy)}",
        policy=policy.digest(),
        kinds=("polars", "presidio"),
        for_all=frozenset({"residue"}),
        gates={"no_residue": _residue_gate},
        shown=masked_values,
    )


def _residue_gate(facts: Facts, _inputs: Inputs) -> Finding:
    found, out = facts["metrics"]["residue"], facts["excluded"].get("residue", 0)
    detail = f"{found:.0f} records still matched after masking, {out} of them taken out"
    return Finding("no_residue", found == out, detail)


def _deduplicated(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.deduplicated
    rank = list(dataset.config.sources)
    return _link(
        "deduplicated",
        "redacted",
        lambda read: deduplicated.deduplicated(records_of(read), policy, rank, spread),
        version=deduplicated.VERSION,
        description="Exact and near copies: one of each stays; the clusters are kept as evidence.",
        policy=digest_of({"policy": policy.plain(), "rank": rank}),
        kinds=("polars", "datasketch"),
        applies_to=tuple(policy.applies_to),
    )


def _clean(dataset: Dataset) -> StageSpec:
    stages = dataset.config.stages
    examples_path = dataset.config.task.examples

    def run(read: Snapshot) -> StageResult:
        clusters = read.table("clusters").collect()
        examples = dataset.task_examples()
        return clean.clean(records_of(read), clusters, examples, stages.clean, stages.deduplicated)

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        examples = {"task_examples": dataset.documents()[examples_path]}
        return Work(lambda: run(inputs["records"]), external=examples)

    return _link(
        "clean",
        "deduplicated",
        run,
        plan=plan,
        version=clean.VERSION,
        description="Decontaminated: nothing in train repeats what is held out or a task example.",
        policy=digest_of({"clean": stages.clean.plain(), "dedup": stages.deduplicated.plain()}),
        applies_to=("train", "validation") if stages.clean.mend_validation else ("train",),
    )
