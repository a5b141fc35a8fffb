"""A column that a source does not have stops it before anything is kept."""

from pathlib import Path

import dagster as dg
import pytest

from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline_tests import small


@pytest.mark.parametrize(("column", "said"), [("customer", None), ("custommer", "'customer'?")])
def test_a_misspelt_group_is_told(tmp_path: Path, column: str, said: str | None) -> None:
    fields = {"key": "id", "group_id": column, "prompt": "text"}
    rows = small.source(fields, kind="csv", path="rows.csv")
    folder = small.write_dataset(tmp_path / "configs", "small", [], sources={"rows": rows})
    lines = [f"{number},C-{number % 7},a question of some length\n" for number in range(60)]
    (folder / "rows.csv").write_text("id,customer,text\n" + "".join(lines), "utf-8")
    definitions = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    result = definitions.resolve_job_def("small").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        asset_selection=[dg.AssetKey(["small", "raw", "rows"])],
        raise_on_error=False,
    )
    assert result.success is (said is None)
    if said:
        (event,) = [event for event in result.all_events if event.is_step_failure]
        assert said in str(event.step_failure_data.error)
        assert not list(small.open_store(tmp_path / "store").snapshots.raw_folders())
