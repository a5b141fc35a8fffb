"""What was killed, interrupted, or ran out of space is run again and comes to the same end."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.system.place import (
    COMMAND,
    DATASET,
    TIMEOUT,
    Answer,
    Place,
    finished,
    small_place,
    walk,
)

pytestmark = pytest.mark.slow
Run = tuple[Place, dict[str, Any]]
STARTUP = 2.5  # seconds of imports before the first step


@pytest.fixture
def fresh(tmp_path: Path) -> Place:
    return small_place(tmp_path / "place")


def killed(place: Place, after: float) -> int:
    """Start a run and kill it so many seconds later; its exit code."""
    process = place.start("run", DATASET, "--json")
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode


def statuses(place: Place) -> list[str]:
    """How every run ended, as the UI shows it."""
    path = place.store / "dagster" / "history" / "runs.db"
    with closing(connect(f"file:{path}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("select status from runs order by id")]


def check_store(place: Place) -> None:
    """Every snapshot that can be seen is whole, and nothing half-written lies in sight."""
    store = Store(place.store)
    folders = [*place.store.glob("raw/snapshots/*/*"), *place.store.glob("snapshots/*/*")]
    assert folders
    for folder in folders:
        assert store.snapshots.open(folder.name).damage() == []
    for path in walk(place.store / "versions"):
        assert not path.name.startswith("."), f"left behind: {path}"
    assert store.ledger.check().intact
    for path in walk(place.store / "computations"):
        json.loads(path.read_bytes())


def check_end(place: Place, undisturbed: dict[str, Any]) -> None:
    """The place came to the same version as an undisturbed run did."""
    report = place.run()
    assert report["version"] == undisturbed["version"]
    digests = {stage["stage"]: stage["digest"] for stage in report["stages"]}
    same = {stage["stage"]: stage["digest"] for stage in undisturbed["stages"]}
    assert digests.pop("certificate")
    del same["certificate"]  # it names its runs
    assert digests == same
    assert Path(report["package"]).read_bytes() == Path(undisturbed["package"]).read_bytes()
    assert place.ask("verify", str(Path(report["package"]).parent)).code == 0
    assert list(place.versions()) == ["1.0.0"]
    kinds = [entry["kind"] for entry in Store(place.store).ledger.entries()]
    assert kinds == ["certified"]
    check_store(place)
    assert statuses(place)[-1] == "SUCCESS"
    assert set(statuses(place)) <= {"SUCCESS", "FAILURE"}, "a dead run is shown as running"


def test_a_run_killed_again_and_again_comes_to_the_same_end(fresh: Place, small_run: Run) -> None:
    """Six kills, each a little further on in what is left; then one run in peace."""
    dice = random.Random(7)
    whole = small_run[1]["seconds"] + STARTUP
    killings = 0
    for part in range(6):
        at = whole * (0.2 + 0.1 * part) * dice.uniform(0.9, 1.1)
        killings += killed(fresh, at) == -signal.SIGKILL
    assert killings >= 3
    check_end(fresh, small_run[1])


@pytest.mark.parametrize("fraction", [0.55, 0.92])
def test_a_first_run_killed_late_comes_to_the_same_end(
    fresh: Place, small_run: Run, fraction: float
) -> None:
    killed(fresh, (small_run[1]["seconds"] + STARTUP) * fraction)
    check_end(fresh, small_run[1])


STOPPED = """
import os, signal, sys
from dataset_pipeline.{module} import {name} as original
import dataset_pipeline.{module} as module

def stopping(*args, **options):
    {before}
    os.kill(os.getpid(), signal.{signal})
    return original(*args, **options)

