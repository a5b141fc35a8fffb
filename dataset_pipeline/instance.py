"""Dagster's home: one event log for the command line, the UI and the schedule."""

import os
import socket
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from filelock import FileLock

HOME_VARIABLE = "DAGSTER_HOME"
PROCESS_TAG, HOST_TAG = "dataset_pipeline/process", "dataset_pipeline/host"
_SETTINGS = """\
# Written on first use; never overwritten. See configs/deploy/ for PostgreSQL.
telemetry:
  enabled: false
"""


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
            settings.write_text(_SETTINGS, encoding="utf-8")
        return dg.DagsterInstance.from_config(str(home))


def process_tags() -> dict[str, str]:
    """Tags by which a later run recognizes that this process is gone."""
    return {PROCESS_TAG: str(os.getpid()), HOST_TAG: socket.gethostname()[:63]}


def close_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose process on this machine was killed; how many there were."""
    started = RunsFilter(
        statuses=[DagsterRunStatus.STARTED], tags={HOST_TAG: socket.gethostname()[:63]}
    )
    abandoned = [
        run for run in instance.get_runs(started) if not _alive(run.tags.get(PROCESS_TAG, ""))
    ]
    for run in abandoned:
        instance.report_run_failed(run, "the process that ran it is gone; start it again")
    return len(abandoned)


def _alive(process: str) -> bool:
    if not process.isdigit():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
