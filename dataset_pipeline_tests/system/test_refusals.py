"""A version is certified when all laws hold, and refused with every reason when one does not."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline_tests.system.place import DATASET, Place

pytestmark = pytest.mark.slow
Report = dict[str, Any]


@pytest.fixture
def uncertified(small: Place) -> Place:
    """The small dataset with all stages finished, and no version of it."""
    for folder in ("versions", "ledger"):
        shutil.rmtree(small.store / folder)
    return small


def snapshot(place: Place, stage: str) -> Path:
    """The folder of a stage's snapshot."""
    (folder,) = (
        path.parent
        for root in ("snapshots", "raw/snapshots")
        for path in (place.store / root).glob("*/*/manifest.json")
        if json.loads(path.read_bytes())["stage"] == stage
    )
    return folder


def refused(place: Place, report: Report) -> str:
    """What a refused run said; nothing was signed, and nobody is told that it was."""
    assert not report["ok"]
    assert report["failures"]
    assert not list(place.store.glob("versions/*/*/*.certificate.json"))
    assert not (place.store / "ledger").exists()
    assert not any(row["certified"] for row in place.ask("versions", DATASET, "--json").json)
    assert "certificate" not in report
    return "\n".join(report["failures"])


def test_snapshots_that_were_edited_are_all_named(uncertified: Place) -> None:
    """One loses a record, one is changed in place: neither follows from its digest any more."""
    edited = {}
    for stage, edit in (
        ("curated", lambda frame: frame.head(frame.height - 1)),
        ("clean", lambda frame: frame.with_columns(label=pl.lit("billing"))),
    ):
        path = next(snapshot(uncertified, stage).glob("records*.parquet"))
        edited[stage] = path.name
        edit(pl.read_parquet(path)).write_parquet(path)
    said = refused(uncertified, uncertified.run(code=1))
    for stage, name in edited.items():
        assert f"{stage}: {name} was changed after it was written" in said
    # What is missing is computed again, so taking the damaged folders away mends it.
    for stage in ("curated", "clean"):
        shutil.rmtree(snapshot(uncertified, stage))
    assert uncertified.run()["ok"]


def test_a_run_that_was_deleted_from_the_event_log(uncertified: Place) -> None:
    """What the stages were made from and which checks they passed is recorded there alone."""
    history = uncertified.store / "dagster" / "history"
    with closing(sqlite3.connect(history / "runs.db")) as database, database:
        (made,) = (row[0] for row in database.execute("select run_id from runs"))
        for table in ("runs", "run_tags"):
            database.execute(f"delete from {table} where run_id = ?", (made,))  # noqa: S608
    (history / "runs" / f"{made}.db").unlink()
    said = refused(uncertified, uncertified.run("package", "certificate", code=1))
    assert "event log" in said
    assert "again" in said, "what to do"
    assert uncertified.run()["ok"], "a whole run records everything anew"


def test_a_check_that_failed_in_an_earlier_run_is_looked_at_again(uncertified: Place) -> None:
    """The gate stops its own run; certifying in a later one must not walk around it."""
    uncertified.configure(lambda c: c["gates"].update(min_records=1_000_000))
    first = uncertified.run(code=1)
    assert any("enough_records" in failure for failure in first["failures"]), first["failures"]
    said = refused(uncertified, uncertified.run("package", "certificate", code=1))
    assert "splits: check enough_records did not pass" in said
    assert "1000000" in said


def test_a_certified_version_that_was_damaged_is_not_waved_through(small: Place) -> None:
    (package,) = small.store.glob("versions/*/*/*.zip")
    data = bytearray(package.read_bytes())
    data[len(data) // 3] ^= 4
    package.write_bytes(data)
    report = small.run(code=1)
    assert any(package.name in failure for failure in report["failures"])
    assert any("restore these files from a copy" in failure for failure in report["failures"])
    package.unlink()
    assert small.run()["ok"], "the package follows from its content, so it can be written again"
    assert small.ask("verify", str(package.parent)).code == 0


def test_unknown_keys_are_listed_before_anything_starts(small: Place) -> None:
    def misspell(config: dict[str, Any]) -> None:
        config["stages"]["screened"]["min_chars"] = 3
        config["sources"]["helpdesk"]["rights"]["training_allowed"] = True

    small.configure(misspell)
    for command in (["run", DATASET], ["run", DATASET, "--json"]):
        answer = small.ask(*command)
        assert answer.code == 2
        assert "2 problem(s)" in answer.said
        assert "stages.screened.min_chars: unknown key" in answer.said
        assert "sources.helpdesk.rights.training_allowed: unknown key" in answer.said
