"""What is sound, and will stop a run all the same, is told by ``validate``."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dataset_pipeline.cli.main import app
from dataset_pipeline_tests import small


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ({"expires": date(2026, 4, 30)}, "rights_expired: the right ended on 2026-04-30"),
        ({"training": "forbidden"}, "rights_forbidden: the source's rights forbid training"),
    ],
)
def test_a_right_that_stops_the_run_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any], told: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1777600000")  # the first of May 2026
    source = small.source({"key": "id", "prompt": "text"})
    source["rights"] = {**small.RIGHTS, **right}
    for named, warned in ((), True), (["rows"], False):
        gates = {"go_on_without": list(named)}
        small.write_dataset(tmp_path, "small", [], sources={"rows": source}, gates=gates)
        asked = CliRunner().invoke(app, ["validate", "small", "--configs", str(tmp_path), "--json"])
        assert asked.exit_code == 0
        warnings = json.loads(asked.output)["warnings"]
        assert [text.startswith(f"sources.rows: {told}; ") for text in warnings] == [True] * warned
