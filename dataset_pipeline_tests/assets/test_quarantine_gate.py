"""The share of rows in quarantine, and of those that a quarantined one took along."""

from pathlib import Path

import dagster as dg
import pytest

from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline_tests import small


def passes(tmp_path: Path, lines: list[str]) -> bool:
    """Whether the gate lets a CSV file of these rows pass."""
    rows = small.source({"key": "id", "prompt": "text"}, kind="csv", path="rows.csv")
    folder = small.write_dataset(tmp_path / "configs", "small", [], sources={"rows": rows})
    (folder / "rows.csv").write_text("id,text\n" + "".join(lines), "utf-8")
    job = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small").resolve_job_def(
        "small"
    )
    result = job.execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        asset_selection=[dg.AssetKey(["small", "raw", "rows"]), dg.AssetKey(["small", "raw"])],
        raise_on_error=False,
    )
    (found,) = [
        check for check in result.get_asset_check_evaluations()
        if check.check_name == "quarantined_share"
    ]  # fmt: skip
    return found.passed


@pytest.mark.parametrize(("after", "few"), [(40, False), (2, True)])
def test_rows_behind_a_quote_that_is_not_closed_count(
    tmp_path: Path, after: int, few: bool
) -> None:
    rows = [f"{number},a question of some length\n" for number in range(60)]
    rows[-after - 1] = '999,"a question of some length\n'
    assert passes(tmp_path, rows) is few
