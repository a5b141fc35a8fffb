"""``raw/<source>``, the files of annotations and distillates, and ``raw``."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from dataset_pipeline.assets.spec import Facts, Gate, Inputs, StageSpec, Work
from dataset_pipeline.assets.surroundings import now, timestamp
from dataset_pipeline.config import Annotations, DatasetConfig, Source
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages import annotation_files, distillate_files, raw, raw_source
from dataset_pipeline.stages.annotation_files import Role, annotation_file
from dataset_pipeline.stages.distillate_files import distillate_file
from dataset_pipeline.stages.raw import rights_decisions
from dataset_pipeline.stages.raw_source import source_policy
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.store.batches import Batch
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.words import rights_text

GROUP = "raw"
RIGHTS_RULES = frozenset({"rights_forbidden", "rights_unknown", "rights_expired", "rights_clash"})


def raw_specs(dataset: Dataset) -> list[StageSpec]:
    """Every node that brings something in, and their union."""
    config = dataset.config
    sources = [_source_spec(dataset, name, source) for name, source in config.sources.items()]
    return [*sources, *_annotation_specs(dataset), *_distillate_specs(dataset), _raw_spec(config)]


def _source_spec(dataset: Dataset, name: str, source: Source) -> StageSpec:
    def plan(store: Store, _inputs: Inputs, _today: date) -> Work:
        batch = _collect(store, dataset, name, source.path, source.rights.plain())
        files = [SourceFile(file.name, file.copy) for file in batch.files]

        def run() -> StageResult:
            store.batches.check(batch)
            return raw_source.raw_source(name, source, batch.digest, files)

        return Work(run, external={"batch": batch.digest})

    return StageSpec(
        name=f"raw/{name}",
        version=raw_source.VERSION,
        group=GROUP,
        description=f"{source.description} Collected from {source.system}."
        f"\n\n{rights_text(source.rights)}",
        inputs={},
        policy=source_policy(name, source),
        zone="raw",
        plan=plan,
        kinds=("polars", source.kind),
        origins=("original",),
        assigned=False,
    )


def _annotation_specs(dataset: Dataset) -> list[StageSpec]:
    annotations = dataset.config.annotations
    if annotations is None:
        return []
    files: list[tuple[str, Role, str]] = [
        *((name, "labels", path) for name, path in annotations.labels.items()),
        *((name, "adjudications", path) for name, path in annotations.adjudications.items()),
    ]
    return [_annotation_spec(dataset, annotations, *file) for file in files]


def _annotation_spec(
    dataset: Dataset, annotations: Annotations, name: str, role: Role, path: str
) -> StageSpec:
    labels = dataset.config.task.labels

    def plan(store: Store, _inputs: Inputs, _today: date) -> Work:
        batch = _collect(store, dataset, f"annotations/{name}", path, {"basis": "own_work"})
        documents = dataset.documents()
        guidelines = {key: documents[file] for key, file in annotations.guidelines.items()}
        (file,) = (SourceFile(item.name, item.copy) for item in batch.files)
        return Work(
            run=lambda: annotation_file(name, role, file, guidelines, labels),
            external={"batch": batch.digest, "guidelines": digest_of(guidelines)},
        )

    return StageSpec(
        name=f"annotations/{name}",
        version=annotation_files.VERSION,
        group="annotated",
        description=f"{role.capitalize()} by people, each with its annotator and guideline.",
        inputs={},
        policy=digest_of({"name": name, "role": role, "path": path, "labels": labels}),
        zone="open",
        plan=plan,
        kinds=("polars", "csv"),
    )


def _distillate_specs(dataset: Dataset) -> list[StageSpec]:
    return [
        _distillate_spec(dataset, name, path) for name, path in dataset.config.distillates.items()
    ]


def _distillate_spec(dataset: Dataset, name: str, path: str) -> StageSpec:
    def plan(store: Store, _inputs: Inputs, _today: date) -> Work:
        batch = _collect(store, dataset, f"distillates/{name}", path, {"basis": "own_work"})
        (file,) = (SourceFile(item.name, item.copy) for item in batch.files)
        return Work(
            run=lambda: distillate_file(name, batch.digest, file),
            external={"batch": batch.digest},
        )

    return StageSpec(
        name=f"distillates/{name}",
        version=distillate_files.VERSION,
        group="distilled",
        description="Records that a model wrote, as they were handed in.",
        inputs={},
        policy=digest_of({"name": name, "path": path}),
        zone="raw",
        plan=plan,
        kinds=("polars", "jsonl"),
    )


def _raw_spec(config: DatasetConfig) -> StageSpec:
    sources = config.sources
    use = config.task.restrictions.use

    def plan(_store: Store, inputs: Inputs, today: date) -> Work:
        decisions = rights_decisions(sources, use, today)
        collected = {name: inputs[name].records.drop("record_digest") for name in sources}
        shown = {name: [d.rule, d.reason] for name, d in decisions.items()}
        return Work(
            run=lambda: raw.raw(collected, sources, decisions),
            external={"rights": digest_of(shown)},
        )

    policy = {name: source.rights.plain() for name, source in sources.items()}
    return StageSpec(
        name="raw",
        version=raw.VERSION,
        group=GROUP,
        description="All sources as one; those without a right to train are out, with the reason.",
        inputs={name: f"raw/{name}" for name in sources},
        policy=digest_of({"rights": policy, "use": use}),
        zone="raw",
        plan=plan,
        arrived=_union,
        origins=("original",),
        assigned=False,
        for_all=RIGHTS_RULES,
        gates={
            "rights": _rights_gate,
            "quarantined_share": quarantine_gate(config, [f"raw/{name}" for name in sources]),
        },
    )


def _union(inputs: Inputs) -> pl.LazyFrame:
    return pl.concat([item.records.select("record_id", "split") for item in inputs.values()])


def _collect(
    store: Store, dataset: Dataset, source_id: str, pattern: str, rights: dict[str, Any]
) -> Batch:
    batch = store.batches.collect(dataset.name, source_id, dataset.folder, pattern)
    store.batches.describe(batch, {"collected_at": timestamp(now()), "rights": rights})
    return batch


def quarantine_gate(config: DatasetConfig, files: Sequence[str]) -> Gate:
    """No file node among the inputs has more than the allowed share of its rows in quarantine."""
    limit = config.gates.max_quarantined_share

    def gate(_facts: Facts, inputs: Inputs) -> Finding:
        shares = {item.stage: _quarantined(item) for item in inputs.values() if item.stage in files}
        over = [f"{name} {share:.2%}" for name, share in shares.items() if share > limit]
        highest = max(shares.values(), default=0.0)
        fine = f"at most {highest:.2%} of a source's rows are in quarantine"
        told = f"over {limit:.2%} of the rows are in quarantine: {', '.join(over)}"
        return Finding("quarantined_share", not over, told if over else fine)

    return gate


def _quarantined(read: Snapshot) -> float:
    quarantined = read.rows("excluded")
    return quarantined / max(read.rows("records") + quarantined, 1)


def _rights_gate(facts: Facts, _inputs: Inputs) -> Finding:
    refused, total = facts["metrics"]["sources_refused"], facts["metrics"]["sources"]
    detail = f"{refused:.0f} of {total:.0f} sources are out for lack of a right to train"
    return Finding("rights", refused < total, detail)
