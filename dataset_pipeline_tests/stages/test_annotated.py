from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import AnnotatedPolicy
from dataset_pipeline.stages.annotated import annotated
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
    return annotated(records({"label": "old"}, {}).lazy(), given, AnnotatedPolicy(**policy))


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
