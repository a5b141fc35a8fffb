"""A source that gives no records is told, whether it never had any or an export failed."""

from pathlib import Path

import dagster as dg

from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline_tests import small

NODES = ("raw/rows", "raw/other", "raw")
FIELDS = {"key": "id", "prompt": "text"}


def warned(tmp_path: Path) -> dict[str, str]:
    """What is warned of when the sources are united."""
    definitions = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    result = definitions.resolve_job_def("small").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        asset_selection=[dg.AssetKey(["small", *name.split("/")]) for name in NODES],
    )
    assert result.success
    found = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert {check.severity.value for check in found} <= {"WARN"}
    return {check.check_name: check.description or "" for check in found}


def test_an_export_that_came_empty_is_warned_of(tmp_path: Path) -> None:
    other = small.source(FIELDS, kind="csv", path="other.csv")
    sources = {"rows": small.source(FIELDS), "other": other}
    rows = [{"id": f"r{number}", "text": f"question {number}"} for number in range(9)]
    folder = small.write_dataset(tmp_path / "configs", "small", rows, sources=sources)
    (folder / "other.csv").write_text("id,text\n1,a question of some length\n", "utf-8")
    assert warned(tmp_path) == {}
    (folder / "other.csv").write_text("id,text\n", "utf-8")
    assert warned(tmp_path) == {"sources_filled": "no record came from other; is the export whole?"}
