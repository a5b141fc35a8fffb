"""The event log as plain records: what was made, from what, and what it passed."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.provenance.events import EventLog
from dataset_pipeline_tests import small

SPLITS = dg.AssetKey(["small", "splits"])
ROWS = [{"id": f"r{i}", "text": f"sentence {i} about {'abcdefgh'[i % 8] * (i + 2)}"}
        for i in range(30)]  # fmt: skip


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "keys" / "key.pem"))
    small.write_dataset(tmp_path / "configs", "small", ROWS)
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as made:
        yield made


def _run(tmp_path: Path, instance: dg.DagsterInstance) -> str:
    result = small.run(tmp_path / "configs", tmp_path / "store", "small", instance)
    assert result.success
    return result.run_id


def test_lineage_goes_from_the_sources_to_the_splits(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    run_id = _run(tmp_path, instance)
    chain = EventLog(instance).lineage(SPLITS, run_id)
    names = [made.asset.removeprefix("small/") for made in chain]
    assert names[:3] == ["raw/rows", "raw", "normalized"]
    assert names[-1] == "splits"
    made = {item.asset: item for item in chain}
    for item in chain:
        assert item.checks, item.asset
        assert all(check.passed for check in item.checks)
        for name, read in item.inputs.items():
            assert made[name].digest == read["digest"]


def test_a_run_reads_its_own_materializations_before_newer_ones(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    first = _run(tmp_path, instance)
    before = EventLog(instance).current(SPLITS, first)
    small.write_jsonl(tmp_path / "configs" / "small" / "rows.jsonl", ROWS[:-1])
    second = _run(tmp_path, instance)
    log = EventLog(instance)
    assert log.current(SPLITS, first) == before
    assert log.current(SPLITS, second).digest != before.digest
    assert log.current(SPLITS, None).run_id == second
    assert {made.run_id for made in log.lineage(SPLITS, first)} == {first}


def test_what_was_deleted_from_the_event_log_cannot_be_vouched_for(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    first = _run(tmp_path, instance)
    job = small.dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    only = [dg.AssetKey(["small", "curated"]), SPLITS]
    partial = job.resolve_job_def("small").execute_in_process(
        instance=instance, asset_selection=only
    )
    assert {made.run_id for made in EventLog(instance).lineage(SPLITS, partial.run_id)} == {
        first,
        partial.run_id,
    }
    instance.delete_run(first)
    with pytest.raises(NotFoundError, match="not in the event log any more"):
        EventLog(instance).lineage(SPLITS, partial.run_id)


def test_all_that_was_lost_is_told_at_once(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    """What clean and splits read was made by runs that are gone: both are named."""
    first = _run(tmp_path, instance)
    job = small.dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    middle = ["clean", "annotated", "distilled", "curated", "splits"]
    only = [dg.AssetKey(["small", name]) for name in middle]
    later = job.resolve_job_def("small").execute_in_process(instance=instance, asset_selection=only)
    instance.delete_run(first)
    with pytest.raises(NotFoundError) as told:
        EventLog(instance).lineage(SPLITS, later.run_id)
    lost = str(told.value).splitlines()
    assert len(lost) == 2
    assert all("small/deduplicated" in line for line in lost)
    assert {line.split()[0] for line in lost} == {"small/clean", "small/splits"}


def test_nothing_materialized_is_told(instance: dg.DagsterInstance) -> None:
    with pytest.raises(NotFoundError, match="never materialized"):
        EventLog(instance).current(SPLITS, None)
