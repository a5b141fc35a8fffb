"""Each law sees each way of breaking it, and shows no record's text when it says so."""

import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline import laws
from dataset_pipeline.records import EXCLUSION_SCHEMA, RECORD_SCHEMA, record_id
from dataset_pipeline_tests.sample_run import SampleRun

SECRET = "a sentence that nobody may see"
IDS = pl.Series(["a", "b", "c", "d"])


def record(number: int, **changes: Any) -> dict[str, Any]:
    sound = {
        "record_id": record_id("s", str(number)),
        "source_id": "s",
        "batch_id": "batch",
        "source_ref": "file#1",
        "origin": "original",
        "parents": [],
        "generation": 0,
        "group_id": "group",
        "prompt": SECRET,
        "context": [],
        "attributes": [],
        "split": "train",
    }
    return {**sound, **changes}


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RECORD_SCHEMA)


def exclusion(rule: str, evidence: Any, reason: str = "why", key: str = "x") -> pl.DataFrame:
    shown = evidence if isinstance(evidence, str | None) else json.dumps(evidence)
    return pl.DataFrame([[key, rule, reason, shown]], schema=EXCLUSION_SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("arrived", "kept", "excluded", "words"),
    [
        ("abcd", "abc", "", "1 lost"),
        ("abcd", "", "", "4 lost"),
        ("abcd", "abcd", "e", "1 appeared from nowhere"),
        ("abcd", "abcde", "", "1 appeared from nowhere"),
        ("abcd", "abcd", "d", "1 stand more than once"),
        ("abcd", "abcdd", "", "1 stand more than once"),
        ("abcdd", "abcd", "", "1 came in more than once"),
        ("aab", "ab", "c", "1 appeared from nowhere, such as c; 1 came in more than once"),
        ("abcd", "abce", "", "1 lost, such as d; 1 appeared from nowhere, such as e"),
        ("", "a", "", "1 appeared from nowhere"),
    ],
)
def test_conservation_is_broken(arrived: str, kept: str, excluded: str, words: str) -> None:
    series = (pl.Series(list(ids), dtype=pl.String) for ids in (arrived, kept, excluded))
    found = laws.conservation(*series)
    assert not found.holds
    assert words in found.detail


def test_conservation_holds() -> None:
    assert laws.conservation(IDS, IDS.slice(0, 3), IDS.slice(3)).holds
    assert laws.rows_conserved(3, 2, 1).holds
    assert not laws.rows_conserved(3, 2, 2).holds


@pytest.mark.parametrize(
    ("rule", "reason", "evidence"),
    [
        ("too_short", "", {}),
        ("", "why", {}),
        ("too_short", "why", None),
        ("too_short", "why", ""),
        ("too_short", "why", "not JSON"),
        ("too_short", "why", [1]),
        ("near_duplicate", "why", {}),
        ("near_duplicate", "why", {"kept": "a"}),
        ("near_duplicate", "why", {"kept": "a", "similarity": None}),
        ("near_duplicate", "why", {"kept": "a", "similarity": "high"}),
        ("near_duplicate", "why", {"kept": "a", "similarity": 1.5}),
        ("near_duplicate", "why", {"kept": "not kept", "similarity": 0.9}),
        ("near_duplicate", "why", {"kept": ["a"], "similarity": 0.9}),
        ("exact_duplicate", "why", {"kept": "not kept", "similarity": 1.0}),
        ("copy_of_clean_record", "why", {"similarity": 1.0}),
        ("held_out_overlap", "why", {"held_out": "a"}),
        ("held_out_cluster", "why", {"overlap": 0.5}),
        ("held_out_group", "why", {"group": None}),
        ("task_example_overlap", "why", {}),
    ],
)
def test_evidence_is_broken(rule: str, reason: str, evidence: Any) -> None:
    assert not laws.evidence(exclusion(rule, evidence, reason), IDS).holds


@pytest.mark.parametrize(
    "rule",
    ["short_duplicate", "template_duplicate", "benchmark_overlap", "held_out_contained"],
)
def test_copies_and_leaks_of_every_kind_must_be_shown(rule: str) -> None:
    assert not laws.evidence(exclusion(rule, {}), IDS).holds


