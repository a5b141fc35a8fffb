"""A version without a run: snapshots of every stage, put into a store as a pipeline would."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.config_file import load_dataset
from dataset_pipeline.records import (
    ORIGINS,
    SPLITS,
    Attribute,
    Origin,
    SplitType,
    Turn,
    empty_exclusions,
    empty_records,
    record_ids,
    sha256_of,
)
from dataset_pipeline.stages.personal.recognizers import methods
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version
from dataset_pipeline_tests.small import write_dataset

NAME = "made"
DAY = "2026-05-01"
Tables = Mapping[str, pl.DataFrame]
_RIGHT = {
    "evidence": {"kind": "text", "reference": "Written for a test", "sha256": None},
    "terms": [],
}
_RIGHTS = pl.DataFrame(
    {"source": ["rows"], "rule": [None], "reason": ["allowed"], "evidence": [json.dumps(_RIGHT)]},
    schema_overrides={"rule": pl.String},
)
_NONE = pl.DataFrame(schema={"record_id": pl.String, "field": pl.String, "count": pl.UInt32})
_PROVENANCE = pl.DataFrame(schema={"record_id": pl.String, "model": pl.String})
_AGREEMENT = pl.DataFrame(
    schema={
        "guideline": pl.String,
        "annotators": pl.String,
        "records": pl.UInt32,
        "kappa": pl.Float64,
    }
)
_TABLES: Mapping[str, Tables] = {
    "raw/rows": {},
    "raw": {"rights": _RIGHTS, "attachments": _NONE},
    "normalized": {"changes": _NONE},
    "screened": {},
    "redacted": dict.fromkeys(("findings", "stayed", "pseudonyms", "review"), _NONE),
    "deduplicated": dict.fromkeys(("clusters", "edges", "merged", "curve", "recall"), _NONE),
    "clean": {"hits": _NONE, "benchmarks": _NONE},
    "annotated": {"labels": _NONE, "agreement": _AGREEMENT},
    "distilled": {"findings": _NONE, "provenance": _PROVENANCE},
    "curated": {},
    "splits": {"leakage": _NONE, "shares": _NONE},
}


def made_version(
    root: Path, records: pl.DataFrame, tables: Mapping[str, Tables] | None = None, **changes: Any
) -> tuple[PackageContent, Version]:
    """A version whose ``records`` are in ``clean`` and in ``splits``.

    ``tables``: by stage, those that are not to be empty; ``changes``: of the configuration.
    """
    folder = write_dataset(root / "configs", NAME, [{"id": "1", "text": "one"}], **changes)
    dataset, store = load_dataset(root / "configs", NAME), Store(root / "store")
    snapshots = {
        stage: _snapshot(store, stage, records, (tables or {}).get(stage, {})) for stage in _TABLES
    }
    kept = store.batches.take([(folder / "rows.jsonl").read_bytes()], "rows.jsonl")
    files = [{"name": kept.name, "sha256": kept.sha256, "bytes": kept.size}]
    documents = dataset.documents()
    content = PackageContent(
        dataset=NAME,
        config=dataset.config,
        snapshots=snapshots,
        batches={"rows": {"batch": "b" * 64, "files": files}},
        documents={path: dataset.file(path) for path in documents},
        document_digests=documents,
        methods=methods(dataset.config.stages.redacted),
        copies=store.batches.copy,
    )
    digests = {stage: snapshot.digest for stage, snapshot in snapshots.items()}
    name = f"{dataset.config.title}_v1.0.0_{DAY}"
    return content, Version("1.0", 0, name, NAME, content.digest, DAY, digests)


def _snapshot(store: Store, stage: str, records: pl.DataFrame, told: Tables) -> Snapshot:
    kept = records if stage in ("clean", "splits") else empty_records()
    tables = {"records": kept, "excluded": empty_exclusions(), **_TABLES[stage], **told}
    return store.snapshots.write(stage, "open", tables)


def made_records(texts: pl.DataFrame) -> pl.DataFrame:
    """Records of the columns ``id``, ``text``, ``answer`` and ``intent``: a fifth is held out.

    Every seventh has an earlier turn, every thirtieth is a model's.
    """
    number = pl.int_range(pl.len())
    turn = pl.struct(role=pl.lit("user"), content=pl.col("intent"))
    parent = pl.lit("0" * 32)
    return texts.select(
        record_ids("rows", pl.col("id")),
        pl.lit("rows").alias("source_id"),
        pl.lit("b" * 64).alias("batch_id"),
        pl.format("rows.jsonl:{}", number).alias("source_ref"),
        pl.when(number % 30 == 0)
        .then(pl.lit(ORIGINS[3]))
        .otherwise(pl.lit(ORIGINS[0]))
        .cast(Origin)
        .alias("origin"),
        pl.when(number % 30 == 0)
        .then(pl.concat_list(parent))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
        .alias("parents"),
        (number % 30 == 0).cast(pl.UInt8).alias("generation"),
        sha256_of(pl.col("intent")).str.head(32).alias("group_id"),
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("event_time"),
        pl.col("text").alias("prompt"),
        pl.when(number % 7 == 0)
        .then(pl.concat_list(turn))
        .otherwise(pl.lit([], dtype=pl.List(Turn)))
        .alias("context"),
        pl.col("answer").alias("completion"),
        pl.lit(None, dtype=pl.String).alias("rejected"),
        pl.col("intent").alias("label"),
        pl.lit("en").alias("language"),
        pl.concat_list(pl.struct(key=pl.lit("intent"), value=pl.col("intent")))
        .cast(pl.List(Attribute))
        .alias("attributes"),
        pl.lit(None, dtype=empty_records().schema["attachments"]).alias("attachments"),
        pl.when(number % 10 == 8)
        .then(pl.lit(SPLITS[1]))
        .when(number % 10 == 9)
        .then(pl.lit(SPLITS[2]))
        .otherwise(pl.lit(SPLITS[0]))
        .cast(SplitType)
        .alias("split"),
    )
