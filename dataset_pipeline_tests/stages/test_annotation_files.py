"""What is told of a line of annotations that cannot be used, and what is kept of one that can."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.records import record_id
from dataset_pipeline.stages.annotation_files import Declared, annotation_file
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.stages.result import StageResult

HEADER = "source,key,annotator,label,uncertain,guideline,annotated_at\n"
PERSONAL = "anna@example.org"
DECLARED = Declared({"v1": "0" * 64}, ["yes", "no"], ["crm"])


def read(folder: Path, *lines: str) -> StageResult:
    path = folder / "round.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), "utf-8")
    return annotation_file("round", "labels", SourceFile("round.csv", path), DECLARED)


@pytest.mark.parametrize(
    ("line", "rule", "shown"),
    [
        (
            f"crm,1,a,{PERSONAL},,v1,",
            "unknown_label",
            {"field": "label", "characters": len(PERSONAL), "allowed": 2},
        ),
        (
            f"crm,1,a,yes,,{PERSONAL},",
            "unknown_guideline",
            {"field": "guideline", "characters": len(PERSONAL), "allowed": 1},
        ),
    ],
)
def test_a_value_that_is_none_of_those_known_is_shown_by_its_length(
    tmp_path: Path, line: str, rule: str, shown: dict[str, Any]
) -> None:
    out = read(tmp_path, "crm,1,a,yes,,v1,", line).excluded.collect()
    assert out.select("rule", "source_ref").rows() == [(rule, "round.csv#3")]
    assert json.loads(out["evidence"][0]) == shown
    assert PERSONAL not in out.write_json()


def test_a_source_that_the_config_does_not_name_is_not_repeated(tmp_path: Path) -> None:
    kept = read(tmp_path, "crm,1,a,yes,,v1,", f"{PERSONAL},1,a,no,,v1,").kept.collect()
    assert kept.select("record_id", "source_id", "source_ref").rows() == [
        (record_id("crm", "1"), "crm", "round.csv#2"),
        (record_id(PERSONAL, "1"), None, "round.csv#3"),
    ]
    assert PERSONAL not in kept.write_json()
