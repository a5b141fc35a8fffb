"""The same content whatever the order of rows, the number of workers, or the size of chunks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from dataset_pipeline.assets import clean as clean_assets
from dataset_pipeline.assets import evidence
from dataset_pipeline.engines import workers
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.sample_run import run_sample

STAGES = ("normalized", "screened", "redacted", "deduplicated", "clean", "curated", "splits")
Setting = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return digests(tmp_path_factory.mktemp("as-it-comes"))


@pytest.fixture(autouse=True)
def _own_workers() -> Iterator[None]:
    """Workers of another number are not left to the next test."""
    workers._pool.forget()
    yield
    workers._pool.forget()


def digests(folder: Path) -> dict[str, str]:
    run = run_sample(Store(folder / "store"))
    return {name: run.snapshot(name).digest for name in STAGES}


def cores(number: int, part: int) -> Setting:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workers, "_cores", lambda: number)
        monkeypatch.setattr(workers, "_PART", part)

    return patch


def shuffled(seed: int) -> Setting:
    def records_of(snapshot: Snapshot) -> pl.LazyFrame:
        records = snapshot.records.drop("record_digest").collect()
        return records.sample(fraction=1.0, shuffle=True, seed=seed).lazy()

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clean_assets, "records_of", records_of)

    return patch


def chunks(size: int) -> Setting:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(evidence, "_AT_ONCE", size)

    return patch


@pytest.mark.parametrize(
    "setting",
    [shuffled(1), shuffled(2), cores(1, 128), cores(2, 31), cores(4, 500), chunks(997)],
    ids=["shuffled", "shuffled again", "1 worker", "2 workers", "4 workers", "small chunks"],
)
def test_the_same_content_comes_out(
    expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    setting(monkeypatch)
    assert digests(tmp_path) == expected
