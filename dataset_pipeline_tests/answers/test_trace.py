"""What is told of each stage that a record passed."""

import json
from dataclasses import asdict

import polars as pl
import pytest

from dataset_pipeline.answers.trace import trace
from dataset_pipeline.records import QUARANTINE_SCHEMA, empty_exclusions
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.answers.stored import (
    AFTER,
    BEFORE,
    EVIDENCE,
    KEY,
    OUT,
    ask,
    assigned,
    records,
    stages,
    written,
)


def test_each_stage_says_whether_it_changed_the_record_and_what(store: Store) -> None:
    found = {step.stage: step for step in trace(store, assigned(store, "a", stages(store)), KEY)}
    assert {stage: step.changed for stage, step in found.items()} == {
        "raw/crm": None,
        "raw": False,
        "normalized": False,
        "redacted": True,
        "deduplicated": False,
        "splits": False,
    }
    assert found["redacted"].columns == ["origin", "prompt", "split"]
    assert found["normalized"].counted == {"changes": {"nbsp": 3, "tidy": 1}}
    assert found["redacted"].counted == {"findings": {"PHONE_NUMBER": 3}}


def test_where_a_record_was_taken_out_rule_reason_and_evidence_stand(store: Store) -> None:
    *_, last = trace(store, assigned(store, "a", stages(store)), OUT)
    assert (last.stage, last.outcome, last.changed) == ("deduplicated", "excluded", None)
    reason = {"rule": "near_duplicate", "reason": "almost the same text"}
    assert last.about == {**reason, **EVIDENCE}


def test_a_row_that_became_no_record_says_in_which_line_it_was(store: Store) -> None:
    row = ("c" * 32, "duplicate_key", "the key stands already", "{}", "sources/crm.csv#7")
    bad = pl.DataFrame([row], schema=QUARANTINE_SCHEMA, orient="row")
    version = assigned(store, "a", {"raw/crm": written(store, "raw/crm", records(), excluded=bad)})
    (step,) = trace(store, version, "c" * 32)
    assert step.about["source_ref"] == "sources/crm.csv#7"


def test_a_step_against_a_removed_one_says_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = assigned(store, "a", stages(store))
    gone = version.snapshots["normalized"]
    has, removed = store.snapshots.has, "removed on 2026-05-02"
    monkeypatch.setattr(store.snapshots, "has", lambda digest: digest != gone and has(digest))
    monkeypatch.setattr(Store, "removed", lambda _, digest: removed if digest == gone else None)
    monkeypatch.setattr("dataset_pipeline.answers.trace.excluded_of", _nothing_out)
    found = {step.stage: step for step in trace(store, version, KEY)}
    assert found["normalized"].outcome == "removed"
    assert (found["redacted"].changed, found["redacted"].columns) == (None, [])
    assert found["deduplicated"].changed is False


def _nothing_out(*_: object) -> pl.DataFrame:
    return empty_exclusions()


def test_no_text_is_told_to_people_or_machines(store: Store) -> None:
    version = assigned(store, "a", stages(store))
    said = ask(store, "trace", KEY)
    for shown in (
        "origin, prompt, split",
        "replaced PHONE_NUMBER 3",
        "nbsp 3, tidy 1",
        "split tra",
    ):
        assert shown in said
    assert said.count("billing") == 1, "what stayed as it was is not told again"
    told = json.dumps([asdict(step) for step in trace(store, version, KEY)])
    for text in (BEFORE, AFTER, "555"):
        assert text not in said
        assert text not in told
