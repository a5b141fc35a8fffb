"""Dagster's SQLite storage with connections kept open is the same storage to everybody else."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.errors import DagsterRunAlreadyExists
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from dataset_pipeline import kept_sqlite
from dataset_pipeline.instance import open_instance
from dataset_pipeline.kept_sqlite import KeptEventLogStorage, KeptRunStorage, kept

SQLITE = ConfigurableClassData(
    DagsterSqliteStorage.__module__, DagsterSqliteStorage.__name__, "base_dir: x\n"
)


class OtherStorage(DagsterSqliteStorage):
    """A storage that somebody named in the settings."""

    @classmethod
    def from_config_value(  # type: ignore[override]
        cls, inst_data: ConfigurableClassData, config_value: dict[str, str]
    ) -> "OtherStorage":
        return cls.from_local(inst_data=inst_data, **config_value)


@dg.asset
def number() -> int:
    return 7


@dg.job
def _nothing() -> None:
    """Nothing to do."""


JOB = dg.Definitions([number], jobs=[dg.define_asset_job("job", [number])]).resolve_job_def("job")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(tmp_path) as opened:
        yield opened


def plain(store: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(store / "dagster"))


def run(instance: dg.DagsterInstance) -> str:
    result = JOB.execute_in_process(run_config=QUIET, instance=instance)
    assert result.success
    return result.run_id


def types(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    events = [entry.dagster_event for entry in instance.all_logs(run_id)]
    return [event.event_type_value for event in events if event]


def materialized(instance: dg.DagsterInstance) -> set[str]:
    return {row.run_id for row in instance.fetch_materializations(number.key, 1000).records}


def files(store: Path) -> list[str]:
    """The files of the databases that this process has open."""
    paths = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return [path for path in paths if path.startswith(str(store / "dagster"))]


def settings(store: Path, text: str) -> Path:
    (store / "dagster").mkdir(exist_ok=True)
    (store / "dagster" / "dagster.yaml").write_text(text, "utf-8")
    return store


def is_kept(instance: dg.DagsterInstance) -> bool:
    parts = (instance.event_log_storage, instance.run_storage)
    found = [isinstance(p, KeptEventLogStorage | KeptRunStorage) for p in parts]
    assert len(set(found)) == 1
    return all(found)


def test_sqlite_is_kept_open_by_default(instance: dg.DagsterInstance) -> None:
    assert is_kept(instance)


def test_sqlite_is_kept_open_where_the_settings_name_it(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    settings(tmp_path, f"storage: {{sqlite: {{base_dir: {elsewhere}}}}}\n")
    with open_instance(tmp_path) as instance:
        assert is_kept(instance)
        run(instance)
    assert (elsewhere / "history" / "runs.db").is_file()


def test_another_storage_in_the_settings_is_used_as_it_is(tmp_path: Path) -> None:
    named = f"module: {__name__}, class: OtherStorage, config: {{base_dir: {tmp_path}}}"
    with open_instance(settings(tmp_path, f"storage: {{custom: {{{named}}}}}\n")) as instance:
        assert not is_kept(instance)
        run(instance)


def test_only_dagsters_own_sqlite_is_replaced() -> None:
    replaced = kept(SQLITE)
    assert replaced
    assert (replaced.module_name, replaced.config_yaml) == (kept_sqlite.__name__, "base_dir: x\n")
    for other in (
        None,
        ConfigurableClassData("dagster_postgres", "DagsterPostgresStorage", "{}\n"),
        ConfigurableClassData("somebodys", SQLITE.class_name, "{}\n"),
    ):
        assert kept(other) is other


def test_what_is_written_is_what_the_plain_storage_writes(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Read while it is still open, and the other way round."""
    mine = run(instance)
    with plain(tmp_path) as other:
        assert not is_kept(other)
        theirs = run(other)
        for reader in (instance, other):
            assert types(reader, mine) == types(reader, theirs)
            assert "ASSET_MATERIALIZATION" in types(reader, mine)
            assert materialized(reader) == {mine, theirs}
            assert {found.run_id for found in reader.get_runs()} == {mine, theirs}
            assert all(found.is_success for found in reader.get_runs())


def test_each_event_is_seen_by_others_at_once(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """No transaction stays open."""
    with plain(tmp_path) as other:
        created = instance.create_run_for_job(_nothing)
        for count in range(1, 4):
            instance.report_engine_event(f"event {count}", created)
            assert len(other.all_logs(created.run_id)) == count
            other.report_engine_event("theirs", other.create_run_for_job(_nothing))


def test_what_fails_is_not_written(instance: dg.DagsterInstance) -> None:
    created = instance.create_run_for_job(_nothing)
    with pytest.raises(DagsterRunAlreadyExists):
        instance.run_storage.add_run(created)
    assert instance.get_runs_count() == 1
    run(instance)


def test_threads_share_it(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    done: list[str] = []
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        for _ in range(3):
            created = instance.create_run_for_job(_nothing)
            for _ in range(5):
                instance.report_engine_event("event", created)
            done.append(created.run_id)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with plain(tmp_path) as other:
        assert {found.run_id for found in other.get_runs()} == set(done)
        assert [len(other.all_logs(run_id)) for run_id in done] == [5] * 18


def test_two_processes_share_it(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dataset_pipeline_tests import test_kept_sqlite"
        " as t\nwith t.open_instance(Path(sys.argv[1])) as i: print(*[t.run(i) for _ in range(4)])"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    mine = {run(instance) for _ in range(4)}
    theirs = [set(other.communicate(timeout=120)[0].split()) for other in others]
    assert [other.returncode for other in others] == [0, 0]
    everything = mine.union(*theirs)
    assert len(everything) == 12
    for reader in (instance, plain(tmp_path)):
        assert materialized(reader) == everything
        assert {found.run_id for found in reader.get_runs()} == everything
        assert all(types(reader, run_id)[-1] == "PIPELINE_SUCCESS" for run_id in everything)


def test_in_the_end_every_file_is_closed(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        run(instance)
        assert files(tmp_path)
    assert files(tmp_path) == []
    left = [path.name for path in (tmp_path / "dagster").rglob("*.db-*")]
    assert left == [], "a log that was not written into its database"


def test_it_can_be_used_after_it_was_closed(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        first = run(instance)
    assert "PIPELINE_SUCCESS" in types(instance, first)
    instance.dispose()


def test_many_runs_do_not_exhaust_the_files(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """A process may look at every run that ever was."""
    created = [instance.create_run_for_job(_nothing) for _ in range(3 * kept_sqlite._KEPT)]
    for number_of_run, made in enumerate(created):
        instance.report_engine_event(str(number_of_run), made)
    databases = {path for path in files(tmp_path) if path.endswith(".db")}
    assert len(databases) <= kept_sqlite._KEPT + 1
    assert [len(instance.all_logs(made.run_id)) for made in created] == [1] * len(created)


def test_after_a_wipe_nothing_is_written_to_removed_files(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    created = instance.create_run_for_job(_nothing)
    instance.report_engine_event("before", created)
    instance.event_log_storage.wipe()
    assert instance.all_logs(created.run_id) == []
    instance.report_engine_event("after", created)
    with plain(tmp_path) as other:
        assert [entry.message for entry in other.all_logs(created.run_id)] == ["after"]
