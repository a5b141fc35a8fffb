"""Dagster's home: one event log for the command line, the UI and the schedule."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._serdes import ConfigurableClassData
from filelock import FileLock
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dataset_pipeline.errors import StoreError
from dataset_pipeline.kept_sqlite import kept

HOME_VARIABLE = "DAGSTER_HOME"
PROCESS_TAG, HOST_TAG = "dataset_pipeline/process", "dataset_pipeline/host"
# A process may die before its run has started, too.
_UNFINISHED = (
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
)
_SETTINGS = Path(__file__).with_name("dagster.yaml")


def dagster_home(store: Path) -> Path:
    """DAGSTER_HOME where it is set, else ``dagster`` in the store."""
    given = os.environ.get(HOME_VARIABLE)
    return Path(given) if given else store / "dagster"


def open_instance(store: Path) -> dg.DagsterInstance:
    """The instance whose event log every way in writes to.

    Several first runs at once would break SQLite's initialisation, so one makes the databases
    while the others wait.
    """
    home = dagster_home(store)
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / ".initialize.lock"):
        settings = home / "dagster.yaml"
        if not settings.exists():
            settings.write_bytes(_SETTINGS.read_bytes())
        reference = InstanceRef.from_dir(str(home))
        reference = reference._replace(
            storage_data=kept(reference.storage_data),
            compute_logs_data=_uncaptured(reference.compute_logs_data),
        )
        return dg.DagsterInstance.from_ref(reference)


def _uncaptured(compute_logs: ConfigurableClassData) -> ConfigurableClassData:
    """What steps print stays on this process's console; another manager than Dagster's stays.

    Dagster would copy it to files with four more processes a run, and a run that is killed just
    then leaves one behind for ever. A run that the UI starts still keeps these files.
    """
    theirs = (LocalComputeLogManager.__module__, LocalComputeLogManager.__name__)
    if (compute_logs.module_name, compute_logs.class_name) != theirs:
        return compute_logs
    ours = NoOpComputeLogManager
    return ConfigurableClassData(ours.__module__, ours.__name__, "{}")


@contextmanager
def event_log_told(store: Path) -> Iterator[None]:
    """StoreError when the event log cannot be read or written; it says what the database said.

    The database's own error also shows the statement and its values, so it goes no further.
    """
    try:
        yield
    except SQLAlchemyError as error:
        said = error.orig if isinstance(error, DBAPIError) else type(error).__name__
        raise StoreError(
            f"Dagster's event log cannot be used: {said}. It is kept in {dagster_home(store)}, "
            "unless its dagster.yaml says otherwise: is there space, and the right to write?"
        ) from None


def process_tags() -> dict[str, str]:
    """Tags by which a later run recognizes that this process is gone."""
    pid = os.getpid()
    return {PROCESS_TAG: f"{pid}@{_start(pid)}", HOST_TAG: socket.gethostname()[:63]}


def close_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose process on this machine was killed; how many there were."""
    unfinished = RunsFilter(statuses=list(_UNFINISHED), tags={HOST_TAG: socket.gethostname()[:63]})
    abandoned = [
        run for run in instance.get_runs(unfinished) if not _alive(run.tags.get(PROCESS_TAG, ""))
    ]
    for run in abandoned:
        instance.report_run_failed(run, "the process that ran it is gone; start it again")
    return len(abandoned)


def close_runs_of_dead_servers(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose server on this machine was killed; how many there were.

    They would keep later runs of their dataset in the queue. Only where the event log is a file
    of this machine: elsewhere the server may be another machine's.
    """
    if not isinstance(instance.run_storage, SqliteRunStorage):
        return 0
    running = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    abandoned = [run for run in running if not _answers(run.tags.get(GRPC_INFO_TAG, ""))]
    for run in abandoned:
        instance.report_run_failed(run, "the server that ran it is gone; start it again")
    return len(abandoned)


def _answers(server: str) -> bool:
    """Whether the server that Dagster's tag describes still listens; unknown ones count as such."""
    path = json.loads(server).get("socket") if server else None
    if not path or not hasattr(socket, "AF_UNIX"):
        return True
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _alive(process: str) -> bool:
    """Whether the process of a tag still runs; one that cannot be told from it counts as such.

    Process ids are used again after a restart of the machine or the container, so that a process
    is known by the time of its start as well.
    """
    pid, _, start = process.partition("@")
    if not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    now = _start(int(pid))
    return not (start and now) or start == now


def _start(pid: int) -> str:
    """When a process started, as a word that is compared; empty when the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return _start_by_ps(pid)
    return f"{boot}-{ticks}"


def _start_by_ps(pid: int) -> str:
    """The same on systems without Linux's /proc."""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except OSError:
        return ""
    return "-".join(told.stdout.split())
