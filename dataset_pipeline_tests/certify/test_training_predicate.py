"""The link from a model to a version holds only where run, version and files fit."""

from collections.abc import Callable
from typing import Any

import pytest

from dataset_pipeline.certify.statement import training_statement
from dataset_pipeline.certify.training_predicate import training_predicate, unlike
from dataset_pipeline.digests import digest_of
from dataset_pipeline.store.versions import Version
from dataset_pipeline_tests.certify.schemas import unnamed

A, B, C = "a" * 64, "b" * 64, "c" * 64
VERSION = Version("1.0", 0, "D_v1.0.0_2026-05-01", "d", A, "2026-05-01", {"splits": B})
FILES = {"run.json": A, "weights": C}
DAY = "2026-05-01T00:00:00Z"
TIME = {"clock": "the machine's", "stamp_required": False, "authorities": []}


def run() -> dict[str, Any]:
    return {
        "run": "D-baseline",
        "dataset": "d",
        "version": VERSION.name,
        "version_content": A,
        "splits": B,
        "trainer": {"name": "baseline", "version": "1", "config": {}},
        "software": {"version": "1.0", "source": C},
        "metrics": {"test": {"accuracy": 0.5}},
        "model_digest": digest_of({"weights": C}),
        "finished_at": DAY,
    }


def predicate(of: dict[str, Any], uncovered: tuple[str, ...] = ()) -> dict[str, Any]:
    told = training_predicate(of, VERSION, C, uncovered=uncovered, issued=DAY)
    return {**told, "time": TIME}


def test_a_complete_link_says_so_and_fits_its_schema() -> None:
    told = predicate(run())
    assert unlike(run(), VERSION, FILES) == []
    assert told["completeness"]["overall"] == "complete"
    assert [item["name"] for item in told["dependencies"]] == [
        VERSION.name,
        "d/splits",
        f"{VERSION.name}.certificate.json#statement",
        "dataset_pipeline",
    ]
    assert unnamed(training_statement(FILES, told)) == []


def test_what_is_not_known_makes_its_section_partial() -> None:
    older = {name: value for name, value in run().items() if name != "software"}
    told = predicate(older, ("PERSON",))
    sections = told["completeness"]["sections"]
    assert {name for name, part in sections.items() if part["status"] == "partial"} == {
        "training",
        "privacy",
    }
    assert unnamed(training_statement(FILES, told)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(dataset="e"),
        lambda r: r.update(version="other"),
        lambda r: r.update(version_content=B),
        lambda r: r.update(splits=A),
        lambda r: r.pop("splits"),
        lambda r: r.update(model_digest=A),
    ],
)
def test_a_run_of_something_else_is_told(change: Callable[[dict[str, Any]], object]) -> None:
    other = run()
    change(other)
    (reason,) = unlike(other, VERSION, FILES)
    assert reason.startswith("run.json: ")
    assert reason.endswith("train it again")


def test_every_difference_is_told() -> None:
    assert len(unlike({}, VERSION, FILES)) == 5
