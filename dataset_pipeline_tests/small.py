"""Small datasets for tests: written to a folder, run in this process on a store of their own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline.store.store import Store

GROUP_KEY = "key of the small dataset's groups"
RIGHTS = {
    "basis": "own_work",
    "training": "allowed",
    "approved_by": "legal@example.com",
    "evidence": "Written for a test",
}


def write_dataset(
    configs: Path, name: str, rows: Sequence[Mapping[str, Any]], **changes: Any
) -> Path:
    """A dataset with one JSON Lines source; ``changes`` replace top-level keys of its config."""
    folder = configs / name
    folder.mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / "rows.jsonl", rows)
    write_jsonl(folder / "examples.jsonl", [_example(index) for index in range(5)])
    (folder / "dataset.yaml").write_text(
        yaml.safe_dump({**config(), **changes}, sort_keys=False, allow_unicode=True), "utf-8"
    )
    return folder


def config() -> dict[str, Any]:
    """As little as a dataset can say."""
    return {
        "format": 1,
        "title": "Small",
        "version": "1.0",
        "description": "A small dataset for a test.",
        "owners": ["team:ml"],
        "task": task("text"),
        "sources": {"rows": source({"key": "id", "prompt": "text"})},
        "stages": stages(),
        "certificate": {
            "licence": "other",
            "contact": "ml@example.com",
            "intended_use": "Tests",
        },
    }


def task(kind: str, **more: Any) -> dict[str, Any]:
    """A task of a type."""
    restrictions = {"use": "internal", "languages": ["en"]}
    behaviour = "Do what the test wants to see done."
    told = {"behaviour": behaviour, "type": kind, "examples": "examples.jsonl"}
    return {**told, "restrictions": restrictions, **more}


def source(fields: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A JSON Lines source with full rights."""
    about = {"description": "Rows.", "system": "A test", "owner": "us", "path": "rows.jsonl"}
    return {"kind": "jsonl", **about, "fields": dict(fields), "rights": RIGHTS, **more}


def stages(**more: Any) -> dict[str, Any]:
    """Stage policies: a third of the groups is held out."""
    split = {"by": "group", "validation": 0.15, "test": 0.15}
    return {"normalized": {"group_key": GROUP_KEY, "split": split}, **more}


def run(
    configs: Path, store: Path, name: str, instance: dg.DagsterInstance | None = None
) -> dg.ExecuteInProcessResult:
    """Materialize the whole graph in this process; a failure is the caller's to look at."""
    job = dataset_definitions(configs, store, name).resolve_job_def(name)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(run_config=quiet, instance=instance, raise_on_error=False)


def open_store(path: Path) -> Store:
    """The store of a run."""
    return Store(path)


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write JSON Lines."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def _example(index: int) -> dict[str, Any]:
    return {"id": f"e{index}", "prompt": f"handwritten example number {index}", "label": "yes"}
