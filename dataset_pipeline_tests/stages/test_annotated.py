import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import AnnotatedPolicy
from dataset_pipeline.records import empty_exclusions, no_exclusions
from dataset_pipeline.stages.annotated import annotated, arriving
from dataset_pipeline.stages.annotation_files import ANNOTATION_SCHEMA
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline_tests.stages.frames import records, rules

Vote = tuple[str, str, bool]  # annotator, label, uncertain


def run(*votes: Vote, decisions: tuple[str, ...] = (), **policy: Any) -> StageResult:
    rows = [
        {"role": "labels", "annotator": who, "label": label, "uncertain": uncertain}
        for who, label, uncertain in votes
    ]
    rows += [
        {
            "role": "adjudications",
            "annotator": "m",
            "label": label,
            "uncertain": False,
            "annotated_at": f"2026-01-0{day}T00:00:00Z",
        }
        for day, label in enumerate(decisions, start=1)
    ]
    named = [
        {"annotation_id": str(i), "record_id": "r0", "guideline": "v1", **row}
        for i, row in enumerate(rows)
    ]
    given = pl.DataFrame(named, schema=ANNOTATION_SCHEMA)
    frame, policies = records({"label": "old"}, {}).lazy(), AnnotatedPolicy(**policy)
    return annotated(frame, no_exclusions(), given, policies)


@pytest.mark.parametrize(
    ("votes", "decisions", "label"),
    [
        ([("a", "x", False)], (), "x"),
        ([("a", "x", False), ("b", "x", False)], (), "x"),
        ([("a", "x", False), ("b", "y", True)], (), "x"),
        ([("a", "x", False), ("b", "y", False)], ("y",), "y"),
        ([("a", "x", True), ("b", "x", True)], ("y",), "y"),
        ([("a", "x", False), ("b", "y", False)], ("x", "z"), "z"),
        ([], ("x",), "x"),
    ],
)
def test_what_is_settled(votes: list[Vote], decisions: tuple[str, ...], label: str) -> None:
    result = run(*votes, decisions=decisions)
    kept = result.kept.collect()
    assert kept.select("record_id", "label").rows() == [("r0", label)]
    assert kept["origin"].to_list() == ["human_annotated"]


@pytest.mark.parametrize(
    ("votes", "rule"),
    [
        ([("a", "x", False), ("b", "y", False)], "annotation_disagreement"),
        ([("a", "x", True), ("b", "x", True)], "annotation_uncertain"),
    ],
)
def test_what_is_not(votes: list[Vote], rule: str) -> None:
    result = run(*votes)
    assert rules(result.excluded) == {"r0": rule}
    assert result.kept.collect().is_empty()


def test_uncertain_votes_may_count() -> None:
    assert rules(run(("a", "x", True), ("b", "x", True), drop_uncertain=False).excluded) == {}


def test_every_annotation_is_shown() -> None:
    labels = run(("a", "x", False), ("b", "y", False), decisions=("y",)).tables["labels"]
    assert labels.select("annotator", "label").rows() == [("a", "x"), ("b", "y"), ("m", "y")]


def test_without_two_annotators_there_is_no_agreement() -> None:
    assert "kappa" not in run(("a", "x", False)).metrics


# ------------------------------------------------------------------- annotations without a record

OUT = pl.concat(
    [
        empty_exclusions(),
        pl.DataFrame(
            {"record_id": ["gone"], "rule": ["leak"], "reason": ["a leak"], "evidence": ["{}"]}
        ),
    ]
).lazy()


def line(number: int, record: str, source: str | None = "s", **more: str) -> dict[str, Any]:
    said = {"role": "labels", "annotator": "a", "label": "x", "uncertain": False, "guideline": "v1"}
    place = {"source_id": source, "source_ref": f"round.csv#{number}"}
    return {"annotation_id": f"a{number}", "record_id": record, **place, **said, **more}


LINES = pl.DataFrame(
    [
        line(2, "r0"),
        line(3, "gone"),
        line(4, "never"),
        line(5, "r0", annotator="b"),
        line(6, "elsewhere", source=None),
        line(7, "never", role="adjudications"),
    ],
    schema=ANNOTATION_SCHEMA,
)


def test_an_annotation_without_a_record_is_told_with_its_line() -> None:
    result = annotated(records({}).lazy(), OUT, LINES, AnnotatedPolicy())
    told = result.excluded.sort("record_id").collect()
    assert told.select("record_id", "rule", "source_ref").rows() == [
        ("a3", "record_excluded", "round.csv#3"),
        ("a4", "record_not_here", "round.csv#4"),
        ("a6", "unknown_source", "round.csv#6"),
        ("a7", "record_not_here", "round.csv#7"),
    ]
    key = {"field": "key", "source": "s", "record": "never"}
    assert [json.loads(shown) for shown in told["evidence"]] == [
        {"record": "gone", "excluded_in": "clean", "excluded_by": "leak"},
        key,
        {"field": "source"},
        key,
    ]
    assert result.metrics["unplaced"] == 4
    assert result.tables["labels"]["annotation_id"].to_list() == ["a2", "a5"]


def test_every_line_is_kept_with_its_record_or_told() -> None:
    arrived = arriving(records({}, {}).lazy(), LINES.lazy()).collect()
    assert sorted(arrived["record_id"]) == ["a3", "a4", "a6", "a7", "r0"]
    assert arrived.filter(pl.col("record_id").str.starts_with("a"))["split"].null_count() == 4
