import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Curated, Restrictions, Task
from dataset_pipeline.stages.curated import arriving, curated
from dataset_pipeline_tests.stages.frames import records, rules

MADE = {"origin": "model_generated", "generation": 1, "parents": ["p"], "label": "x"}


def task(kind: Any = "classification") -> Task:
    return Task(
        behaviour="Name the intent.",
        type=kind,
        labels=["x", "y"],
        examples="examples.jsonl",
        restrictions=Restrictions(use="internal", languages=["en"]),
    )


@pytest.mark.parametrize(
    ("kind", "row", "rule"),
    [
        ("classification", {"label": "x"}, None),
        ("classification", {"label": "z"}, "unknown_label"),
        ("classification", {"label": "anna@example.org"}, "unknown_label"),
        ("classification", {}, "unlabelled"),
        ("chat", {"completion": "a"}, None),
        ("chat", {}, "no_completion"),
        ("preference", {"completion": "a"}, "no_rejected"),
        ("preference", {"completion": "a", "rejected": "b"}, None),
        ("text", {}, None),
    ],
)
def test_what_the_task_can_use(kind: str, row: dict[str, Any], rule: str | None) -> None:
    excluded = curated(records(row).lazy(), Curated(), task(kind)).excluded
    assert rules(excluded).get("r0") == rule
    assert "anna" not in "".join(excluded.collect()["evidence"])


def test_a_label_that_is_none_is_shown_by_its_length() -> None:
    rows = [{"label": "anna@example.org"}, {}]
    excluded = curated(records(*rows).lazy(), Curated(), task()).excluded.collect()
    assert {
        rule: json.loads(shown) for rule, shown in excluded.select("rule", "evidence").rows()
    } == {
        "unknown_label": {"origin": "original", "field": "label", "characters": 16, "allowed": 2},
        "unlabelled": {"origin": "original"},
    }


def test_labels_of_sources_may_not_count() -> None:
    frame = records({"label": "x"}, {"label": "x", "origin": "human_annotated"}, MADE)
    policy = Curated(accept_source_labels=False, max_synthetic_share=1)
    assert rules(curated(frame.lazy(), policy, task()).excluded) == {"r0": "unlabelled"}


@pytest.mark.parametrize(
    ("natural", "made", "cap", "left"),
    [(9, 3, 0.1, 1), (90, 20, 0.1, 10), (7, 5, 0, 0), (1, 5, 1, 5)],
)
def test_the_cap_on_model_made_records(natural: int, made: int, cap: float, left: int) -> None:
    rows = [{"label": "x"}] * natural + [MADE] * made + [{"label": "x", "split": "test"}] * 50
    result = curated(records(*rows).lazy(), Curated(max_synthetic_share=float(cap)), task())
    kept = result.kept.collect()
    assert kept.filter(pl.col("generation") > 0).height == left
    assert result.metrics["synthetic_share"] == pytest.approx(left / (natural + left))
    assert set(rules(result.excluded).values()) <= {"synthetic_cap"}


def test_what_people_labelled_takes_the_place_of_what_they_labelled() -> None:
    everything = records({"label": "x"}, {"label": "x"}, {"label": "x"})
    labelled = everything.filter(pl.col("record_id") == "r0").with_columns(
        pl.lit("y").alias("label")
    )
    out = pl.LazyFrame({"record_id": ["r1"]})
    found = arriving(everything.lazy(), labelled.lazy(), out, everything.clear().lazy()).collect()
    assert dict(found.select("record_id", "label").iter_rows()) == {"r0": "y", "r2": "x"}
