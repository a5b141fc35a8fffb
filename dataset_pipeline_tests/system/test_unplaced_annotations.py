"""An annotation whose record is not there warns, and is found again with its file and line."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.records import record_id
from dataset_pipeline.store.store import open_store
from dataset_pipeline_tests.system.place import DATASET, Place, lines, walk, write_lines

pytestmark = pytest.mark.slow
FILE = "annotations/round_1.csv"
PERSONAL = "anna@example.org"
RULES = ("unknown_source", "record_not_here", "record_excluded")


@pytest.fixture(scope="module")
def place(sample: tuple[Place, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The sample with three annotations more: no such source, no such key, a leak."""
    place = sample[0].copy(tmp_path_factory.mktemp("unplaced") / "place")
    path = place.configs / DATASET / FILE
    leaked = key_of_a_leak(place)
    added = [
        f"{source},{key},annotator_a,billing,false,v1,"
        for source, key in ((PERSONAL, "1"), ("closed_cases", "CC-99999"), leaked)
    ]
    write_lines(path, [*lines(path), *added])
    place.configure(lambda config: config.pop("training"))
    return place


@pytest.fixture(scope="module")
def report(place: Place) -> dict[str, Any]:
    return place.run()


@pytest.fixture(scope="module")
def told(place: Place, report: dict[str, Any]) -> Mapping[str, list[dict[str, Any]]]:
    assert report["failures"] == []
    return {rule: place.yes("exclusions", "1.0.1", "--rule", rule) for rule in RULES}


def key_of_a_leak(place: Place) -> tuple[str, str]:
    """Source and key of a record that ``clean`` took out."""
    found = place.yes("exclusions", "1.0.0")
    out = {item["record_id"] for item in found if item["stage"] == "clean"}
    cases = pl.read_parquet(place.source("closed_cases") / "cases.parquet")["case_id"]
    keys = (("closed_cases", key) for key in cases.drop_nulls())
    return next(pair for pair in keys if record_id(*pair) in out)


def clean_ids(place: Place) -> set[str]:
    store = open_store(place.store)
    digest = store.versions.find("1.0.1").snapshots["clean"]
    return set(store.snapshots.open(digest).records.select("record_id").collect()["record_id"])


def test_each_line_is_told_where_it_stands(
    place: Place, told: Mapping[str, list[dict[str, Any]]]
) -> None:
    last = len(lines(place.configs / DATASET / FILE))
    for rule, line in zip(RULES, range(last - 2, last + 1), strict=True):
        (item,) = told[rule]
        assert (item["stage"], item["place"]) == ("annotated", f"{FILE}#{line}")


def test_the_run_warns_and_goes_on(
    sample: tuple[Place, dict[str, Any]], report: dict[str, Any]
) -> None:
    assert not any("annotations_placed" in said for said in sample[1]["warnings"])
    (said,) = (said for said in report["warnings"] if "annotations_placed" in said)
    counts = "unknown_source 1, record_excluded 1, record_not_here 1"
    assert said.endswith(f"3 annotation(s) name no record that is here: {counts}")


def test_every_line_is_accounted_for(
    place: Place, report: dict[str, Any], told: Mapping[str, list[dict[str, Any]]]
) -> None:
    """By the files themselves: each line is a vote on a record that is here, or is listed."""
    listed = {item["place"] for items in told.values() for item in items}
    here = clean_ids(place)
    for name in ("round_1", "round_2", "adjudications"):
        file = f"annotations/{name}.csv"
        for number, line in enumerate(lines(place.configs / DATASET / file)[1:], start=2):
            source, key = line.split(",")[:2]
            assert (record_id(source, key) in here) == (f"{file}#{number}" not in listed)


def test_the_record_that_was_taken_out_is_named_with_the_rule(
    place: Place, told: Mapping[str, list[dict[str, Any]]]
) -> None:
    (item,) = told["record_excluded"]
    shown = item["evidence"]
    steps = place.yes("trace", shown["record"])["steps"]
    (out,) = (step for step in steps if step["outcome"] == "excluded")
    assert (out["stage"], out["about"]["rule"]) == (shown["excluded_in"], shown["excluded_by"])


def test_the_line_itself_can_be_traced(
    place: Place, told: Mapping[str, list[dict[str, Any]]]
) -> None:
    for item in (items[0] for items in told.values()):
        (step,) = place.yes("trace", item["record_id"])["steps"]
        assert (step["stage"], step["about"]["rule"]) == ("annotated", item["rule"])


def test_what_stands_in_the_source_column_is_not_repeated(
    place: Place, told: Mapping[str, list[dict[str, Any]]]
) -> None:
    assert PERSONAL not in str(told)
    for path in walk(place.store / "dagster"):
        assert PERSONAL.encode() not in path.read_bytes()
