"""The languages of a task are the same ones however they are written."""

from pathlib import Path

import dagster as dg
import pytest

from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline_tests import small

NODES = ("raw/rows", "raw", "normalized", "screened")


@pytest.mark.parametrize("languages", [["en"], ["en-GB"], ["de", "EN"]])
def test_records_are_in_a_language_that_is_allowed_with_its_region(
    tmp_path: Path, languages: list[str]
) -> None:
    rows = [
        {"id": f"r{n}", "text": f"My parcel number {n} has not arrived, and nobody answers me."}
        for n in range(9)
    ]
    restrictions = {"use": "internal", "languages": languages}
    task = small.task("text", restrictions=restrictions)
    small.write_dataset(tmp_path / "configs", "small", rows, task=task)
    definitions = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    result = definitions.resolve_job_def("small").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        asset_selection=[dg.AssetKey(["small", *name.split("/")]) for name in NODES],
    )
    made = result.asset_materializations_for_node("small__screened")
    assert made[0].metadata["dagster/row_count"].value == len(rows)
