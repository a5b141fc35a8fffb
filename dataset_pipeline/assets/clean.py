"""``normalized``, ``screened``, ``redacted``, ``deduplicated``, ``clean``."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from dataset_pipeline.assets.evidence import remembered
from dataset_pipeline.assets.increment import Unit, by_record
from dataset_pipeline.assets.pseudonyms import keyed_plan
from dataset_pipeline.assets.spec import Facts, Inputs, StageSpec, Work
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of, sha256_file
from dataset_pipeline.engines.workers import prepare, spread
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages import clean, deduplicated, normalized, redacted, screened
from dataset_pipeline.stages.copies.semantic import model_digest
from dataset_pipeline.stages.evidence import Evidence
from dataset_pipeline.stages.overlap.benchmarks import benchmark_files, read_benchmarks
from dataset_pipeline.stages.result import Before, StageResult, Whole
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.training import baseline
from dataset_pipeline.ui import plots
from dataset_pipeline.ui.tables import masked_values
from dataset_pipeline.ui.words import coverage_text

GROUP = "clean"
TEXT_ORIGINS = ("original", "transformed")
Run = Callable[[pl.LazyFrame, Evidence], StageResult]
Plan = Callable[[Store, Inputs, date], Work]


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


@dataclass(frozen=True)
class _Each:
    """A stage that looks at each record, or each group of records, by itself."""

    run: Run
    whole: Callable[[Mapping[str, pl.LazyFrame]], Whole]
    unit: Unit = "record_id"

    def work(self, store: Store, inputs: Inputs, external: Mapping[str, str]) -> Work:
        """What there is to do, all of it or by increment."""
        evidence = remembered(store.evidence)

        def some(records: Mapping[str, pl.LazyFrame]) -> StageResult:
            return self.run(records["records"], evidence)

        increment = by_record(store, inputs, some, self.whole, self.unit)
        return Work(
            lambda: some({"records": records_of(inputs["records"])}),
            external,
            handed=tuple(inputs),
            increment=increment,
        )


def _link(name: str, after: str, plan: Plan, **more: Any) -> StageSpec:
    """A stage of the chain: of the graph it reads the one before it, and nothing else."""
    settings = {"group": GROUP, "zone": "open", "origins": TEXT_ORIGINS, "plan": plan, **more}
    return StageSpec(name=name, inputs={"records": after}, arrived=_arrived, **settings)


def _arrived(inputs: Inputs) -> pl.LazyFrame:
    return inputs["records"].records


def _normalized(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.normalized
    sources = dataset.config.sources.items()
    fixed = {name: source.split for name, source in sources if source.split}

    def run(records: pl.LazyFrame, _evidence: Evidence) -> StageResult:
        return normalized.normalized(records, policy, fixed, spread)

    def plan(store: Store, inputs: Inputs, _today: date) -> Work:
        return _Each(run, normalized.whole).work(store, inputs, {})

    return _link(
        "normalized",
        "raw",
        plan,
        version=normalized.VERSION,
        description="One encoding, one Unicode form, tidy white space; mails split into their "
        "parts; groups and splits assigned.",
        policy=digest_of({"policy": policy.plain(), "fixed": fixed}),
        zone="raw",
        for_all=normalized.RULES,
    )


def _screened(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.screened
    languages = dataset.config.task.restrictions.language_codes()

    def run(records: pl.LazyFrame, evidence: Evidence) -> StageResult:
        files = {path: dataset.text(path) for path in policy.files()}
        return screened.screened(records, policy, languages, evidence=evidence, files=files)

    def plan(store: Store, inputs: Inputs, _today: date) -> Work:
        external = {f"file:{path}": sha256_file(dataset.file(path)) for path in policy.files()}
        work = _Each(run, screened.whole).work(store, inputs, external)
        # What is boilerplate depends on all prompts together.
        counts_lines = policy.boilerplate.max_characters is not None
        return dataclasses.replace(work, increment=None) if counts_lines else work

    return _link(
        "screened",
        "normalized",
        plan,
        version=screened.VERSION,
        description="What is too poor to learn from, off topic, harmful or broken is out; every "
        "text gets its language.",
        policy=digest_of({"policy": policy.plain(), "languages": languages}),
        zone="raw",
        for_all=policy.rules_for_all(),
        applies_to=policy.splits(),
    )


def _redacted(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.redacted
    needed = [*plots.NEEDED, *(baseline.NEEDED if dataset.config.training else ())]

    def plan(store: Store, inputs: Inputs, _today: date) -> Work:
        going_by = keyed_plan(store, dataset)

        def run(records: pl.LazyFrame, evidence: Evidence) -> StageResult:
            result = redacted.redacted(records, policy, evidence=evidence, key=going_by.key)
            prepare(*needed)  # from here on there is a core to spare
            return result

        def whole(tables: Mapping[str, pl.LazyFrame]) -> Whole:
            return redacted.whole(tables, policy, going_by)

        check = going_by.key_check
        external = {"pseudonym_key": check} if check else {}
        return _Each(run, whole, redacted.unit(policy)).work(store, inputs, external)

    return _link(
        "redacted",
        "screened",
        plan,
        version=redacted.VERSION,
        description="Personal data and secrets masked in every field; a second scan proves it."
        f"\n\n{coverage_text(policy)}",
        policy=policy.digest(),
        kinds=("polars", "presidio"),
        for_all=redacted.RULES,
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

    def plan(store: Store, inputs: Inputs, _today: date) -> Work:
        evidence = remembered(store.evidence)

        def run(before: Before | None = None) -> StageResult:
            read = records_of(inputs["records"])
            return deduplicated.deduplicated(read, policy, rank, evidence=evidence, before=before)

        external = {"semantic_model": model_digest(policy.semantic)} if policy.semantic else {}
        return Work(run, external, handed=tuple(inputs), resume=run)

    return _link(
        "deduplicated",
        "redacted",
        plan,
        version=deduplicated.VERSION,
        description="Exact and near copies: one of each stays; the clusters are kept as evidence.",
        policy=digest_of({"policy": policy.plain(), "rank": rank}),
        kinds=("polars", "numpy"),
        applies_to=tuple(policy.applies_to),
    )


def _clean(dataset: Dataset) -> StageSpec:
    stages = dataset.config.stages
    examples_path = dataset.config.task.examples

    def run(read: Snapshot, before: Before | None = None) -> StageResult:
        return clean.clean(
            records_of(read),
            read.table("clusters").collect(),
            dataset.task_examples(),
            stages.clean,
            stages.deduplicated,
            benchmarks=read_benchmarks(dataset.folder, stages.clean.benchmarks),
            before=before,
        )

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        external = {"task_examples": dataset.documents()[examples_path]}
        for name, benchmark in stages.clean.benchmarks.items():
            files = benchmark_files(dataset.folder, benchmark)
            digests = {
                path.relative_to(dataset.folder).as_posix(): sha256_file(path) for path in files
            }
            external[f"benchmark:{name}"] = digest_of(digests)
        return Work(
            lambda: run(inputs["records"]),
            external,
            handed=tuple(inputs),
            resume=lambda before: run(inputs["records"], before),
        )

    return _link(
        "clean",
        "deduplicated",
        plan,
        version=clean.VERSION,
        description="Decontaminated: nothing in train repeats what is held out, a task example, or "
        "an item of a benchmark.",
        policy=digest_of({"clean": stages.clean.plain(), "dedup": stages.deduplicated.plain()}),
        applies_to=("train", "validation") if stages.clean.mend_validation else ("train",),
    )
