"""A public benchmark from raw files to a certificate: its published test split holds copies."""

import csv
import json
import os
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline_tests.banking77 import NAME, write_config
from dataset_pipeline_tests.system.place import Place

SHARED = os.environ.get("DATASET_PIPELINE_SHARED_DATA", "")
DATA = Path(SHARED, NAME)
TEST_RECORDS = 3_080
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SHARED or not DATA.is_dir(),
        reason="DATASET_PIPELINE_SHARED_DATA names no folder that holds banking77/",
    ),
]
Run = tuple[Place, dict[str, Any]]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = Place(tmp_path_factory.mktemp("banking77"))
    write_config(place.configs, DATA)
    return place, place.run("+certificate", dataset=NAME)


def rows(split: str) -> list[tuple[str, str]]:
    with (DATA / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def folded(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def spaced(text: str) -> str:
    """White space is tidied in every record."""
    return " ".join(text.split())


def exclusions(run: Run, rule: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run[0].yes("exclusions", run[1]["version"], "--rule", rule)
    return found


def test_it_is_certified_without_a_model(certified: Run) -> None:
    place, report = certified
    assert report["version"].startswith("Banking77_v1.0.0_")
    assert "model" not in report
    assert {"training_run", "training_certificate"}.isdisjoint(s["stage"] for s in report["stages"])
    assert place.ask("verify", str(Path(report["package"]).parent)).code == 0


def test_every_row_is_accounted_for(certified: Run) -> None:
    stages = {stage["stage"]: stage for stage in certified[1]["stages"]}
    for split in ("train", "test"):
        assert stages[f"raw/{split}"]["in"] == len(rows(split))
    out = sum(stage["excluded"] or 0 for stage in stages.values())
    brought = sum(len(rows(split)) for split in ("train", "test"))
    assert stages["splits"]["kept"] + out == brought


def published(run: Run, split: str) -> list[dict[str, Any]]:
    """A split's records as the package has them."""
    with zipfile.ZipFile(run[1]["package"]) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(f"/splits/{split}.jsonl")]
        return [json.loads(line) for line in archive.read(name).splitlines()]


def test_the_test_split_is_untouched(certified: Run) -> None:
    kept = Counter(spaced(record["text"]) for record in published(certified, "test"))
    assert kept == Counter(spaced(text) for text, _ in rows("test"))
    assert kept.total() == TEST_RECORDS


def test_copies_across_train_and_test_are_found_and_listed(certified: Run) -> None:
    """Train rows that are test rows but for case and punctuation, and near copies besides."""
    place, _ = certified
    test = {folded(text) for text, _ in rows("test")}
    shared = [text for text, _ in rows("train") if folded(text) in test]
    assert len(shared) == 25, "so many do the published files share"
    assert not any(folded(record["text"]) in test for record in published(certified, "train"))
    overlaps = exclusions(certified, "held_out_overlap")
    assert all(item["stage"] == "clean" and item["evidence"]["held_out"] for item in overlaps)
    exact = [item for item in overlaps if item["evidence"]["overlap"] == 1]
    assert exact
    assert len(overlaps) > len(exact)
    found = place.ask("contains", NAME, "--text", shared[0], "--json").json
    assert {item["split"] for item in found} == {"test", None}
    assert {item["stage"] for item in found} <= {"clean", "deduplicated", None}
