"""Whether a run guesses that there is work ahead, and so starts its workers at once."""

import os
import time
from pathlib import Path

import pytest

from dataset_pipeline.cli.ahead import much_is_new


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """A dataset's folder, a store, and what the last run wrote into it, a minute from now."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    folder, store = tmp_path / "tickets", tmp_path / "store"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "tickets.csv").write_text("id\n")
    runs = store / "dagster" / "history" / "runs.db"
    runs.parent.mkdir(parents=True)
    runs.touch()
    ended(runs, 60)
    return folder, store, runs


def ended(runs: Path, seconds: float) -> None:
    """Let the last run have ended so many seconds from now."""
    os.utime(runs, (time.time() + seconds,) * 2)


def test_nothing_is_new_after_a_run(places: tuple[Path, Path, Path]) -> None:
    folder, store, _ = places
    assert not much_is_new(folder, store)


def test_without_a_store_everything_is(places: tuple[Path, Path, Path]) -> None:
    folder, store, _ = places
    assert much_is_new(folder, store.with_name("other"))


def test_a_file_that_was_moved_into_place_is_new_however_old_it_is(
    places: tuple[Path, Path, Path],
) -> None:
    folder, store, runs = places
    old = folder.with_name("export.csv")
    old.write_text("id\n")
    os.utime(old, (0, 0))
    time.sleep(0.05)
    ended(runs, 0)
    assert not much_is_new(folder, store)
    time.sleep(0.05)
    old.rename(folder / "sources" / "tickets-2.csv")
    assert much_is_new(folder, store)


@pytest.mark.parametrize("missing", ["runs", "folder"])
def test_what_cannot_be_told_is_not_guessed(places: tuple[Path, Path, Path], missing: str) -> None:
    folder, store, runs = places
    if missing == "runs":
        runs.unlink()
    assert not much_is_new(folder if missing == "runs" else folder / "none", store)
