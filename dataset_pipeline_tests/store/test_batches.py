import os
import stat
from pathlib import Path

import pytest

from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store import batches
from dataset_pipeline.store.batches import Batch
from dataset_pipeline.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "b.csv").write_bytes(b"b")
    (folder / "sources" / "a.csv").write_bytes(b"a")
    (folder / "sources" / "a.txt").write_bytes(b"other")
    return folder


def collect(store: Store, folder: Path) -> Batch:
    return store.batches.collect("dataset", "source", folder, "sources/*.csv")


def test_a_batch_is_copies_named_by_content(store: Store, folder: Path) -> None:
    batch = collect(store, folder)
    assert [file.name for file in batch.files] == ["sources/a.csv", "sources/b.csv"]
    for file in batch.files:
        assert file.copy.is_relative_to(store.root / "raw")
        assert sha256_hex(file.copy.read_bytes()) == file.sha256 == file.copy.name
        assert stat.S_IMODE(file.copy.stat().st_mode) == 0o600
    assert list(store.temporary.iterdir()) == []


def test_the_digest_depends_on_names_and_content_alone(store: Store, folder: Path) -> None:
    first = collect(store, folder).digest
    os.utime(folder / "sources" / "a.csv", (1, 1))
    assert collect(store, folder).digest == first
    (folder / "sources" / "a.csv").rename(folder / "sources" / "c.csv")
    renamed = collect(store, folder).digest
    (folder / "sources" / "c.csv").write_bytes(b"changed")
    assert len({first, renamed, collect(store, folder).digest}) == 3


def test_no_files_are_a_batch(store: Store, folder: Path) -> None:
    assert store.batches.collect("dataset", "source", folder, "none/*").files == ()


def test_a_file_that_changes_while_it_is_read_is_named_by_its_copy(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the file and the copying somebody writes to it."""
    real = batches.sha256_file

    def changing(path: Path) -> str:
        digest = real(path)
        if path.name == "a.csv":
            path.write_bytes(b"written meanwhile")
        return digest

    monkeypatch.setattr(batches, "sha256_file", changing)
    (file, _) = collect(store, folder).files
    assert file.copy.read_bytes() == b"written meanwhile"
    assert file.sha256 == sha256_hex(b"written meanwhile")
    assert file.size == len(b"written meanwhile")


def test_what_happens_to_the_file_later_does_not_touch_the_copy(store: Store, folder: Path) -> None:
    (file, _) = collect(store, folder).files
    (folder / "sources" / "a.csv").write_bytes(b"later")
    assert file.copy.read_bytes() == b"a"


def test_a_batch_is_described_the_first_time(store: Store, folder: Path) -> None:
    batch = collect(store, folder)
    store.batches.describe(batch, {"collected_at": "first"})
    store.batches.describe(batch, {"collected_at": "second"})
    facts = store.batches.facts(batch.digest)
    assert facts["collected_at"] == "first"
    assert facts["files"] == batch.listing
    described = store.root / "raw" / "batches" / f"{batch.digest}.json"
    assert stat.S_IMODE(described.stat().st_mode) == 0o600


def test_a_batch_that_is_not_described_is_told(store: Store) -> None:
    with pytest.raises(StoreError, match="batch 000000000000 is not described"):
        store.batches.facts("0" * 64)


def test_a_copy_that_was_changed_is_noticed_before_it_is_read(store: Store, folder: Path) -> None:
    batch = collect(store, folder)
    store.batches.check(batch)
    batch.files[0].copy.write_bytes(b"x")
    with pytest.raises(StoreError, match=r"sources/a\.csv in the raw zone was changed"):
        store.batches.check(batch)
