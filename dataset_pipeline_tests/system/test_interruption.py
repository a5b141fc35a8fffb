"""What was killed or interrupted at any moment is run again and comes to the same end."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.sample.generate import CONFIGS
from dataset_pipeline_tests.system.place import (
    DATASET,
    TIMEOUT,
    Answer,
    Place,
    finished,
    sample_place,
    small_place,
    walk,
)
from dataset_pipeline_tests.system.processes import gone

pytestmark = pytest.mark.slow
Run = tuple[Place, dict[str, Any]]
Peace = tuple[Place, Run]  # a place before a run, and the same after a run that nobody disturbed

# Given, the same moments come again.
SEED_VARIABLE = "DATASET_PIPELINE_KILL_SEED"
SEED = os.environ.get(SEED_VARIABLE) or str(random.SystemRandom().randrange(10**9))
MOMENTS = [
    *(("first_run", number) for number in range(6)),
    *(("refresh", number) for number in range(2)),
    *(("first_run_of_the_sample", number) for number in range(2)),
]


@pytest.fixture
def first_run(small_run: Run, tmp_path: Path) -> Peace:
    return small_place(tmp_path / "before"), small_run


@pytest.fixture
def first_run_of_the_sample(sample: Run, tmp_path: Path) -> Peace:
    return sample_place(tmp_path / "before"), sample


@pytest.fixture(scope="module")
def refresh(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Peace:
    """A version is there already, and another month of tickets has come in."""
    root = tmp_path_factory.mktemp("refresh")
    before = small_run[0].copy(root / "before")
    month = sorted((CONFIGS / "sources" / "helpdesk").glob("*.jsonl"))[1]
    shutil.copy(month, before.source("helpdesk"))
    after = before.copy(root / "after")
    return before, (after, after.run())


@pytest.mark.parametrize(("scene", "number"), MOMENTS)
def test_a_run_killed_at_a_random_moment_comes_to_the_same_end(
    request: pytest.FixtureRequest, tmp_path: Path, scene: str, number: int
) -> None:
    before, peace = request.getfixturevalue(scene)
    dice = random.Random(f"{SEED} {scene} {number}")
    whole = peace[1]["clock"]
    killings, moment = 0, whole
    while not killings:  # a run that was faster this time had ended: draw from less
        moment = dice.uniform(0, moment)
        print(f"{SEED_VARIABLE}={SEED}: {scene} {number} killed after {moment:.2f} of {whole:.2f}s")
        shutil.rmtree(tmp_path / "place", ignore_errors=True)
        place = before.copy(tmp_path / "place")
        killings += killed(place, moment)
    check_readable(place, certified(before))
    check_end(place, peace)


def killed(place: Place, after: float) -> bool:
    """Start a run and kill it so many seconds later, and it alone; False when it ended before."""
    process = place.start("run", DATASET, "--json", own_session=True)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
    code = process.wait()
    assert gone(process.pid, place.store) == []
    process.communicate(timeout=1)
    return code == -signal.SIGKILL


def certified(place: Place) -> dict[str, str]:
    """Content digest by the name of each certified version."""
    rows = place.ask("versions", DATASET, "--json").json if _has_store(place) else []
    return {row["version"]: row["content_digest"] for row in rows if row["certified"]}


def _has_store(place: Place) -> bool:
    return (place.store / "raw").is_dir()


def check_readable(place: Place, before: dict[str, str]) -> None:
    """What was certified before is still so, and whatever can be seen is whole."""
    now = certified(place)
    assert now.items() >= before.items()
    for name in now:
        folder = place.store / "versions" / DATASET / name
        assert place.ask("verify", str(folder)).code == 0
    if _has_store(place):
        check_store(place)


def statuses(place: Place) -> list[str]:
    """How every run ended, as the UI shows it."""
    path = place.store / "dagster" / "history" / "runs.db"
    with closing(connect(f"file:{path}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("select status from runs order by id")]


def check_store(place: Place) -> None:
    """Every snapshot that can be seen is whole, and nothing refers to what is not there."""
    store = Store(place.store, make=False)
    for folder in [*place.store.glob("raw/snapshots/*/*"), *place.store.glob("snapshots/*/*")]:
        assert store.snapshots.open(folder.name).damage() == []
    for path in walk(place.store / "computations"):
        facts = json.loads(path.read_bytes())
        assert store.snapshots.has(facts["snapshot"]) if "snapshot" in facts else facts["run"]
    for path in walk(place.store / "versions"):
        assert not path.name.startswith("."), f"left behind: {path}"
    assert store.ledger.check().intact


def check_end(place: Place, peace: Run) -> None:
    """The place comes to the same versions as a run that nobody disturbed."""
    report, (other, undisturbed) = place.run(), peace
    assert report["version"] == undisturbed["version"]
    assert digests(report) == digests(undisturbed)
    assert Path(report["package"]).read_bytes() == Path(undisturbed["package"]).read_bytes()
    assert place.ask("verify", str(Path(report["package"]).parent)).code == 0
    assert place.versions() == other.versions()
    assert ledger_kinds(place) == ledger_kinds(other)
    check_store(place)
    assert statuses(place)[-1] == "SUCCESS"
    assert set(statuses(place)) <= {"SUCCESS", "FAILURE"}, "a dead run is shown as running"


def digests(report: dict[str, Any]) -> dict[str, str]:
    """Content digest by stage; certificates also name the runs."""
    found = {stage["stage"]: stage["digest"] for stage in report["stages"]}
    return {name: digest for name, digest in found.items() if "certificate" not in name}


def ledger_kinds(place: Place) -> list[str]:
    return [entry["kind"] for entry in Store(place.store).ledger.entries()]


# ---------------------------------------------------------------------------- at an exact point


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


_CALLS = """
    stopping.calls = getattr(stopping, "calls", 0) + 1
    if stopping.calls <= {}:
        return original(*args, **options)