module.{name} = stopping
from dataset_pipeline.cli import main
main()
"""


def stopped(place: Place, module: str, name: str, how: str = "SIGKILL", before: str = "") -> Answer:
    """Run until a function is called, and stop there."""
    code = STOPPED.format(module=module, name=name, signal=how, before=before or "pass")
    command = [sys.executable, "-c", code]
    return finished(place.start("run", DATASET, command=command))


def test_a_run_killed_between_key_and_signature(small: Place, small_run: Run) -> None:
    """The key lies there already, and the next run signs with another one."""
    (certificate,) = small.store.glob("versions/*/*/*.certificate.json")
    certificate.unlink()
    shutil.rmtree(small.keys)
    shutil.rmtree(small.store / "ledger")
    answer = stopped(small, "assets.certificate", "sign_statement")
    assert answer.code == -signal.SIGKILL
    shutil.rmtree(small.keys)
    check_end(small, small_run[1])


def test_a_run_killed_before_the_ledger_was_written(small: Place, small_run: Run) -> None:
    shutil.rmtree(small.store / "ledger")
    assert stopped(small, "assets.certificate", "enter").code == -signal.SIGKILL
    assert not (small.store / "ledger").exists()
    check_end(small, small_run[1])


def test_a_run_killed_while_it_writes_the_package(small: Place, small_run: Run) -> None:
    for path in small.store.glob("versions/*/*/*.*"):
        if path.parent.name != "index":
            path.unlink()
    shutil.rmtree(small.store / "ledger")
    assert stopped(small, "certify.files", "_give_name").code == -signal.SIGKILL
    assert small.yes("versions", DATASET)[0]["certified"] is False
    check_end(small, small_run[1])


@pytest.mark.parametrize("wait", [0.0, 0.5])
def test_control_c_ends_it_cleanly(small: Place, small_run: Run, wait: float) -> None:
    """Before the first stage, or in the midst of one."""
    shutil.rmtree(small.store / "computations")
    process = small.start("run", DATASET)
    runs = small.store / "dagster" / "history" / "runs"
    known = {path.name for path in runs.glob("*.db")}
    started = _until(lambda: {path.name for path in runs.glob("*.db")} - known)
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    answer = finished(process)
    assert started
    assert answer.code in (1, 2)
    assert "Traceback" not in answer.out + answer.err
    assert "interrupted; what is finished is kept" in answer.said
    assert statuses(small)[-1] != "STARTED"
    if wait:
        check_end(small, small_run[1])


def _until(condition: Any) -> Any:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    return None


# ------------------------------------------------------------------------------------- a full disk


# By SQLite, whose error is followed by the question whether there is space, or by the system.
NO_SPACE = {
    "store": ("database or disk is full", "disk I/O error"),
    "apart": ("No space left on device; free some space, then run it again",),
}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize(("free", "log"), [(2000, "store"), (900, "apart")])
def test_a_full_disk_is_named_and_nothing_is_lost(
    fresh: Place, small_run: Run, tiny_disk: Path, free: int, log: str
) -> None:
    """``free``: KiB that the run finds. It dies in the event log, or in a stage."""
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes((3072 - free) * 1024))
    home = {"DAGSTER_HOME": str(fresh.root / "log")} if log == "apart" else {}
    full = Place(fresh.root, {"DATASET_PIPELINE_STORE": str(tiny_disk / "store"), **home})
    answer = full.ask("run", DATASET, "--json")
    assert answer.code in (1, 2), answer
    told = " ".join([answer.json.get("error", ""), *answer.json.get("failures", [])])
    assert any(said in told for said in NO_SPACE[log]), told
    ballast.unlink()
    subprocess.run(
        ["mount", "-o", "remount,size=200m", str(tiny_disk)], capture_output=True, check=True
    )
    assert full.yes("run", DATASET)["version"] == small_run[1]["version"]


def test_a_limit_on_file_sizes_is_named(fresh: Place) -> None:
    limited = ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash", *COMMAND]
    answer = fresh.ask("run", DATASET, "--json", command=limited)
    assert answer.code in (1, 2), answer
    told = " ".join([answer.json.get("error", ""), *answer.json.get("failures", [])])
    assert "File too large" in told or "disk I/O error" in told, told
