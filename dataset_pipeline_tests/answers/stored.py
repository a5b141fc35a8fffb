"""A store that is written by hand: one record goes through, another is taken out as its copy."""

import json
from datetime import date
from typing import Any

import polars as pl
from typer.testing import CliRunner

from dataset_pipeline.cli.main import app
from dataset_pipeline.records import RECORD_SCHEMA, empty_exclusions
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version, Wanted

DAY = date(2026, 5, 1)
KEY, OUT = "a" * 32, "b" * 32
BEFORE, AFTER = "Call Jo on 555 0100 please", "Call me please"
RAW: dict[str, Any] = {
    "source_id": "crm",
    "batch_id": "1" * 64,
    "origin": "original",
    "prompt": BEFORE,
    "label": "billing",
}
DONE = {**RAW, "prompt": AFTER, "origin": "transformed", "split": "train"}
EVIDENCE = {"kept": KEY, "similarity": 0.95}


def records(**by_id: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"record_id": key, **row} for key, row in by_id.items()], schema=RECORD_SCHEMA
    )


def counts(**columns: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema_overrides={"count": pl.UInt32})


def written(store: Store, stage: str, kept: pl.DataFrame, **tables: pl.DataFrame) -> str:
    zone: Any = "raw" if stage.startswith("raw") else "open"
    return store.snapshots.write(
        stage, zone, {"excluded": empty_exclusions(), **tables, "records": kept}
    ).digest


def stages(store: Store) -> dict[str, str]:
    """One record goes through, another is taken out as its copy."""
    raw, done = records(**{KEY: RAW, OUT: RAW}), records(**{KEY: DONE, OUT: DONE})
    changes = counts(record_id=[KEY, KEY, OUT], rule=["tidy", "nbsp", "tidy"], count=[1, 3, 1])
    found = counts(
        record_id=[KEY, KEY, OUT],
        field=["prompt", "context", "prompt"],
        entity=["PHONE_NUMBER"] * 3,
        count=[1, 2, 5],
    )
    copies = pl.DataFrame(
        [(OUT, "near_duplicate", "almost the same text", json.dumps(EVIDENCE))],
        schema=empty_exclusions().schema,
        orient="row",
    )
    return {
        "raw/crm": written(store, "raw/crm", raw),
        "raw": written(store, "raw", raw),
        "normalized": written(store, "normalized", raw, changes=changes),
        "redacted": written(store, "redacted", done, findings=found),
        "deduplicated": written(store, "deduplicated", done.head(1), excluded=copies),
        "splits": written(store, "splits", done.head(1)),
    }


def assigned(store: Store, content: str, snapshots: dict[str, str]) -> Version:
    return store.versions.assign(Wanted("tickets", "My Set", "1.0", content * 64, snapshots), DAY)


def ask(store: Store, *args: str) -> str:
    answer = CliRunner().invoke(app, [*args, "--store", str(store.root)])
    assert answer.exit_code == 0, answer.output
    return " ".join(answer.output.split())
