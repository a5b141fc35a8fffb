"""Dagster's settings, the schedule as defined, and runs whose server is gone."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.instance.config import PoolGranularity
from dagster._core.storage.tags import GRPC_INFO_TAG

import dataset_pipeline
from dataset_pipeline.cli.ui import WORKSPACE
from dataset_pipeline.definitions import build_definitions
from dataset_pipeline.instance import close_runs_of_dead_servers, open_instance
from dataset_pipeline_tests.sample.generate import CONFIGS

REPOSITORY = CONFIGS.parent.parent
DEPLOY = CONFIGS.parent / "deploy"
HERE = Path(dataset_pipeline.__file__).parent


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return open_instance(tmp_path)


def test_dagster_accepts_the_settings(instance: dg.DagsterInstance) -> None:
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_max_runtime_seconds == 72000
    pools = instance.get_concurrency_config().pool_config
    assert (pools.pool_granularity, pools.default_pool_limit) == (PoolGranularity.RUN, 1)


def test_what_is_deployed_is_what_is_written_on_first_use() -> None:
    assert (DEPLOY / "dagster.yaml").read_bytes() == (HERE / "dagster.yaml").read_bytes()


def test_own_settings_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    settings = tmp_path / "dagster" / "dagster.yaml"
    settings.parent.mkdir()
    settings.write_text("telemetry: {enabled: false}\nnux: {enabled: true}\n", "utf-8")
    assert open_instance(tmp_path).nux_enabled


def test_postgres_settings_differ_in_the_storage_alone() -> None:
    alone = yaml.safe_load((DEPLOY / "dagster.yaml").read_text("utf-8"))
    shared = yaml.safe_load((DEPLOY / "dagster-postgres.yaml").read_text("utf-8"))
    storage = shared.pop("storage")["postgres"]["postgres_db"]
    assert shared == alone
    variables = {name: value["env"] for name, value in storage.items() if isinstance(value, dict)}
    assert set(variables) == {"username", "password", "hostname", "db_name"}
    told = (DEPLOY / "README.md").read_text("utf-8")
    assert [name for name in variables.values() if name not in told] == []


def test_the_location_has_one_name() -> None:
    given = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text("utf-8"))
    assert yaml.safe_load(WORKSPACE) == given


def test_the_schedule_asks_for_a_run_of_the_whole_dataset(tmp_path: Path) -> None:
    definitions = build_definitions(CONFIGS.parent, tmp_path)
    schedule = definitions.resolve_schedule_def("support_tickets_nightly")
    due = datetime(2026, 5, 1, 21, 0, tzinfo=UTC)  # two in the morning in Almaty
    context = dg.build_schedule_context(scheduled_execution_time=due)
    (request,) = schedule.evaluate_tick(context).run_requests or []
    assert schedule.execution_timezone == "Asia/Almaty"
    assert request.tags["dagster/schedule_name"] == "support_tickets_nightly"
    job = definitions.resolve_job_def(schedule.job_name)
    every = definitions.resolve_asset_graph().materializable_asset_keys
    # Whoever runs this may have datasets of their own beside the sample.
    sample = {key for key in every if key.path[0] == "support_tickets"}
    assert job.asset_layer.executable_asset_keys == sample
    assert job.tags["dataset"] == "support_tickets"


@pytest.mark.parametrize("alive", [True, False])
def test_a_run_ends_with_its_server(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, alive: bool
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("server.sock")
        if alive:
            listener.listen()
        tags = {GRPC_INFO_TAG: json.dumps({"host": "localhost", "socket": "server.sock"})}
        run = instance.create_run_for_job(_job, tags=tags, status=dg.DagsterRunStatus.STARTED)
        assert close_runs_of_dead_servers(instance) == (0 if alive else 1)
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.is_failure != alive


@dg.job
def _job() -> None:
    """Nothing to do."""