"""


def stopped(place: Place, module: str, name: str, how: str = "SIGKILL", before: str = "") -> Answer:
    """Run until a function is called, and stop there."""
    code = STOPPED.format(module=module, name=name, signal=how, before=before or "pass")
    command = [sys.executable, "-c", code]
    return finished(place.start("run", DATASET, command=command))


def test_a_run_killed_between_a_snapshots_tables_and_its_manifest(first_run: Peace) -> None:
    place, peace = first_run
    answer = stopped(place, "store.snapshots", "canonical_json", before=_CALLS.format(9))
    assert answer.code == -signal.SIGKILL
    check_readable(place, {})
    check_end(place, peace)


def test_a_run_killed_between_a_snapshot_and_its_computation(first_run: Peace) -> None:
    place, peace = first_run
    answer = stopped(place, "store.computations", "replace", before=_CALLS.format(9))
    assert answer.code == -signal.SIGKILL
    assert len([*walk(place.store / "computations")]) == 9
    check_readable(place, {})
    check_end(place, peace)


def test_a_run_killed_between_key_and_signature(small: Place, small_run: Run) -> None:
    """The key lies there already, and the next run signs with another one."""
    (certificate,) = small.store.glob("versions/*/*/*.certificate.json")
    certificate.unlink()
    shutil.rmtree(small.keys)
    shutil.rmtree(small.store / "ledger")
    answer = stopped(small, "assets.certificate", "sign_statement")
    assert answer.code == -signal.SIGKILL
    shutil.rmtree(small.keys)
    check_end(small, small_run)


def test_a_run_killed_before_the_ledger_was_written(small: Place, small_run: Run) -> None:
    shutil.rmtree(small.store / "ledger")
    assert stopped(small, "assets.certificate", "enter").code == -signal.SIGKILL
    assert not (small.store / "ledger").exists()
    check_end(small, small_run)


def test_a_run_killed_while_it_writes_the_package(small: Place, small_run: Run) -> None:
    for path in small.store.glob("versions/*/*/*.*"):
        if path.parent.name != "index":
            path.unlink()
    shutil.rmtree(small.store / "ledger")
    other_file = "if args[1].suffix != '.zip': return original(*args)"
    answer = stopped(small, "files", "_give_name", before=other_file)
    assert answer.code == -signal.SIGKILL
    assert small.yes("versions", DATASET)[0]["certified"] is False
    check_end(small, small_run)


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
        check_end(small, small_run)


SWALLOWED = """
    import signal, time
    class Garbage:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)
    Garbage()
    time.sleep(5)
"""


def test_control_c_while_garbage_is_collected_ends_it_too(small: Place) -> None:
    """What is raised then, Python swallows."""
    answer = stopped(small, "assets.stage_asset", "compute", how="SIGURG", before=SWALLOWED)
    assert answer.code in (1, 2)
    assert "Traceback" not in answer.out + answer.err
    assert "interrupted; what is finished is kept" in answer.said


def _until(condition: Any) -> Any:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    return None
