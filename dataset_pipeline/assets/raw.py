"""``raw/<source>``, the files of annotations and distillates, and ``raw``."""

from datetime import date
from typing import Any

import dataset_pipeline
from dataset_pipeline.assets.appended import appended
from dataset_pipeline.assets.contract import contract_gates
from dataset_pipeline.assets.raw_union import raw_spec
from dataset_pipeline.assets.spec import Facts, Inputs, StageSpec, Work
from dataset_pipeline.assets.surroundings import now, timestamp
from dataset_pipeline.collect.collector import Occasion, collect, collect_path
from dataset_pipeline.collect.settled import settle
from dataset_pipeline.config import Annotations, Source
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of
from dataset_pipeline.stages import annotation_files, distillate_files, raw_source
from dataset_pipeline.stages.annotation_files import Declared, Role, annotation_file
from dataset_pipeline.stages.distillate_files import distillate_file
from dataset_pipeline.stages.raw_source import source_policy
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.stages.result import StageResult, Stream
from dataset_pipeline.stages.unseen import Unseen
from dataset_pipeline.store.batches import Batch
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.words import rights_text


def raw_specs(dataset: Dataset) -> list[StageSpec]:
    """Every node that brings something in, and their union."""
    config = dataset.config
    sources = [_source_spec(dataset, name, source) for name, source in config.sources.items()]
    return [*sources, *_annotation_specs(dataset), *_distillate_specs(dataset), raw_spec(dataset)]


def _source_spec(dataset: Dataset, name: str, source: Source) -> StageSpec:
    reading = digest_of([raw_source.VERSION, source.kind, source.fields.plain()])

    def plan(store: Store, _inputs: Inputs, _today: date) -> Work:
        occasion = _occasion(dataset, name, source.rights.plain(), raw_source.VERSION)
        collection = collect(store, occasion, dataset.folder, source)
        batch = collection.batch
        files = [SourceFile(file.name, file.copy) for file in batch.files]

        def run() -> Stream:
            store.batches.check(batch)
            unseen = Unseen.of(source)
            stream = raw_source.raw_stream(name, source, batch.digest, files, unseen)

            def rest() -> StageResult:
                unseen.told(name)
                return stream.rest()

            return Stream(stream.parts, rest)

        def settled(snapshot: Snapshot, facts: Facts) -> dict[str, Any]:
            return settle(store, collection, snapshot, reading, facts.get("profile"))

        return Work(
            run,
            external={"batch": batch.digest},
            settled=settled,
            handed=("batch",),
            increment=appended(store, name, source, batch),
        )

    gates, warnings = contract_gates(source.contract)
    return StageSpec(
        name=f"raw/{name}",
        version=raw_source.VERSION,
        group="raw",
        description=f"{source.description} Collected from {source.system}."
        f"\n\n{rights_text(source.rights)}",
        inputs={},
        policy=source_policy(name, source),
        zone="raw",
        plan=plan,
        kinds=("polars", source.kind),
        origins=("original",),
        assigned=False,
        gates=gates,
        warnings=warnings,
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
    labels, sources = dataset.config.task.labels, list(dataset.config.sources)

    def plan(store: Store, _inputs: Inputs, _today: date) -> Work:
        batch = _collect(store, dataset, f"annotations/{name}", path, annotation_files.VERSION)
        documents = dataset.documents()
        guidelines = {key: documents[file] for key, file in annotations.guidelines.items()}
        declared = Declared(guidelines, labels, sources)
        (file,) = (SourceFile(item.name, item.copy) for item in batch.files)
        return Work(
            run=lambda: annotation_file(name, role, file, declared),
            external={"batch": batch.digest, "guidelines": digest_of(guidelines)},
        )

    told = {"name": name, "role": role, "path": path, "labels": labels, "sources": sources}
    return StageSpec(
        name=f"annotations/{name}",
        version=annotation_files.VERSION,
        group="annotated",
        description=f"{role.capitalize()} by people, each with its annotator and guideline.",
        inputs={},
        policy=digest_of(told),
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
        batch = _collect(store, dataset, f"distillates/{name}", path, distillate_files.VERSION)
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


def _collect(store: Store, dataset: Dataset, source_id: str, pattern: str, version: str) -> Batch:
    occasion = _occasion(dataset, source_id, {"basis": "own_work"}, version)
    return collect_path(store, occasion, dataset.folder, pattern).batch


def _occasion(dataset: Dataset, source_id: str, rights: dict[str, Any], version: str) -> Occasion:
    code = {"package": dataset_pipeline.__version__, "stage": version}
    return Occasion(dataset.name, source_id, timestamp(now()), rights, code)
