"""A run that finds no space says so, and goes on from there when there is some."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline_tests.system.place import COMMAND, DATASET, Place, small_place

pytestmark = pytest.mark.slow
Run = tuple[Place, dict[str, Any]]

# By SQLite, whose error is followed by the question whether there is space, or by the system.
NO_SPACE = {
    "store": ("database or disk is full", "disk I/O error"),
    "apart": ("No space left on device; free some space, then run it again",),
}


@pytest.fixture
def fresh(tmp_path: Path) -> Place:
    return small_place(tmp_path / "place")


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