@pytest.mark.parametrize(
    ("rule", "evidence"),
    [
        ("too_short", {}),
        ("near_duplicate", {"kept": "a", "similarity": 0.9}),
        ("copy_of_clean_record", {"kept": "elsewhere", "similarity": 0.9}),
        ("held_out_overlap", {"held_out": "elsewhere", "overlap": 0.9}),
        ("held_out_group", {"group": "g"}),
    ],
)
def test_evidence_holds(rule: str, evidence: Any) -> None:
    assert laws.evidence(exclusion(rule, evidence), IDS).holds


@pytest.mark.parametrize(
    ("split", "rule", "applies_to", "holds"),
    [
        ("train", "too_short", ["train"], True),
        ("validation", "too_short", ["train"], False),
        ("validation", "too_short", ["train", "validation"], True),
        ("test", "too_short", ["train", "validation"], False),
        ("test", "too_short", ["train", "validation", "test"], False),
        ("test", "residue", [], True),
    ],
)
def test_held_out_untouched(split: str, rule: str, applies_to: list[str], holds: bool) -> None:
    arrived = pl.DataFrame({"record_id": ["x"], "split": [split]})
    found = laws.held_out_untouched(arrived, exclusion(rule, {}), {"residue"}, applies_to)
    assert found.holds is holds


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "human_annotated"},
        {"origin": "model_generated", "generation": 1, "parents": []},
        {"origin": "model_generated", "generation": 0, "parents": ["p"]},
        {"origin": "original", "generation": 1, "parents": []},
    ],
)
def test_separation_is_broken(changes: dict[str, Any]) -> None:
    kept = records(record(1), record(2, **changes))
    assert not laws.separation(kept, ("original", "model_generated")).holds


def test_separation_holds() -> None:
    made = record(2, origin="model_generated", generation=2, parents=["p"])
    assert laws.separation(records(record(1), made), ("original", "model_generated")).holds


@pytest.mark.parametrize(
    "frame",
    [
        records(record(1), record(1)),
        records(record(1, record_id=None)),
        records(record(1, record_id=SECRET)),
        records(record(1, prompt=None)),
        records(record(1, split=None)),
        records(record(1, group_id=None)),
        records(record(1, origin=None)),
        records(record(1)).drop("label"),
        records(record(1)).with_columns(pl.lit(SECRET).alias("note")),
        records(record(1)).with_columns(pl.col("generation").cast(pl.Int64)),
        records(record(1)).with_columns(pl.col("split").cast(pl.String)),
    ],
)
def test_schema_is_broken(frame: pl.DataFrame) -> None:
    found = laws.schema(frame, assigned=True)
    assert not found.holds
    assert SECRET not in found.detail


def test_schema_holds() -> None:
    assert laws.schema(records(record(1), record(2)), assigned=True).holds
    assert laws.schema(records(record(1, split=None, group_id=None)), assigned=False).holds


def test_a_damaged_result_of_the_sample_breaks_the_law_that_it_breaks(
    sample_run: SampleRun,
) -> None:
    arrived = sample_run.records("redacted")
    kept, excluded = sample_run.records("deduplicated"), sample_run.excluded("deduplicated")
    ids = arrived["record_id"]

    def conserved(kept: pl.DataFrame, excluded: pl.DataFrame) -> bool:
        return laws.conservation(ids, kept["record_id"], excluded["record_id"]).holds

    assert conserved(kept, excluded)
    assert not conserved(kept.slice(1), excluded)
    assert not conserved(kept, excluded.slice(1))
    assert not conserved(pl.concat([kept, kept.head(1)]), excluded)
    copies = excluded.filter(pl.col("rule") == "near_duplicate")
    named = json.loads(copies["evidence"][0])["kept"]
    assert laws.evidence(excluded, kept["record_id"]).holds
    assert not laws.evidence(excluded, kept.filter(pl.col("record_id") != named)["record_id"]).holds
    test = arrived.filter(pl.col("split") == "test").head(1)
    out = excluded.head(1).with_columns(test["record_id"])
    assert not laws.held_out_untouched(arrived, out, (), ["train", "validation"]).holds
