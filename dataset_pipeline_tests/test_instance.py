"""Runs whose process was killed are told from runs that still go on."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

from dataset_pipeline import instance as module
from dataset_pipeline.instance import (
    HOST_TAG,
    PROCESS_TAG,
    close_abandoned_runs,
    open_instance,
    process_tags,
)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with open_instance(tmp_path) as opened:
        yield opened


@dg.job
def _job() -> None:
    """Nothing to do."""


def closed(instance: dg.DagsterInstance, tags: dict[str, str]) -> bool:
    run = instance.create_run_for_job(_job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    count = close_abandoned_runs(instance)
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.is_failure == bool(count)
    return ended.is_failure


def process(**changes: str) -> dict[str, str]:
    pid, start = process_tags()[PROCESS_TAG].split("@")
    told = {"pid": pid, "start": start, **changes}
    return {**process_tags(), PROCESS_TAG: f"{told['pid']}@{told['start']}"}


def ended_pid() -> str:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        return str(child.pid)


def test_a_run_of_this_process_goes_on(instance: dg.DagsterInstance) -> None:
    assert not closed(instance, process_tags())
    assert len(process_tags()[PROCESS_TAG]) <= 63


def test_a_run_whose_process_ended_is_closed(instance: dg.DagsterInstance) -> None:
    assert closed(instance, process(pid=ended_pid()))


def test_a_run_whose_process_id_is_used_again_is_closed(instance: dg.DagsterInstance) -> None:
    """By another process of this machine, or in another life of it."""
    boot, ticks = process_tags()[PROCESS_TAG].split("@")[1].split("-")
    assert closed(instance, process(start=f"{boot}-{int(ticks) - 1}"))
    assert closed(instance, process(start=f"00000000-{ticks}"))


def test_another_machines_runs_are_left_alone(instance: dg.DagsterInstance) -> None:
    assert not closed(instance, {**process(pid=ended_pid()), HOST_TAG: "elsewhere"})


@pytest.mark.parametrize(
    "tag", [str(os.getpid()), f"{os.getpid()}@", "", "?"], ids=["alone", "open", "none", "odd"]
)
def test_without_a_start_the_process_id_decides(instance: dg.DagsterInstance, tag: str) -> None:
    host = {HOST_TAG: socket.gethostname()[:63]}
    assert not closed(instance, {**host, PROCESS_TAG: tag})
    assert closed(instance, {**host, PROCESS_TAG: ended_pid()})


def test_the_start_is_told_without_proc_too() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert module._start_by_ps(os.getpid()) == module._start_by_ps(os.getpid()) != ""
        assert module._start(child.pid) != module._start(os.getpid())
        child.kill()
    assert module._start_by_ps(child.pid) == ""


def test_a_run_of_this_process_starts_no_copying_processes(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    """A killed run would leave them behind."""

    @dg.op
    def prints() -> str:
        print("said by a step")
        listed = subprocess.run(
            ["ps", "--ppid", str(os.getpid()), "-o", "args="], stdout=-1, text=True, check=False
        )
        return str(listed.stdout)

    @dg.job
    def job() -> None:
        prints()

    children = job.execute_in_process(instance=instance).output_for_node("prints")
    assert "ps --ppid" in children
    assert not [line for line in children.splitlines() if "tail" in line or "watch" in line]
    assert "said by a step" in capfd.readouterr().out


class Elsewhere(LocalComputeLogManager):
    """What steps print goes where somebody decided."""


def test_a_compute_log_manager_of_ones_own_stays(tmp_path: Path) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    named = f"module: {__name__}, class: {Elsewhere.__name__}, config: {{base_dir: {tmp_path}}}"
    (home / "dagster.yaml").write_text(f"compute_logs: {{{named}}}\n")
    with open_instance(tmp_path) as opened:
        assert isinstance(opened.compute_log_manager, LocalComputeLogManager)
