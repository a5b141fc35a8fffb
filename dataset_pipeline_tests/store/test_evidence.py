"""What detectors found is remembered by the text's digest, and forgotten when nobody asks."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dataset_pipeline.assets.evidence import remembered
from dataset_pipeline.stages.evidence import Detector, found_here
from dataset_pipeline.stages.spread import Spread
from dataset_pipeline.store.evidence import EvidenceStore

DAY = 24 * 3600
TEXTS = pl.Series("text", ["one", "three", "one", "fifteen", ""])


class Counting:
    """Counts characters, and which texts it was asked for."""

    def __init__(self, version: str = "1", **settings: object) -> None:
        self.asked: list[str] = []
        self.detector = Detector("length", version, {"n": pl.UInt32()}, self.detect, settings)

    def detect(self, texts: pl.Series, _spread: Spread) -> pl.DataFrame:
        self.asked += texts.to_list()
        return texts.str.len_chars().alias("n").to_frame()


class Clock:
    def __init__(self) -> None:
        self.late = 0.0

    def __call__(self) -> float:
        import time

        return time.time() + self.late


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> EvidenceStore:
    (tmp_path / "tmp").mkdir()
    return EvidenceStore(tmp_path / "evidence", tmp_path / "tmp", clock)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "evidence").rglob("*.parquet"))


def lengths(texts: pl.Series) -> list[int]:
    return [len(text) for text in texts]


def test_each_distinct_text_is_looked_at_once(store: EvidenceStore) -> None:
    counting = Counting()
    ask = remembered(store)
    assert ask(counting.detector, TEXTS)["n"].to_list() == lengths(TEXTS)
    assert sorted(counting.asked) == ["", "fifteen", "one", "three"]
    assert ask(counting.detector, TEXTS.reverse())["n"].to_list() == lengths(TEXTS.reverse())
    assert len(counting.asked) == 4


def test_only_what_is_new_is_looked_at(store: EvidenceStore) -> None:
    counting = Counting()
    remembered(store)(counting.detector, TEXTS)
    counting.asked.clear()
    more = pl.concat([pl.Series(["new"]), TEXTS])
    assert remembered(store)(counting.detector, more)["n"].to_list() == lengths(more)
    assert counting.asked == ["new"]


@pytest.mark.parametrize(
    "other", [Counting("2"), Counting("1", size=5)], ids=["version", "setting"]
)
def test_another_detector_looks_for_itself(store: EvidenceStore, other: Counting) -> None:
    remembered(store)(Counting().detector, TEXTS)
    remembered(store)(other.detector, TEXTS)
    assert len(other.asked) == 4


def test_what_is_kept_holds_no_text_and_is_the_owners(store: EvidenceStore, tmp_path: Path) -> None:
    remembered(store)(Counting().detector, TEXTS)
    (path,) = files(tmp_path)
    assert b"fifteen" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list((tmp_path / "tmp").iterdir()) == []


def another_value(path: Path) -> None:
    """Rows that can be read, and say of the same texts that they are longer."""
    pl.read_parquet(path).with_columns(pl.col("n") + 1).write_parquet(path)


@pytest.mark.parametrize("damage", [lambda p: p.write_bytes(b"PAR1"), Path.unlink, another_value])
def test_what_is_damaged_or_gone_is_found_again(
    store: EvidenceStore, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    remembered(store)(Counting().detector, TEXTS)
    damage(files(tmp_path)[0])
    again = Counting()
    assert remembered(store)(again.detector, TEXTS)["n"].to_list() == lengths(TEXTS)
    assert len(again.asked) == 4
    assert len(files(tmp_path)) == 1


def test_no_bit_of_what_was_found_can_be_another(store: EvidenceStore, tmp_path: Path) -> None:
    counting = Counting()
    remembered(store)(counting.detector, TEXTS)
    (path,) = files(tmp_path)
    name, sound = path.name, path.read_bytes()
    for at in range(0, len(sound), 7):
        for kept in files(tmp_path):
            kept.unlink()
        path.with_name(name).write_bytes(sound[:at] + bytes([sound[at] ^ 2]) + sound[at + 1 :])
        texts = pl.concat([TEXTS, pl.Series([f"new {at}"])])
        assert remembered(store)(counting.detector, texts)["n"].to_list() == lengths(texts)


def test_a_file_of_a_release_that_named_it_by_no_sum_is_used(
    store: EvidenceStore, tmp_path: Path
) -> None:
    remembered(store)(Counting().detector, TEXTS)
    (path,) = files(tmp_path)
    path.rename(path.with_name("0f" * 16 + ".parquet"))
    again = Counting()
    assert remembered(store)(again.detector, TEXTS)["n"].to_list() == lengths(TEXTS)
    assert again.asked == []


def test_damaged_files_are_in_nobodys_way_when_many_become_one(
    store: EvidenceStore, tmp_path: Path
) -> None:
    counting = Counting()
    for number in range(24):
        remembered(store)(counting.detector, pl.Series([str(number)]))
    for path in files(tmp_path):
        another_value(path)
    texts = pl.Series([str(number) for number in range(20, 30)])
    assert remembered(store)(counting.detector, texts)["n"].to_list() == lengths(texts)


def test_many_files_become_one(store: EvidenceStore, tmp_path: Path) -> None:
    counting = Counting()
    texts = pl.Series([str(number) for number in range(60)])
    for end in range(1, 61):
        remembered(store)(counting.detector, texts.head(end))
    assert len(counting.asked) == 60
    assert len(files(tmp_path)) <= 25
    assert remembered(store)(counting.detector, texts)["n"].to_list() == lengths(texts)
    assert len(counting.asked) == 60


def test_what_no_run_uses_goes_and_the_rest_is_renewed(
    store: EvidenceStore, tmp_path: Path, clock: Clock
) -> None:
    counting = Counting()
    ask = remembered(store)
    ask(counting.detector, TEXTS)
    (old,) = files(tmp_path)
    clock.late = 20 * DAY
    ask(counting.detector, TEXTS.head(2))  # used: copied to a new file
    for path in files(tmp_path):
        if path != old:
            os.utime(path, (clock(), clock()))
    clock.late = 31 * DAY
    ask(counting.detector, pl.Series(["another"]))  # the old file goes
    assert old not in files(tmp_path)
    counting.asked.clear()
    ask(counting.detector, TEXTS)
    assert sorted(counting.asked) == ["", "fifteen"]


def test_all_can_be_forgotten(store: EvidenceStore, tmp_path: Path, clock: Clock) -> None:
    remembered(store)(Counting().detector, TEXTS)
    store.forget(5 * DAY)
    assert len(files(tmp_path)) == 1
    clock.late = 6 * DAY
    store.forget(5 * DAY)
    assert files(tmp_path) == []


def test_without_a_store_it_is_found_anew() -> None:
    counting = Counting()
    for _ in range(2):
        assert found_here(counting.detector, TEXTS)["n"].to_list() == lengths(TEXTS)
    assert len(counting.asked) == 8
